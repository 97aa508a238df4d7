"""Which endpoint answers which path: one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from veza.money.sandbox import (
    accounts,
    balances,
    charges,
    checkout,
    disputes,
    payments,
    refunds,
    reversals,
    transfers,
    webhooks,
)
from veza.money.sandbox.errors import bad_param, no_such
from veza.money.sandbox.listing import list_page
from veza.money.sandbox.params import Params
from veza.money.sandbox.tables import Table
from veza.money.sandbox.wire import Obj
from veza.money.sandbox.world import World


@dataclass(slots=True)
class Call:
    """One request on its way to its endpoint; `ids` are the variable parts of the path."""

    world: World
    params: Params
    ids: list[str]
    account: str
    base_url: str


Endpoint = Callable[[Call], Obj]
# A key of the route tree that no part of a path can be.
ENDPOINT = "/"
EVENTS_KEPT_SECONDS = 30 * 86_400
ON_BEHALF_OF = frozenset({"balance", "balance_transactions", "events", "account"})
BALANCE_TRANSACTION_FILTERS = frozenset({"created", "currency", "payout", "source", "type"})


def _read(get: Callable[[World, str], Obj]) -> Endpoint:
    def endpoint(call: Call) -> Obj:
        call.params.allow({"expand"})
        return get(call.world, call.ids[0])

    return endpoint


def _write(change: Callable[[World, Params, str], Obj]) -> Endpoint:
    return lambda call: change(call.world, call.params, call.ids[0])


def _listed(table: Callable[[World], Table], url: str, noun: str, *filters: str) -> Endpoint:
    """A list that may be filtered by the table's index of the same name."""

    def endpoint(call: Call) -> Obj:
        given = [name for name in filters if call.params.text(name) is not None]
        first = given[0] if given else None
        wanted = {name: call.params.text(name) for name in given[1:]}
        keep = (lambda obj: all(obj[name] == value for name, value in wanted.items())) if wanted else None
        return list_page(
            call.world,
            call.params,
            table(call.world),
            url,
            noun,
            filters=frozenset({"created", *filters}),
            index=first,
            value=(call.params.text(first) or "") if first else "",
            keep=keep,
        )

    return endpoint


def _reversals_of(call: Call) -> Obj:
    id = transfers.get_transfer(call.world, call.ids[0])["id"]
    url = f"/v1/transfers/{id}/reversals"
    return list_page(
        call.world, call.params, call.world.reversals, url, "transfer reversal", index="transfer", value=id
    )


def _refunds_of_charge(call: Call) -> Obj:
    id = charges.get_charge(call.world, call.ids[0])["id"]
    url = f"/v1/charges/{id}/refunds"
    return list_page(call.world, call.params, call.world.refunds, url, "refund", index="charge", value=id)


def _events(call: Call) -> Obj:
    kinds = call.params.texts("types")
    kind = call.params.text("type")
    if kind and kinds:
        raise bad_param("types", "You may only specify one of these parameters: type, types.")
    wanted = {kind} if kind else set(kinds)

    oldest = call.world.now - EVENTS_KEPT_SECONDS

    def keep(event: Obj) -> bool:
        return event["created"] >= oldest and (not wanted or any(fnmatchcase(event["type"], kind) for kind in wanted))

    own = "" if call.account == call.world.settings.platform_account else call.account
    return list_page(
        call.world,
        call.params,
        call.world.events,
        "/v1/events",
        "event",
        filters=frozenset({"created", "type", "types", "delivery_success"}),
        index="account",
        value=own,
        keep=keep,
    )


def _event(world: World, id: str) -> Obj:
    event = world.events.get(id)
    if event is None or event["created"] < world.now - EVENTS_KEPT_SECONDS:
        raise no_such("event", id)
    return event


def _balance_transactions(call: Call) -> Obj:
    params = call.params
    source = params.text("source")
    same = {name: params.text(name) for name in ("type", "currency") if params.text(name)}

    def keep(txn: Obj) -> bool:
        return txn["_account"] == call.account and all(txn[name] == value for name, value in same.items())

    return list_page(
        call.world,
        params,
        call.world.balance_transactions,
        "/v1/balance_transactions",
        "balance transaction",
        filters=BALANCE_TRANSACTION_FILTERS,
        index="source" if source else "account",
        value=source or call.account,
        keep=keep,
    )


def _balance_transaction(call: Call) -> Obj:
    call.params.allow({"expand"})
    txn = call.world.balance_transactions.get(call.ids[0])
    if txn is None or txn["_account"] != call.account:
        raise no_such("balance transaction", call.ids[0])
    return txn


def _account(call: Call) -> Obj:
    call.params.allow({"expand"})
    id = call.ids[0] if call.ids else call.account
    if id == call.world.settings.platform_account:
        return accounts.platform_account(call.world)
    return accounts.get_account(call.world, id)


