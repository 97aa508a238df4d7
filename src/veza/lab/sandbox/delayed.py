"""Bank debits: the buyer is done at the pay page, and the bank says days later whether it paid.

Source: https://docs.stripe.com/testing (SEPA Direct Debit), https://docs.stripe.com/payments/sepa-debit.
"""

from __future__ import annotations

from dataclasses import dataclass

from veza.lab.sandbox.cards import CARDS
from veza.lab.sandbox.charges import new_charge, settle
from veza.lab.sandbox.checkout import attempt_of, complete, get_session
from veza.lab.sandbox.errors import ApiError
from veza.lab.sandbox.events import emit
from veza.lab.sandbox.payment_methods import new_method
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

CURRENCY = "eur"
"""SEPA takes nothing else."""
NO_FUNDS = "The customer's account has insufficient funds to cover this payment."


@dataclass(frozen=True, slots=True)
class Debit:
    """A test bank account: whether its bank pays, and after how many seconds it says so."""

    iban: str
    what: str
    pays: bool
    seconds: float


DEBITS: tuple[Debit, ...] = (
    Debit("DE89370400440532013000", "pays five days later", True, 5 * 86_400),
    Debit("DE62370400440532013001", "fails five days later", False, 5 * 86_400),
    Debit("DE08370400440532013002", "pays three minutes later", True, 180),
    Debit("DE78370400440532013003", "fails three minutes later", False, 180),
)
BY_IBAN = {debit.iban: debit for debit in DEBITS}


def by_iban(typed: str) -> Debit | None:
    """The test bank account with this IBAN, blanks ignored."""
    return BY_IBAN.get(typed.replace(" ", "").upper())


def begin(world: World, session_id: str, debit: Debit, email: str | None = None) -> Obj:
    """The buyer gave a bank account at the pay page: the session is complete and unpaid; returns the pending charge."""
    session = get_session(world, session_id)
    if session["status"] != "open":
        raise ApiError(400, f"This Checkout Session is {session['status']}, it cannot be paid.")
    if session["currency"] != CURRENCY:
        raise ApiError(400, f"A SEPA debit is in {CURRENCY}, this Checkout Session is in {session['currency']}.")
    intent = attempt_of(world, session, email)
    email = session["_buyer"]["email"]
    # The details are a bank account's; all else of the method is a card's, which is what this sandbox keeps.
    charge = new_charge(world, intent, CARDS[0], new_method(world, CARDS[0], email), email)
    charge.update(status="pending", paid=False, payment_method_details=_details(debit))
    intent.update(status="processing", latest_charge=charge["id"], payment_method=charge["payment_method"])
    world.payment_intents.touch(intent["id"])
    emit(world, "charge.pending", charge)
    emit(world, "payment_intent.processing", intent)
    complete(world, session, intent)
    world.later(debit.seconds, "end_debit", session=session_id, pays=debit.pays)
    return charge


def is_debit(world: World, session_id: str) -> bool:
    """Whether the buyer has given a bank account, before or after the bank's answer."""
    intent = world.payment_intents.get(get_session(world, session_id)["payment_intent"] or "")
    charge = None if intent is None else world.charges.get(intent["latest_charge"] or "")
    return charge is not None and "sepa_debit" in charge["payment_method_details"]


def end(world: World, session_id: str, *, pays: bool) -> None:
    """The bank says whether it paid; once it has said, nothing changes."""
    session = get_session(world, session_id)
    intent = world.payment_intents.rows[session["payment_intent"]]
    charge = world.charges.rows[intent["latest_charge"]]
    if intent["status"] != "processing":
        return
    if pays:
        charge.update(status="succeeded", paid=True)
        settle(world, charge)
        intent.update(status="succeeded", amount_received=intent["amount"])
        session["payment_status"] = "paid"
        world.effects["charges"] += 1
    else:
        failed = {"code": "insufficient_funds", "message": NO_FUNDS, "type": "card_error", "charge": charge["id"]}
        charge.update(
            status="failed", captured=False, amount_captured=0, failure_code=failed["code"], failure_message=NO_FUNDS
        )
        intent.update(status="requires_payment_method", payment_method=None, last_payment_error=failed)
    for table, one in ((world.charges, charge), (world.payment_intents, intent), (world.sessions, session)):
        table.touch(one["id"])
    word = "succeeded" if pays else "failed"
    emit(world, f"charge.{word}", charge)
    emit(world, "payment_intent.succeeded" if pays else "payment_intent.payment_failed", intent)
    emit(world, f"checkout.session.async_payment_{word}", session)


def _details(debit: Debit) -> Obj:
    iban = debit.iban
    shown = {"bank_code": iban[4:12], "branch_code": None, "country": iban[:2], "last4": iban[-4:], "mandate": None}
    return {"sepa_debit": {**shown, "fingerprint": None}, "type": "sepa_debit"}
