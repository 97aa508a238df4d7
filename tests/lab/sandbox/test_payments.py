"""Taking money: checkout, cards, currencies, fees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.errors import ApiError

from .conftest import client_in_process, types_of


def session_params(unit: int = 1000, quantity: int = 2, currency: str = "eur") -> dict[str, object]:
    return {
        "mode": "payment",
        "success_url": "https://shop.example/ok?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/cart",
        "client_reference_id": "order-1",
        "metadata": {"order": "1"},
        "line_items": [
            {
                "price_data": {"currency": currency, "unit_amount": unit, "product_data": {"name": "Night Bus"}},
                "quantity": quantity,
            }
        ],
        "payment_intent_data": {"transfer_group": "order_1", "metadata": {"order": "1"}},
    }


async def test_a_paid_session_leads_to_a_charge_with_our_group_and_metadata(
    stripe_client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    session = await stripe_client.v1.checkout.sessions.create_async(session_params())  # type: ignore[arg-type]
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2000)
    assert session.url is not None
    assert session.url.endswith(f"/pay/{session.id}")
    assert session.payment_intent is None
    sandbox.pay_checkout(session.id, email="buyer@example.org")
    paid = await stripe_client.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    )
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    charge = paid.payment_intent.latest_charge  # type: ignore[union-attr]
    assert charge.transfer_group == "order_1"  # type: ignore[union-attr]
    assert charge.metadata.to_dict() == {"order": "1"}  # type: ignore[union-attr]
    txn = charge.balance_transaction  # type: ignore[union-attr]
    assert (txn.amount, txn.fee, txn.net, txn.status) == (2000, 55, 1945, "pending")  # type: ignore[union-attr]
    assert paid.line_items is not None
    assert [(item.description, item.quantity) for item in paid.line_items.data] == [("Night Bus", 2)]
    assert types_of(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    found = await stripe_client.v1.checkout.sessions.list_async({"payment_intent": paid.payment_intent.id})  # type: ignore[union-attr]
    assert [item.id for item in found.data] == [session.id]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("4000 0000 0000 0002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000-0000-0000-0069", "expired_card", "expired_card"),
        ("1234", "incorrect_number", None),
    ],
)
async def test_a_declined_card_leaves_the_session_open(
    sandbox: Sandbox, card: str, code: str, decline_code: str | None
) -> None:
    sessions = client_in_process(sandbox).v1.checkout.sessions
    session = await sessions.create_async(session_params())  # type: ignore[arg-type]
    with pytest.raises(ApiError) as refusal:
        sandbox.pay_checkout(session.id, card)
    assert (refusal.value.status, refusal.value.code) == (402, code)
    assert refusal.value.more.get("decline_code") == decline_code
    assert (await sessions.retrieve_async(session.id)).status == "open"
    assert sandbox.balance()["pending"][0]["amount"] == 0
    sandbox.pay_checkout(session.id)
    assert (await sessions.retrieve_async(session.id)).status == "complete"


@pytest.mark.parametrize("name", ["success_url", "cancel_url"])
async def test_a_page_only_leads_to_web_addresses(sandbox: Sandbox, name: str) -> None:
    params = session_params() | {name: "javascript:alert(1)"}
    with pytest.raises(stripe.InvalidRequestError, match="Invalid URL") as refusal:
        await client_in_process(sandbox).v1.checkout.sessions.create_async(params)  # type: ignore[arg-type]
    assert (refusal.value.param, refusal.value.error.code) == (name, "url_invalid")


async def test_a_session_is_paid_only_once_and_expires(sandbox: Sandbox) -> None:
    sessions = client_in_process(sandbox).v1.checkout.sessions
    paid = await sessions.create_async(session_params())  # type: ignore[arg-type]
    sandbox.pay_checkout(paid.id)
    with pytest.raises(ApiError, match="is complete"):
        sandbox.pay_checkout(paid.id)
    left = await sessions.create_async(session_params())  # type: ignore[arg-type]
    closed = await sessions.create_async(session_params())  # type: ignore[arg-type]
    assert (await sessions.expire_async(closed.id)).status == "expired"
    sandbox.advance(86_400)
    assert (await sessions.retrieve_async(left.id)).status == "expired"
    with pytest.raises(ApiError, match="is expired"):
        sandbox.pay_checkout(left.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        await sessions.expire_async(paid.id)


@pytest.mark.parametrize(
    ("unit", "currency", "message"),
    [
        (10, "eur", "at least €0.50"),
        (10, "jpy", "at least ¥50"),
        (99_999_999, "eur", "no more than"),
        (1001, "kwd", "multiple of 10"),
        (1050, "isk", "multiple of 100"),
        (500, "zzz", "Invalid currency"),
    ],
)
async def test_amounts_a_currency_cannot_express_are_refused(
    sandbox: Sandbox, unit: int, currency: str, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message):
        await client_in_process(sandbox).v1.checkout.sessions.create_async(
            session_params(unit, currency=currency)  # type: ignore[arg-type]
        )


async def test_a_currency_without_minor_units_is_charged_whole(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(500, "jpy")
    assert (charge["amount"], charge["currency"]) == (500, "jpy")


async def test_charges_become_available_after_two_days_and_say_so(sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.take_payment(2000, "eur")
    assert sandbox.balance()["pending"][0]["amount"] == 1945
    clock.advance(timedelta(days=2))
    assert sandbox.balance()["available"][0]["amount"] == 1945
    assert types_of(sandbox)[-1] == "balance.available"
    transactions = await client_in_process(sandbox).v1.balance_transactions.list_async({"type": "charge"})
    assert transactions.data[0].status == "available"


def test_the_bypass_card_is_available_at_once(sandbox: Sandbox) -> None:
    sandbox.take_payment(2000, "eur", card="4000000000000077")
    assert sandbox.balance()["available"][0]["amount"] == 1945


async def test_a_platform_that_settles_in_one_currency_converts(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(settlement_currency="eur", exchange_rates={"usd": 0.5})
    charge = sandbox.take_payment(1000, "usd")
    client = client_in_process(sandbox)
    txn = await client.v1.balance_transactions.retrieve_async(charge["balance_transaction"])
    assert (txn.amount, txn.currency, txn.exchange_rate) == (500, "eur", 0.5)
    seller = sandbox.new_account()["id"]
    with pytest.raises(stripe.InvalidRequestError, match=r"balance transaction \(eur\)") as refusal:
        await client.v1.transfers.create_async(
            {"amount": 400, "currency": "usd", "destination": seller, "source_transaction": charge["id"]}
        )
    assert refusal.value.http_status == 400


async def test_a_payment_intent_is_confirmed_with_a_test_card(stripe_client: stripe.StripeClient) -> None:
    intents = stripe_client.v1.payment_intents
    waiting = await intents.create_async({"amount": 700, "currency": "eur", "payment_method": "pm_card_visa"})
    assert waiting.status == "requires_confirmation"
    assert (await intents.confirm_async(waiting.id)).status == "succeeded"
    with pytest.raises(stripe.CardError) as declined:
        await intents.create_async(
            {"amount": 700, "currency": "eur", "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )
    assert declined.value.error.decline_code == "generic_decline"
    canceled = await intents.create_async({"amount": 700, "currency": "eur"})
    assert (await intents.cancel_async(canceled.id)).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        await intents.cancel_async(waiting.id)