ROUTES: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v1/account"): _account,
    ("POST", "/v1/accounts"): lambda c: accounts.create_account(c.world, c.params),
    ("GET", "/v1/accounts"): _listed(lambda w: w.accounts, "/v1/accounts", "account"),
    ("GET", "/v1/accounts/*"): _account,
    ("POST", "/v1/accounts/*"): _write(accounts.update_account),
    ("POST", "/v1/account_links"): lambda c: accounts.create_link(c.world, c.params, c.base_url),
    ("GET", "/v1/balance"): lambda c: balances.balance_of(c.world, c.account),
    ("GET", "/v1/balance_transactions"): _balance_transactions,
    ("GET", "/v1/balance_transactions/*"): _balance_transaction,
    ("GET", "/v1/balance/history"): _balance_transactions,
    ("POST", "/v1/checkout/sessions"): lambda c: checkout.create_session(c.world, c.params, c.base_url),
    ("GET", "/v1/checkout/sessions"): _listed(
        lambda w: w.sessions, "/v1/checkout/sessions", "checkout.session", "payment_intent"
    ),
    ("GET", "/v1/checkout/sessions/*"): _read(checkout.get_session),
    ("POST", "/v1/checkout/sessions/*/expire"): lambda c: checkout.expire_session(c.world, c.ids[0]),
    ("GET", "/v1/checkout/sessions/*/line_items"): lambda c: checkout.list_line_items(c.world, c.params, c.ids[0]),
    ("POST", "/v1/payment_intents"): lambda c: payments.create_intent(c.world, c.params),
    ("GET", "/v1/payment_intents"): _listed(lambda w: w.payment_intents, "/v1/payment_intents", "payment_intent"),
    ("GET", "/v1/payment_intents/*"): _read(payments.get_intent),
    ("POST", "/v1/payment_intents/*"): _write(payments.update_intent),
    ("POST", "/v1/payment_intents/*/confirm"): _write(payments.confirm_intent),
    ("POST", "/v1/payment_intents/*/cancel"): _write(payments.cancel_intent),
    ("GET", "/v1/charges"): _listed(lambda w: w.charges, "/v1/charges", "charge", "payment_intent", "transfer_group"),
    ("GET", "/v1/charges/*"): _read(charges.get_charge),
    ("POST", "/v1/charges/*"): _write(charges.update_charge),
    ("GET", "/v1/charges/*/refunds"): _refunds_of_charge,
    ("POST", "/v1/refunds"): lambda c: refunds.create_refund(c.world, c.params),
    ("GET", "/v1/refunds"): _listed(lambda w: w.refunds, "/v1/refunds", "refund", "charge", "payment_intent"),
    ("GET", "/v1/refunds/*"): _read(refunds.get_refund),
    ("POST", "/v1/refunds/*"): _write(refunds.update_refund),
    ("POST", "/v1/refunds/*/cancel"): lambda c: refunds.cancel_refund(c.world, c.ids[0]),
    ("POST", "/v1/transfers"): lambda c: transfers.create_transfer(c.world, c.params),
    ("GET", "/v1/transfers"): _listed(
        lambda w: w.transfers, "/v1/transfers", "transfer", "transfer_group", "destination"
    ),
    ("GET", "/v1/transfers/*"): _read(transfers.get_transfer),
    ("POST", "/v1/transfers/*"): _write(transfers.update_transfer),
    ("POST", "/v1/transfers/*/reversals"): _write(reversals.create_reversal),
    ("GET", "/v1/transfers/*/reversals"): _reversals_of,
    ("GET", "/v1/transfers/*/reversals/*"): lambda c: reversals.get_reversal(c.world, c.ids[0], c.ids[1]),
    ("POST", "/v1/transfers/*/reversals/*"): lambda c: reversals.update_reversal(c.world, c.params, c.ids[0], c.ids[1]),
    ("GET", "/v1/disputes"): _listed(lambda w: w.disputes, "/v1/disputes", "dispute", "charge", "payment_intent"),
    ("GET", "/v1/disputes/*"): _read(disputes.get_dispute),
    ("POST", "/v1/disputes/*"): _write(disputes.update_dispute),
    ("POST", "/v1/disputes/*/close"): lambda c: disputes.close_dispute(c.world, c.ids[0], "lost"),
    ("GET", "/v1/events"): _events,
    ("GET", "/v1/events/*"): _read(_event),
    ("POST", "/v1/webhook_endpoints"): lambda c: webhooks.create_endpoint(c.world, c.params),
    ("GET", "/v1/webhook_endpoints"): _listed(
        lambda w: w.webhook_endpoints, "/v1/webhook_endpoints", "webhook endpoint"
    ),
    ("GET", "/v1/webhook_endpoints/*"): _read(webhooks.get_endpoint),
    ("DELETE", "/v1/webhook_endpoints/*"): lambda c: webhooks.delete_endpoint(c.world, c.ids[0]),
}


def find_route(method: str, path: str) -> tuple[Endpoint, list[str], bool] | None:
    """The endpoint for a path, its ids, and whether it may be used on behalf of a connected account."""
    ids: list[str] = []
    parts = path.split("/")[1:]
    node: Any = _TREE.get(method)
    for part in parts:
        if node is None:
            return None
        below = node.get(part)
        if below is None:
            ids.append(part)
            below = node.get("*") if part else None
        node = below
    endpoint = None if node is None else node.get(ENDPOINT)
    return None if endpoint is None else (endpoint, ids, parts[1] in ON_BEHALF_OF)


def _grow() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for (method, path), endpoint in ROUTES.items():
        node = tree.setdefault(method, {})
        for part in path.split("/")[1:]:
            node = node.setdefault(part, {})
        node[ENDPOINT] = endpoint
    return tree


_TREE = _grow()
