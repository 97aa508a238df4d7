"""Taking shares back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from veza.lab.sandbox.core import Sandbox

from .conftest import Sale, client_in_process, make_sale, types_of


async def test_partial_reversals_add_up_and_are_shown_on_the_transfer(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    reverse = stripe_client.v1.transfers.reversals.create_async
    first = await reverse(sale.transfer, {"amount": 400, "metadata": {"reversal": "r1"}})
    assert first.id.startswith("trr_")
    assert (first.object, first.amount, first.transfer) == ("transfer_reversal", 400, sale.transfer)
    assert "status" not in first
    second = await reverse(sale.transfer)
    assert second.amount == 1100
    transfer = await stripe_client.v1.transfers.retrieve_async(sale.transfer)
    assert (transfer.amount_reversed, transfer.reversed) == (1500, True)
    assert [r.id for r in transfer.reversals.data] == [second.id, first.id]
    listed = await stripe_client.v1.transfers.reversals.list_async(sale.transfer)
    assert [r.metadata.to_dict() for r in listed.data if r.metadata is not None] == [{}, {"reversal": "r1"}]
    assert types_of(sandbox).count("transfer.reversed") == 2
    assert sandbox.balance(sale.seller)["available"][0]["amount"] == 0
    assert (await stripe_client.v1.transfers.reversals.retrieve_async(sale.transfer, first.id)).amount == 400


async def test_a_transfer_embeds_its_ten_newest_reversals(sandbox: Sandbox, sale: Sale) -> None:
    client = client_in_process(sandbox)
    made = [(await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 10})).id for _ in range(12)]
    embedded = (await client.v1.transfers.retrieve_async(sale.transfer)).reversals
    assert [r.id for r in embedded.data] == made[:1:-1]
    assert embedded.has_more
    everything = [r.id async for r in embedded.auto_paging_iter()]
    assert everything == made[::-1]


async def test_a_fully_reversed_transfer_is_refused_without_a_code(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    sandbox.reverse_in_dashboard(sale.transfer)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await stripe_client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 1})
    error = refusal.value.error
    assert refusal.value.http_status == 400
    assert error.message == f"The transfer {sale.transfer} is already fully reversed."
    assert error.code is None


async def test_more_than_what_is_left_is_refused_on_amount(sandbox: Sandbox, sale: Sale) -> None:
    client = client_in_process(sandbox)
    await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 1000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 501})
    assert (refusal.value.http_status, refusal.value.param) == (400, "amount")
    assert (await client.v1.transfers.retrieve_async(sale.transfer)).amount_reversed == 1000


async def test_a_seller_without_funds_cannot_be_reversed_until_money_arrives(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    sandbox.set_balance(sale.seller, 100, "eur")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await stripe_client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 1500})
    assert (refusal.value.http_status, refusal.value.error.code) == (400, "balance_insufficient")
    sandbox.add_balance(sale.seller, 1400, "eur")
    event = sandbox.pending_events()[-1]
    assert (event["type"], event["account"]) == ("balance.available", sale.seller)
    assert (await stripe_client.v1.transfers.reversals.create_async(sale.transfer)).amount == 1500


@pytest.mark.parametrize("covers", [True, False])
async def test_whether_pending_funds_cover_a_reversal_is_a_switch(
    make_sandbox: Callable[..., Sandbox], covers: bool
) -> None:
    sandbox = make_sandbox(seller_funds_available_at_once=False, pending_covers_reversals=covers)
    sale = make_sale(sandbox)
    reverse = client_in_process(sandbox).v1.transfers.reversals.create_async
    if covers:
        assert (await reverse(sale.transfer)).amount == 1500
    else:
        with pytest.raises(stripe.InvalidRequestError, match="insufficient available funds"):
            await reverse(sale.transfer)


async def test_what_is_inferred_of_stripe_can_be_answered_otherwise(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox(
        already_reversed_status=409, reversal_status="pending", transfer_not_found_code="transfer_missing"
    )
    sale = make_sale(sandbox)
    client = client_in_process(sandbox)
    assert (await client.v1.transfers.reversals.create_async(sale.transfer)).to_dict()["status"] == "pending"
    with pytest.raises(stripe.StripeError) as again:
        await client.v1.transfers.reversals.create_async(sale.transfer)
    assert again.value.http_status == 409
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.transfers.reversals.create_async("tr_no")
    assert missing.value.error.code == "transfer_missing"
