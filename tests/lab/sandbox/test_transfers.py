"""Sending shares to sellers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from veza.lab.sandbox.core import Sandbox

from .conftest import Sale, client_in_process, types_of


async def test_a_transfer_moves_money_from_the_platform_to_the_seller(
    stripe_client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    seller = sandbox.new_account()["id"]
    charge = sandbox.take_payment(2000, "eur", transfer_group="order_1")["id"]
    transfer = await stripe_client.v1.transfers.create_async(
        {
            "amount": 1500,
            "currency": "eur",
            "destination": seller,
            "source_transaction": charge,
            "transfer_group": "order_1",
            "metadata": {"transfer": "x"},
        }
    )
    assert transfer.id.startswith("tr_")
    assert (transfer.amount, transfer.amount_reversed, transfer.reversed) == (1500, 0, False)
    assert (transfer.reversals.data, transfer.reversals.total_count) == ([], 0)
    assert transfer.metadata.to_dict() == {"transfer": "x"}
    assert types_of(sandbox)[-1] == "transfer.created"
    own = {"stripe_account": seller}
    received = await stripe_client.v1.balance_transactions.list_async({}, own)  # type: ignore[arg-type]
    assert [(txn.type, txn.amount) for txn in received.data] == [("payment", 1500)]


async def test_a_seller_who_is_not_onboarded_gets_nothing(stripe_client: stripe.StripeClient, sandbox: Sandbox) -> None:
    account = await stripe_client.v1.accounts.create_async(
        {"type": "express", "country": "DE", "capabilities": {"transfers": {"requested": True}}}
    )
    assert account.capabilities is not None
    assert account.capabilities.transfers == "inactive"
    charge = sandbox.take_payment(2000, "eur")["id"]
    params = {"amount": 500, "currency": "eur", "destination": account.id, "source_transaction": charge}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await stripe_client.v1.transfers.create_async(params)  # type: ignore[arg-type]
    assert refusal.value.error.code == "insufficient_capabilities_for_transfer"
    sandbox.complete_onboarding(account.id)
    assert (await stripe_client.v1.transfers.create_async(params)).amount == 500  # type: ignore[arg-type]


async def test_without_a_source_the_platforms_available_balance_must_cover(sandbox: Sandbox) -> None:
    seller = sandbox.new_account()["id"]
    sandbox.take_payment(2000, "eur")
    params = {"amount": 1000, "currency": "eur", "destination": seller}
    client = client_in_process(sandbox)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.transfers.create_async(params)  # type: ignore[arg-type]
    assert (refusal.value.http_status, refusal.value.error.code) == (400, "balance_insufficient")
    sandbox.add_balance(None, 1000, "eur")
    await client.v1.transfers.create_async(params)  # type: ignore[arg-type]
    assert sandbox.balance()["available"][0]["amount"] == 0


async def test_transfers_of_a_charge_never_exceed_it(sandbox: Sandbox, sale: Sale) -> None:
    create = client_in_process(sandbox).v1.transfers.create_async
    params = {"currency": "eur", "destination": sale.seller, "source_transaction": sale.charge}
    with pytest.raises(stripe.InvalidRequestError, match=r"must not exceed the source amount of €20\.00"):
        await create({**params, "amount": 501})  # type: ignore[typeddict-item]
    assert (await create({**params, "amount": 500})).amount == 500  # type: ignore[typeddict-item]
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        await create({**params, "amount": 1, "source_transaction": "ch_no"})  # type: ignore[typeddict-item]


async def test_seller_funds_wait_for_the_charge_when_the_switch_is_off(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox = make_sandbox(seller_funds_available_at_once=False)
    seller = sandbox.new_account()["id"]
    charge = sandbox.take_payment(2000, "eur")["id"]
    sandbox.transfer_in_dashboard(seller, 1500, "eur", source_transaction=charge)
    assert sandbox.balance(seller)["pending"][0]["amount"] == 1500
    assert sandbox.balance(seller)["available"][0]["amount"] == 0
    sandbox.advance(2 * 86_400)
    assert sandbox.balance(seller)["available"][0]["amount"] == 1500
    heard = [e for e in sandbox.pending_events() if e["type"] == "balance.available" and e.get("account") == seller]
    assert len(heard) == 1


@pytest.mark.parametrize("allowed", [True, False])
async def test_whether_a_refunded_charge_may_be_a_source_is_a_switch(
    make_sandbox: Callable[..., Sandbox], allowed: bool
) -> None:
    sandbox = make_sandbox(refunded_charge_feeds_transfers=allowed)
    seller = sandbox.new_account()["id"]
    charge = sandbox.take_payment(2000, "eur")["id"]
    sandbox.refund_in_dashboard(charge)
    params = {"amount": 500, "currency": "eur", "destination": seller, "source_transaction": charge}
    create = client_in_process(sandbox).v1.transfers.create_async
    if allowed:
        assert (await create(params)).amount == 500  # type: ignore[arg-type]
    else:
        with pytest.raises(stripe.InvalidRequestError):
            await create(params)  # type: ignore[arg-type]


@pytest.mark.parametrize("country", ["XX", "QQ", "EU", "Germany"])
async def test_an_account_in_no_country_is_refused(stripe_client: stripe.StripeClient, country: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await stripe_client.v1.accounts.create_async({"type": "express", "country": country})
    assert refused.value.param == "country"
