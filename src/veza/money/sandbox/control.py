"""What the real Stripe has no API for: time, faults, balances, cards, the dashboard, and looking inside."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from veza.money.sandbox import (
    accounts,
    balances,
    charges,
    checkout,
    delayed,
    disputes,
    faults,
    payments,
    refunds,
    reversals,
    transfers,
    webhooks,
)
from veza.money.sandbox.cards import Card, by_number
from veza.money.sandbox.errors import ApiError, no_such
from veza.money.sandbox.events import emit
from veza.money.sandbox.params import Params
from veza.money.sandbox.paying import charge_intent
from veza.money.sandbox.payment_methods import new_method
from veza.money.sandbox.settings import SandboxSettings, check_switch
from veza.money.sandbox.steps import Steps
from veza.money.sandbox.views import show
from veza.money.sandbox.webhooks import Delivery
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World

MOST_PLATFORMS = 100
"""Platforms made for tests at one time; each keeps its objects in memory."""
FIXED_SWITCHES = frozenset(
    {"api_keys", "api_version", "only_webhook", "public_url", "platform_account", "platform_country"}
)


class Controls(Steps):
    """The control methods of a `Sandbox`; each is one step: time moves on, it acts, the store is written.

    They raise `ApiError` for unknown ids and what the API would refuse, `ValueError` for senseless arguments.
    """

    platforms: dict[str, Controls]

    def advance(self, seconds: float) -> float:
        """Move sandbox time forward and let everything happen that was due meanwhile; returns the new time."""
        if seconds < 0:
            raise ValueError(f"time only moves forward, not by {seconds} seconds")
        with self._step():
            self.world.set_fact("offset", self.world.fact("offset", 0.0) + seconds)
            self._tick()
            return self.world.now

    def reset(self) -> Obj:
        """Forget every object, event, delivery, fault, idempotency key and the moved time; answers the summary.

        Switches and webhook endpoints stay, and so do the platforms made for tests.
        """
        with self._step():
            endpoints = list(self.world.webhook_endpoints.rows.values())
            switches, paused = self.world.fact("switches", {}), self.world.webhooks_paused
            if self._store is not None:
                self._store.clear()
            self.world = World(self.world.rng, self.settings, tracked=self._store is not None)
            self.world.set_fact("switches", switches)
            self.world.set_fact("webhooks_paused", paused)
            self.world.webhooks_paused = paused
            for endpoint in endpoints:
                self.world.webhook_endpoints.add(endpoint)
            self.log.clear()
            self._tick()
        return self.summary()

    def new_platform(self) -> Obj:
        """A platform of its own for one test, empty and in memory: its account, its key, and the path it lives under.

        Requests with its key reach it, pages and control API are under `path`. Raises ValueError when there are
        `MOST_PLATFORMS` already.
        """
        if len(self.platforms) >= MOST_PLATFORMS:
            raise ValueError(
                f"there are {MOST_PLATFORMS} platforms already; remove one with DELETE /platforms/ID first"
            )
        account, key = self.world.new_id("acct"), f"sk_test_{self.world.new_id('x')[2:]}"
        platform = self._beside(account, key)
        self.platforms[account] = platform
        return {"account": account, "secret_key": key, "path": f"/{account}"}

    def list_platforms(self) -> list[Obj]:
        """The platforms made for tests, oldest first."""
        return [
            {"account": account, "secret_key": one.settings.api_keys[0], "path": f"/{account}"}
            for account, one in self.platforms.items()
        ]

    def remove_platform(self, account: str) -> None:
        """Forget a platform that was made for a test."""
        if self.platforms.pop(account, None) is None:
            raise no_such("platform", account)

    @abstractmethod
    def _beside(self, account: str, key: str) -> Controls:
        """An empty sandbox with the same clock and switches, for this platform and key alone."""

    def summary(self) -> Obj:
        """Counts of everything, the time, the switches, the request log and the effects."""
        with self._step():
            return {
                "now": self.world.now,
                "offset": self.world.fact("offset", 0.0),
                "objects": {name: len(table) for name, table in self.world.tables.items()},
                "effects": dict(self.world.effects),
                "requests": self.log.summary(),
                "switches": self.switches(),
                "webhooks_paused": self.world.webhooks_paused,
            }

    def request_log(self) -> Obj:
        """The request log's summary, with when each accepted request arrived (monotonic seconds)."""
        return {**self.log.summary(), "arrivals": list(self.log.arrivals), "effects": dict(self.world.effects)}

    def clear_log(self) -> None:
        self.log.clear()

    def find_session(self, id: str) -> Obj | None:
        """A checkout session as stored, its private parts included."""
        with self._step():
            return self.world.sessions.get(id)

    def find_account(self, id: str) -> Obj | None:
        """A connected account as stored, its private parts included."""
        with self._step():
            return self.world.accounts.get(id)

    def items_of(self, session: str) -> list[Obj]:
        items: list[Obj] = self.world.session_items.rows[session]["items"]
        return items

    def product_details(self, item: Obj) -> str | None:
        """The description of what a line sells."""
        product = self.world.products.get(item["price"]["product"])
        return None if product is None else product["description"]

    def customer_email(self, session: Obj) -> str | None:
        """The address of the customer a session was made for."""
        customer = self.world.customers.get(session["customer"] or "")
        return None if customer is None else customer["email"]

    def add_fault(self, kind: str, **rule: Any) -> Obj:
        """Add a fault rule; the arguments are those of `faults.add_rule`."""
        with self._step():
            return faults.add_rule(self.world, kind, **rule)

    def list_faults(self) -> list[Obj]:
        return list(self.world.rules.rows.values())

    def clear_faults(self, id: str | None = None) -> int:
        """Remove one fault rule or all; returns how many."""
        with self._step():
            ids = [id] if id is not None else list(self.world.rules.rows)
            for rule in ids:
                if self.world.rules.get(rule) is None:
                    raise no_such("fault rule", rule)
                self.world.rules.remove(rule)
            return len(ids)

    def switches(self) -> Obj:
        """The settings that may be changed while running."""
        return {
            field.name: getattr(self.settings, field.name)
            for field in fields(SandboxSettings)
            if field.name not in FIXED_SWITCHES
        }

    def set_switches(self, changes: Mapping[str, Any]) -> Obj:
        """Change settings while running; they are kept by the store."""
        current = self.switches()
        for name, value in changes.items():
            if name not in current:
                raise ValueError(f"there is no switch “{name}”; there are {', '.join(current)}")
            check_switch(name, value)
        with self._step():
            self.world.set_fact("switches", {**self.world.fact("switches", {}), **changes})
            self._apply_switches()
        return self.switches()

    def pay_checkout(
        self, session: str, card: str = "4242424242424242", email: str | None = None, *, authenticated: bool = True
    ) -> Obj:
        """Pay a checkout session as its page does; returns the charge. Raises ApiError 402 when declined.

        `card` is a test card's number, or the IBAN of a test bank account, which pays or fails later. A card that asks
        for authentication gets it, or fails it when `authenticated` is false.
        """
        charge = self.begin_checkout(session, card, email)
        if charge is not None:
            return charge
        return self.authenticate(self.world.sessions.rows[session]["_attempt"], authenticated)

    def begin_checkout(
        self, session: str, card: str, email: str | None = None, buyer: dict[str, str] | None = None
    ) -> Obj | None:
        """Send the pay page's form; None when the buyer has to authenticate now, else the charge."""
        debit = delayed.by_iban(card)
        with self._step():
            if debit is not None:
                return show(self.world, delayed.begin(self.world, session, debit, email))
            charge = checkout.pay_session(self.world, session, _card(card), email, buyer)
            return None if charge is None else show(self.world, charge)

    def authenticate(self, intent: str, succeeds: bool = True) -> Obj:
        """The buyer of a payment intent in `requires_action` passes the bank's authentication, or fails."""
        with self._step():
            found = payments.get_intent(self.world, intent)
            return show(self.world, checkout.authenticate_session(self.world, found, succeeds=succeeds))

    def find_intent(self, id: str) -> Obj | None:
        """A payment intent as stored, its private parts included."""
        with self._step():
            return self.world.payment_intents.get(id)

    def expire_checkout(self, session: str) -> Obj:
        """A checkout session ends unpaid now instead of tomorrow."""
        with self._step():
            return show(self.world, checkout.expire_session(self.world, session))

    def take_payment(
        self,
        amount: int,
        currency: str,
        *,
        card: str = "4242424242424242",
        transfer_group: str | None = None,
        metadata: dict[str, str] | None = None,
    ) -> Obj:
        """A buyer pays without any page, authenticated where the card asks for it; returns the charge."""
        with self._step():
            payments.check_charge_amount(amount, currency)
            intent = payments.new_intent(
                self.world,
                amount,
                currency,
                transfer_group=transfer_group,
                description=None,
                metadata=metadata or {},
            )
            return show(self.world, charge_intent(self.world, intent, new_method(self.world, _card(card))))

    def new_account(self, *, country: str = "DE", onboarded: bool = True) -> Obj:
        """A connected express account that asks for transfers, by default already onboarded."""
        with self._step():
            form = {"type": "express", "country": country, "capabilities": {"transfers": {"requested": "true"}}}
            account = accounts.create_account(self.world, Params(form))
            if onboarded:
                accounts.complete_onboarding(self.world, account["id"])
            return show(self.world, account)

    def deauthorize_account(self, id: str, *, tell: bool = True) -> None:
        """A connected account leaves the platform, or is closed: our key does not reach it any more."""
        with self._step():
            account = accounts.get_account(self.world, id)
            self.world.accounts.remove(id)
            if tell:
                application = {"id": "ca_sandbox", "object": "application", "name": "Veza"}
                emit(self.world, "account.application.deauthorized", application, account=account["id"])

    def complete_onboarding(self, account: str, name: str = "") -> Obj:
        with self._step():
            return show(self.world, accounts.complete_onboarding(self.world, account, name=name))

    def set_capability(self, account: str, status: str, name: str = "transfers") -> Obj:
        with self._step():
            return show(self.world, accounts.set_capability(self.world, account, name, status))

    def balance(self, account: str | None = None) -> Obj:
        with self._step():
            return balances.balance_of(self.world, self._owner(account))

    def add_balance(self, account: str | None, amount: int, currency: str) -> Obj:
        """Move an account's available funds by `amount` (negative: a payout left) and announce new money."""
        with self._step():
            owner = self._owner(account)
            balances.post(self.world, owner, "topup", amount, currency, None)
            if amount > 0:
                balances.announce(self.world, owner)
            return balances.balance_of(self.world, owner)

    def set_balance(self, account: str | None, amount: int, currency: str) -> Obj:
        """Make an account's available funds exactly `amount`."""
        available = balances.held(self.world, self._owner(account), currency)["available"]
        return self.add_balance(account, amount - available, currency)

    def reverse_in_dashboard(self, transfer: str, amount: int | None = None) -> Obj:
        """Somebody reverses a transfer by hand, without our metadata."""
        with self._step():
            found = transfers.get_transfer(self.world, transfer)
            return show(self.world, reversals.reverse_transfer(self.world, found, amount, {}))

    def transfer_in_dashboard(self, destination: str, amount: int, currency: str, **more: str) -> Obj:
        """Somebody sends a transfer by hand; `more` are further parameters of POST /v1/transfers."""
        with self._step():
            form = {"destination": destination, "amount": str(amount), "currency": currency, **more}
            return show(self.world, transfers.create_transfer(self.world, Params(form)))

    def refund_in_dashboard(self, charge: str, amount: int | None = None) -> Obj:
        """Somebody refunds a charge by hand, without our metadata."""
        with self._step():
            found = charges.get_charge(self.world, charge)
            refund = refunds.refund_charge(self.world, found, amount, reason=None, metadata={})
            return show(self.world, refund)

    def succeed_refund(self, refund: str) -> Obj:
        with self._step():
            return show(self.world, refunds.succeed_refund(self.world, refund))

    def fail_refund(self, refund: str, reason: str = "expired_or_canceled_card") -> Obj:
        with self._step():
            return show(self.world, refunds.fail_refund(self.world, refund, reason))

    def open_dispute(self, charge: str, amount: int | None = None, *, inquiry: bool = False) -> Obj:
        with self._step():
            return show(self.world, disputes.open_dispute(self.world, charge, amount, inquiry=inquiry))

    def escalate_dispute(self, dispute: str) -> Obj:
        with self._step():
            return show(self.world, disputes.escalate_inquiry(self.world, dispute))

    def close_dispute(self, dispute: str, outcome: str) -> Obj:
        """`outcome` is won or lost."""
        with self._step():
            return show(self.world, disputes.close_dispute(self.world, dispute, outcome))

    def add_webhook(self, url: str, events: list[str] | None = None, *, secret: str | None = None) -> Obj:
        """Register an endpoint; returns it with its secret. The same url again only replaces its choices."""
        with self._step():
            return webhooks.register(self.world, url, events or ["*"], secret)

    def keep_fact(self, name: str, value: Any) -> None:
        """Keep a single value with the state."""
        with self._step():
            self.world.set_fact(name, value)

    def keep_only_webhook(self, url: str, secret: str) -> None:
        """Every event goes to `url` and nowhere else, whatever endpoints there were."""
        with self._step():
            webhooks.keep_only(self.world, url, secret)

    def pending_events(self, after: str | None = None) -> list[Obj]:
        """All events after the one with this id, oldest first, whether or not anybody listens."""
        with self._step():
            return webhooks.events_after(self.world, after)

    def due_deliveries(self, limit: int | None = None) -> list[Delivery]:
        """Webhook deliveries to make now; tell `record_delivery` how each went."""
        with self._step():
            return webhooks.due_deliveries(self.world, limit)

    def next_delivery_due(self) -> float | None:
        """Sandbox time of the next delivery or task, None when nothing waits."""
        return self.world.next_due()

    def record_delivery(self, delivery: str, status_code: int | None) -> Obj | None:
        """Note how a delivery went; None for one that a reset has forgotten meanwhile."""
        with self._step():
            if self.world.deliveries.get(delivery) is None:
                return None
            return webhooks.record_delivery(self.world, delivery, status_code)

    def list_deliveries(self, limit: int = 100) -> list[Obj]:
        """The newest deliveries and their attempts."""
        ids = self.world.deliveries.ids()[-limit:]
        return [self.world.deliveries.rows[id] for id in reversed(ids)]

    def pause_webhooks(self, paused: bool = True) -> None:
        with self._step():
            self.world.webhooks_paused = paused
            self.world.set_fact("webhooks_paused", paused)

    def redeliver(self, event: str, times: int = 1) -> list[Obj]:
        """Deliver an event again, now, to every endpoint that wants it."""
        with self._step():
            return webhooks.redeliver(self.world, event, times)

    def reverse_waiting_deliveries(self) -> int:
        """Turn the order of the deliveries that wait; returns how many."""
        with self._step():
            return webhooks.reverse_waiting(self.world)

    def _owner(self, account: str | None) -> str:
        owner = account or self.settings.platform_account
        if owner != self.settings.platform_account and self.world.accounts.get(owner) is None:
            raise no_such("account", owner)
        return owner


def _card(number: str) -> Card:
    card = by_number(number)
    if card is None:
        raise ApiError(402, "Your card number is incorrect.", type="card_error", code="incorrect_number")
    return card
