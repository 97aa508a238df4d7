"""Cards that ask, hold, fail and dispute; what errors and events say about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.errors import ApiError

from .conftest import Served, client_in_process, close, last_event, make_sale, types_of
from .test_payments import session_params


def intent_params(method: str, **more: object) -> Any:
    return {"amount": 900, "currency": "eur", "payment_method": method, "confirm": True, **more}


async def test_manual_capture_holds_and_takes(stripe_client: stripe.StripeClient, sandbox: Sandbox) -> None:
    intents = stripe_client.v1.payment_intents
    held = await intents.create_async(intent_params("pm_card_visa", capture_method="manual"))
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 900, 0)
    charge = await stripe_client.v1.charges.retrieve_async(str(held.latest_charge))
    assert (charge.captured, charge.amount_captured, charge.balance_transaction) == (False, 0, None)
    with pytest.raises(stripe.InvalidRequestError, match="has not been captured"):
        await stripe_client.v1.refunds.create_async({"charge": charge.id})
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await intents.capture_async(held.id, {"amount_to_capture": 901})
    assert too_much.value.param == "amount_to_capture"
    taken = await intents.capture_async(held.id, {"amount_to_capture": 700})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 700, 0)
    charge = await stripe_client.v1.charges.retrieve_async(charge.id, {"expand": ["balance_transaction"]})
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 700, 200)
    assert charge.balance_transaction.amount == 700  # type: ignore[union-attr]
    refund = await stripe_client.v1.refunds.create_async({"charge": charge.id})
    assert refund.amount == 700
    assert types_of(sandbox)[-4:] == [
        "charge.captured",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
    ]


async def test_money_that_is_held_goes_back_when_it_is_canceled_or_forgotten(sandbox: Sandbox) -> None:
    client = client_in_process(sandbox)
    for end in ("cancel", "wait"):
        held = await client.v1.payment_intents.create_async(intent_params("pm_card_visa", capture_method="manual"))
        if end == "cancel":
            await client.v1.payment_intents.cancel_async(held.id, {"cancellation_reason": "abandoned"})
        else:
            sandbox.advance(7 * 86_400)
        seen = await client.v1.payment_intents.retrieve_async(held.id, {"expand": ["latest_charge"]})
        charge: Any = seen.latest_charge
        assert (seen.status, seen.amount_capturable, charge.refunded) == ("canceled", 0, True)
        assert seen.cancellation_reason == ("abandoned" if end == "cancel" else "automatic")
    assert sandbox.balance()["pending"][0]["amount"] == 0


async def test_checkout_with_manual_capture_is_unpaid_until_it_is_taken(sandbox: Sandbox) -> None:
    client = client_in_process(sandbox)
    params = session_params()
    params["payment_intent_data"] = {"capture_method": "manual", "statement_descriptor_suffix": "NIGHT"}
    session = await client.v1.checkout.sessions.create_async(params)  # type: ignore[arg-type]
    charge = sandbox.pay_checkout(session.id)
    assert (charge["captured"], charge["calculated_statement_descriptor"]) == (False, "VEZA* NIGHT")
    seen = await client.v1.checkout.sessions.retrieve_async(session.id)
    assert (seen.status, seen.payment_status) == ("complete", "unpaid")
    await client.v1.payment_intents.capture_async(str(seen.payment_intent))
    assert (await client.v1.checkout.sessions.retrieve_async(session.id)).payment_status == "paid"


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_threeDSecure2Required"])
async def test_a_card_asks_for_authentication_and_pays_once_it_has_it(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, card: str
) -> None:
    intents = stripe_client.v1.payment_intents
    asked = await intents.create_async(intent_params(card, return_url="https://shop.example/back"))
    assert (asked.status, asked.latest_charge) == ("requires_action", None)
    action: Any = asked.next_action
    assert (action.type, action.redirect_to_url.return_url) == ("redirect_to_url", "https://shop.example/back")
    assert action.redirect_to_url.url.endswith(f"/authenticate/{asked.id}")
    sandbox.authenticate(asked.id)
    paid = await intents.retrieve_async(asked.id, {"expand": ["latest_charge"]})
    charge: Any = paid.latest_charge
    assert (paid.status, paid.next_action) == ("succeeded", None)
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"
    again = await intents.create_async(intent_params(card))
    assert again.next_action is not None
    assert again.next_action.type == "use_stripe_sdk"
    with pytest.raises(ApiError, match="unable to authenticate"):
        sandbox.authenticate(again.id, succeeds=False)
    failed = await intents.retrieve_async(again.id)
    assert failed.last_payment_error is not None
    assert (failed.status, failed.last_payment_error.code) == (
        "requires_payment_method",
        "payment_intent_authentication_failure",
    )


@pytest.mark.parametrize("away", ["off_session", "error_on_requires_action"])
async def test_a_buyer_who_is_away_cannot_authenticate(sandbox: Sandbox, away: str) -> None:
    params = intent_params("pm_card_authenticationRequired", **{away: True})
    with pytest.raises(stripe.CardError) as declined:
        await client_in_process(sandbox).v1.payment_intents.create_async(params)
    assert (declined.value.code, declined.value.error.decline_code) == ("authentication_required",) * 2


async def test_any_card_asks_when_the_request_wants_it_and_one_only_until_it_is_kept(sandbox: Sandbox) -> None:
    intents = client_in_process(sandbox).v1.payment_intents
    options = {"card": {"request_three_d_secure": "any"}}
    asked = await intents.create_async(intent_params("pm_card_visa", payment_method_options=options))
    assert asked.status == "requires_action"
    customer = (await client_in_process(sandbox).v1.customers.create_async()).id
    kept = intent_params("pm_card_authenticationRequiredOnSetup", customer=customer, setup_future_usage="off_session")
    first = await intents.create_async(kept)
    assert first.status == "requires_action"
    sandbox.authenticate(first.id)
    second = await intents.create_async(intent_params(str(first.payment_method), customer=customer, off_session=True))
    assert second.status == "succeeded"


async def test_a_decline_carries_the_intent_and_the_payment_method(served: Served) -> None:
    client = served.client()
    with pytest.raises(stripe.CardError) as declined:
        await client.v1.payment_intents.create_async(intent_params("pm_card_chargeDeclinedInsufficientFunds"))
    error: Any = declined.value.error
    assert (declined.value.http_status, error.code, error.decline_code) == (402, "card_declined", "insufficient_funds")
    assert (error.payment_intent.status, error.payment_intent.last_payment_error.code) == (
        "requires_payment_method",
        "card_declined",
    )
    assert (error.payment_method.object, error.payment_method.card.last4) == ("payment_method", "9995")
    assert error.charge == error.payment_intent.latest_charge
    assert error.doc_url == "https://docs.stripe.com/error-codes#card-declined"
    assert error.request_log_url == f"{served.url}/requests/{declined.value.request_id}"
    with pytest.raises(stripe.InvalidRequestError) as wrong:
        await client.v1.payment_intents.capture_async(error.payment_intent.id)
    carried: Any = wrong.value.error
    assert (carried.code, carried.payment_intent.id) == ("payment_intent_unexpected_state", error.payment_intent.id)
    await close(client)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4000000000000119", "processing_error", "processing_error"),
        ("4000000000009979", "card_declined", "stolen_card"),
        ("4000008400001629", "card_declined", "generic_decline"),
    ],
)
def test_cards_are_declined_in_stripes_words(sandbox: Sandbox, number: str, code: str, decline_code: str) -> None:
    with pytest.raises(ApiError) as declined:
        sandbox.take_payment(900, "eur", card=number)
    assert (declined.value.code, declined.value.more["decline_code"]) == (code, decline_code)


@pytest.mark.parametrize(
    ("evidence", "status", "last"),
    [
        ("winning_evidence", "won", "charge.dispute.closed"),
        ("losing_evidence", "lost", "charge.dispute.closed"),
        ("we sent it", "under_review", "charge.dispute.updated"),
    ],
)
async def test_evidence_decides_a_dispute(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, evidence: str, status: str, last: str
) -> None:
    sandbox.take_payment(2000, "eur", card="4000000000002685")
    sandbox.advance(5)
    (dispute,) = (await stripe_client.v1.disputes.list_async()).data
    assert (dispute.status, dispute.reason) == ("needs_response", "product_not_received")
    staged = await stripe_client.v1.disputes.update_async(
        dispute.id, {"evidence": {"uncategorized_text": evidence}, "submit": False}
    )
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    sent = await stripe_client.v1.disputes.update_async(dispute.id, {"submit": True})
    assert (sent.status, sent.evidence_details.submission_method) == ("under_review", "manual")
    assert (await stripe_client.v1.disputes.retrieve_async(dispute.id)).status == status
    assert types_of(sandbox)[-1] == last


async def test_updates_say_what_was_before(sandbox: Sandbox) -> None:
    client = client_in_process(sandbox)
    sale = make_sale(sandbox)
    before = last_event(sandbox)
    await client.v1.charges.update_async(sale.charge, {"description": "Night Bus", "metadata": {"a": "1"}})
    await client.v1.charges.update_async(sale.charge, {"metadata": {"a": "2", "b": "1"}})
    await client.v1.transfers.update_async(sale.transfer, {"metadata": {"a": "1"}})
    await client.v1.accounts.update_async(sale.seller, {"business_profile": {"name": "Anna"}})
    refund = await client.v1.refunds.create_async({"charge": sale.charge, "amount": 500})
    await client.v1.refunds.update_async(refund.id, {"metadata": {"a": "1"}})
    sandbox.reverse_in_dashboard(sale.transfer, 100)
    events = sandbox.pending_events(before)
    told = [(one["type"], one["data"].get("previous_attributes")) for one in events]
    assert told == [
        ("charge.updated", {"description": None, "metadata": {"a": None}}),
        ("charge.updated", {"metadata": {"a": "1", "b": None}}),
        ("transfer.updated", {"metadata": {"a": None}}),
        ("account.updated", {"business_profile": {"name": None}}),
        ("refund.created", None),
        ("charge.refunded", {"amount_refunded": 0}),
        ("refund.updated", {"metadata": {"a": None}}),
        ("charge.refund.updated", {"metadata": {"a": None}}),
        ("transfer.reversed", {"amount_reversed": 0}),
    ]
    updates = [one for one in sandbox.pending_events() if one["type"].endswith(".updated")]
    assert all("previous_attributes" in one["data"] for one in updates)


async def test_a_charge_is_booked_a_moment_later_and_says_so(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(asynchronous_capture_seconds=2)
    client = client_in_process(sandbox)
    charge = sandbox.take_payment(2000, "eur")
    assert charge["balance_transaction"] is None
    asked: Any = {"expand": ["balance_transaction"]}
    assert (await client.v1.charges.retrieve_async(charge["id"], asked)).balance_transaction is None
    assert sandbox.balance()["pending"][0]["amount"] == 0
    sandbox.advance(2)
    booked = await client.v1.charges.retrieve_async(charge["id"], asked)
    assert booked.balance_transaction.net == 1945  # type: ignore[union-attr]
    last = sandbox.pending_events()[-1]
    assert (last["type"], last["data"]["previous_attributes"]) == ("charge.updated", {"balance_transaction": None})
    assert last["data"]["object"]["balance_transaction"] == booked.balance_transaction.id  # type: ignore[union-attr]
    at_once: Any = await client.v1.payment_intents.create_async(
        intent_params("pm_card_visa", capture_method="automatic", expand=["latest_charge"])
    )
    assert at_once.latest_charge.balance_transaction.startswith("txn_")


async def test_what_needs_the_booking_does_not_wait_for_it(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(asynchronous_capture_seconds=3600)
    sale = make_sale(sandbox)
    assert "charge.updated" in types_of(sandbox)
    client = client_in_process(sandbox)
    other = sandbox.take_payment(900, "eur")["id"]
    refund = await client.v1.refunds.create_async({"charge": other})
    assert refund.status == "succeeded"
    sandbox.open_dispute(sandbox.take_payment(900, "eur")["id"])
    sandbox.advance(3600)
    assert types_of(sandbox).count("charge.updated") == 3
    assert sale.transfer.startswith("tr_")


async def test_a_sellers_payment_can_be_read_and_expanded(sandbox: Sandbox) -> None:
    client, sale = client_in_process(sandbox), make_sale(sandbox)
    transfer = await client.v1.transfers.retrieve_async(sale.transfer, {"expand": ["destination_payment"]})
    payment: Any = transfer.destination_payment
    assert (payment.object, payment.amount, payment.source_transfer) == ("charge", 1500, sale.transfer)
    reversal: Any = await client.v1.transfers.reversals.create_async(
        sale.transfer, {"amount": 400, "expand": ["destination_payment_refund.balance_transaction"]}
    )
    assert (reversal.destination_payment_refund.charge, reversal.destination_payment_refund.amount) == (payment.id, 400)
    assert reversal.destination_payment_refund.balance_transaction.amount == -400
    on_behalf: Any = {"stripe_account": sale.seller}
    seen = await client.v1.charges.retrieve_async(payment.id, options=on_behalf)
    assert (seen.amount_refunded, seen.refunded) == (400, False)
    refund = await client.v1.refunds.retrieve_async(reversal.destination_payment_refund.id, options=on_behalf)
    assert refund.source_transfer_reversal == reversal.id
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        await client.v1.charges.retrieve_async(payment.id)
    with pytest.raises(stripe.InvalidRequestError, match="does not offer GET /v1/transfers on behalf"):
        await client.v1.transfers.list_async(options=on_behalf)
