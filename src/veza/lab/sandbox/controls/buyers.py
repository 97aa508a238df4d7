"""What buyers do at the sandbox: they pay, authenticate, or leave, and what their pay page shows."""

from __future__ import annotations

from veza.lab.sandbox import checkout, delayed, payments
from veza.lab.sandbox.cards import Card, by_number
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.paying import charge_intent
from veza.lab.sandbox.payment_methods import new_method
from veza.lab.sandbox.steps import Steps
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj


class BuyerControls(Steps):
    """The control methods of buyers."""

    def find_session(self, id: str) -> Obj | None:
        """A checkout session as stored, its private parts included."""
        with self._step():
            return self.world.sessions.get(id)

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

    def find_intent(self, id: str) -> Obj | None:
        """A payment intent as stored, its private parts included."""
        with self._step():
            return self.world.payment_intents.get(id)

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

    def expire_checkout(self, session: str) -> Obj:
        """A checkout session ends unpaid now instead of tomorrow."""
        with self._step():
            return show(self.world, checkout.expire_session(self.world, session))

    def end_debit(self, session: str, *, pays: bool = True) -> Obj:
        """The bank of a buyer who gave a bank account says now whether it pays; returns the session."""
        with self._step():
            # Its own time may have come at the beginning of this step: a debit that has ended is no mistake.
            if not delayed.is_debit(self.world, session):
                raise ApiError(400, "This Checkout Session is not paid by bank debit.")
            delayed.end(self.world, session, pays=pays)
            return show(self.world, checkout.get_session(self.world, session))

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


def _card(number: str) -> Card:
    card = by_number(number)
    if card is None:
        raise ApiError(402, "Your card number is incorrect.", type="card_error", code="incorrect_number")
    return card
