"""One suite for every provider: the sandbox in process, the sandbox over HTTP, and Stripe's own test mode.

The last runs when STRIPE_TEST_SECRET_KEY is set, with STRIPE_TEST_ACCOUNT naming a connected account of that
platform whose transfers are active.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.contracts.gateway_provider import TIMEOUT_SECONDS, Provider, new_key, open_provider
from tests.waiting import until
from veza.money.stripe.answers import Answer, Page
from veza.money.stripe.gateway import OutOfTime
from veza.money.stripe.outcomes import REFUNDS, REVERSALS, TRANSFERS, Meaning, classify

LOST = ("timeout_after_effect", "reset_after_effect", "garbage_body", "cut_body", "redirect")


@pytest.fixture(params=["sandbox in process", "sandbox over HTTP", "Stripe test mode"])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    async with AsyncExitStack() as stack:
        yield await open_provider(stack, request.param)


@pytest.fixture
async def over_http() -> AsyncIterator[Provider]:
    async with AsyncExitStack() as stack:
        yield await open_provider(stack, "sandbox over HTTP")


async def test_a_charge_shows_its_balance_transaction_once_it_is_booked(provider: Provider) -> None:
    charge = await provider.charge(2000)
    answer = await provider.gateway.charge(charge)
    if provider.sandbox is not None:
        assert answer.object["balance_transaction"] is None
        provider.sandbox.advance(provider.sandbox.settings.asynchronous_capture_seconds or 0)

    async def booked() -> bool:
        nonlocal answer
        answer = await provider.gateway.charge(charge)
        return bool(answer.object["balance_transaction"])

    await until(booked, "the booking, which Stripe tells by a webhook that cannot reach a test", every=1)
    settled = answer.object["balance_transaction"]
    assert (answer.status, answer.object["amount"], answer.object["currency"]) == (200, 2000, "eur")
    assert settled["id"].startswith("txn_")
    assert 0 < settled["fee"] < settled["amount"]
    assert (answer.request_id or "").startswith("req_")


async def test_a_transfer_is_made_and_found_by_its_group_with_our_metadata(provider: Provider) -> None:
    group = f"group-{uuid4()}"
    made = await provider.transfer(900, group)
    assert (made["object"], made["amount"], made["amount_reversed"]) == ("transfer", 900, 0)
    listing = await provider.gateway.transfers_of(group)
    assert listing.is_complete
    assert [(one["id"], one["metadata"]) for one in listing.items] == [(made["id"], {"veza_transfer": "t"})]
    assert (await provider.gateway.transfer(made["id"])).object["destination"] == provider.account


async def test_a_partial_reversal_is_made_and_listed_with_our_metadata(provider: Provider) -> None:
    transfer = await provider.transfer(1000)
    body = {"amount": 300, "metadata": {"veza_reversal": "r"}}
    made = await provider.gateway.create_reversal(transfer["id"], body, key=new_key())
    assert classify(REVERSALS, made) is Meaning.DONE
    assert made.object["id"].startswith("trr_")
    assert made.object["transfer"] == transfer["id"]
    listing = await provider.gateway.reversals_of(transfer["id"])
    assert [(one["id"], one["amount"], one["metadata"]) for one in listing.items] == [
        (made.object["id"], 300, {"veza_reversal": "r"})
    ]
    assert (await provider.gateway.transfer(transfer["id"])).object["amount_reversed"] == 300


async def test_the_same_key_and_body_replays_the_first_answer(provider: Provider) -> None:
    transfer, key = await provider.transfer(1000), new_key()
    body = {"amount": 300, "metadata": {"veza_reversal": "r"}}
    first = await provider.gateway.create_reversal(transfer["id"], body, key=key)
    again = await provider.gateway.create_reversal(transfer["id"], body, key=key)
    assert (first.replayed, again.replayed) == (False, True)
    assert again.object["id"] == first.object["id"]
    assert len((await provider.gateway.reversals_of(transfer["id"])).items) == 1


async def test_the_same_key_with_another_body_is_an_idempotency_error(provider: Provider) -> None:
    transfer, key = await provider.transfer(1000), new_key()
    await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=key)
    answer = await provider.gateway.create_reversal(transfer["id"], {"amount": 301}, key=key)
    assert (answer.status, answer.error_type) == (400, "idempotency_error")
    assert classify(REVERSALS, answer) is Meaning.KEY_REUSED


async def test_two_equal_bodies_under_two_keys_are_two_reversals(provider: Provider) -> None:
    transfer = await provider.transfer(1000)
    for _ in range(2):
        assert (await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=new_key())).is_ok
    assert (await provider.gateway.transfer(transfer["id"])).object["amount_reversed"] == 600


async def test_more_than_is_left_of_a_transfer_is_taken_by_others(provider: Provider) -> None:
    transfer = await provider.transfer(1000)
    await provider.gateway.create_reversal(transfer["id"], {"amount": 600}, key=new_key())
    answer = await provider.gateway.create_reversal(transfer["id"], {"amount": 401}, key=new_key())
    assert answer.status == 400
    assert classify(REVERSALS, answer) is Meaning.TAKEN_BY_OTHERS


async def test_a_fully_reversed_transfer_says_so_without_a_code(provider: Provider) -> None:
    transfer = await provider.transfer(1000)
    await provider.gateway.create_reversal(transfer["id"], {"amount": 1000}, key=new_key())
    answer = await provider.gateway.create_reversal(transfer["id"], {"amount": 1}, key=new_key())
    assert (answer.status, answer.error_type, answer.error_code) == (400, "invalid_request_error", None)
    assert answer.message == f"The transfer {transfer['id']} is already fully reversed."
    assert classify(REVERSALS, answer) is Meaning.TAKEN_BY_OTHERS


async def test_an_unknown_transfer_is_no_such_object(provider: Provider) -> None:
    answer = await provider.gateway.create_reversal("tr_1GoneGoneGoneGone", {"amount": 1}, key=new_key())
    assert (answer.status, answer.error_code) == (404, "resource_missing")
    assert classify(REVERSALS, answer) is Meaning.NO_SUCH_OBJECT
    listing = await provider.gateway.reversals_of("tr_1GoneGoneGoneGone")
    assert (listing.is_complete, listing.failed and listing.failed.status) == (False, 404)


async def test_refunds_are_made_listed_and_end_at_what_is_left(provider: Provider) -> None:
    charge = await provider.charge(2000)
    body = {"charge": charge, "amount": 1500, "metadata": {"veza_refund": "r"}}
    made = await provider.gateway.create_refund(body, key=new_key())
    assert classify(REFUNDS, made) is Meaning.DONE
    assert made.object["status"] in ("succeeded", "pending")
    assert (await provider.gateway.refund(made.object["id"])).object["amount"] == 1500
    listing = await provider.gateway.refunds_of(charge)
    assert [one["metadata"] for one in listing.items] == [{"veza_refund": "r"}]
    for amount in (501, 500, 1):
        last = await provider.gateway.create_refund({"charge": charge, "amount": amount}, key=new_key())
        assert classify(REFUNDS, last) is (Meaning.DONE if amount == 500 else Meaning.TAKEN_BY_OTHERS)
    assert last.error_code == "charge_already_refunded"


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"amount": -5}, {"currency": "xxx"}, {"destination": "acct_1Nobody00000000"}, {"amount": 999_999}],
    ids=str,
)
async def test_a_senseless_transfer_is_refused(provider: Provider, wrong: dict[str, Any]) -> None:
    body = {"amount": 100, "currency": "eur", "destination": provider.account}
    body["source_transaction"] = await provider.charge()
    answer = await provider.gateway.create_transfer({**body, **wrong}, key=new_key())
    assert answer.status is not None
    assert 400 <= answer.status < 500
    if "destination" in wrong:
        assert classify(TRANSFERS, answer) is Meaning.ACCOUNT_GONE
    else:
        assert classify(TRANSFERS, answer) in (Meaning.REFUSED, Meaning.BALANCE_TOO_LOW)


async def test_accounts_balances_and_disputes_are_read(provider: Provider) -> None:
    account = await provider.gateway.account(provider.account)
    assert account.object["capabilities"]["transfers"] == "active"
    for owner in (None, provider.account):
        balance = await provider.gateway.balance(owner)
        assert (balance.object["object"], balance.object["livemode"]) == ("balance", False)
    disputes = await provider.gateway.disputes_of(await provider.charge())
    assert (disputes.is_complete, disputes.items) == (True, ())


async def test_a_checkout_session_is_made_and_read_unpaid(provider: Provider) -> None:
    price = {"currency": "eur", "unit_amount": 2000, "product_data": {"name": "A record"}}
    body = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://veza.example/thanks",
        "metadata": {"veza_payment": "p"},
    }
    made = await provider.gateway.create_checkout_session(body, key=new_key())
    assert made.is_ok, str(made)
    assert str(made.object["url"]).startswith("http")
    read = await provider.gateway.checkout_session(made.object["id"])
    assert (read.object["status"], read.object["payment_status"], read.object["amount_total"]) == (
        "open",
        "unpaid",
        2000,
    )


async def test_what_happened_lately_is_listed(provider: Provider) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    transfer = await provider.transfer(700)
    gateway = provider.gateway

    async def listed(path: str, **params: object) -> Page:
        page = await gateway.page(path, since, datetime.now(UTC) + timedelta(minutes=5), None, params)
        assert page.failed is None, str(page.failed)
        return page

    assert transfer["id"] in [one["id"] for one in (await listed("/v1/transfers")).items]
    charges = await listed("/v1/charges", expand=["data.balance_transaction"])
    (charge,) = [one for one in charges.items if one["id"] == transfer["source_transaction"]]
    assert charge["balance_transaction"]["object"] == "balance_transaction"
    assert (await listed("/v1/refunds")).unreadable == (await listed("/v1/disputes")).unreadable == ()
    events = await listed("/v1/events", types=["transfer.created"])
    assert {one["type"] for one in events.items} == {"transfer.created"}
    assert transfer["id"] in [one["data"]["object"]["id"] for one in events.items]


async def test_a_lease_that_ran_out_sends_nothing(provider: Provider) -> None:
    transfer = await provider.transfer(1000)
    with pytest.raises(OutOfTime):
        await provider.gateway.create_reversal(transfer["id"], {"amount": 1}, key=new_key(), ready=lambda: False)
    assert (await provider.gateway.reversals_of(transfer["id"])).items == ()


async def test_a_listing_reads_every_page(provider: Provider) -> None:
    if provider.sandbox is None:
        pytest.skip("a hundred and twenty reversals are not made at Stripe")
    transfer = await provider.transfer(1000)
    for _ in range(120):
        provider.sandbox.reverse_in_dashboard(transfer["id"], 1)
    listing = await provider.gateway.reversals_of(transfer["id"])
    assert (listing.is_complete, len({one["id"] for one in listing.items})) == (True, 120)


async def test_a_listing_that_breaks_off_is_not_complete(provider: Provider) -> None:
    if provider.sandbox is None:
        pytest.skip("Stripe does not fail on demand")
    transfer = await provider.transfer(1000)
    for _ in range(120):
        provider.sandbox.reverse_in_dashboard(transfer["id"], 1)
    provider.sandbox.add_fault("error_503", method="GET", skip=1)
    listing = await provider.gateway.reversals_of(transfer["id"])
    assert (listing.is_complete, len(listing.items)) == (False, 100)


@pytest.mark.parametrize("kind", [*LOST, "failed_dependency", "timeout_before_effect", "reset_before_effect"])
async def test_a_lost_answer_is_silence_and_the_same_key_finds_the_effect(provider: Provider, kind: str) -> None:
    if provider.sandbox is None:
        pytest.skip("Stripe does not fail on demand")
    transfer, key = await provider.transfer(1000), new_key()
    provider.sandbox.add_fault(kind, method="POST", path="/reversals$")
    began = time.monotonic()
    lost = await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=key)
    assert time.monotonic() - began < TIMEOUT_SECONDS + 2
    assert classify(REVERSALS, lost) is Meaning.SILENCE
    again = await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=key)
    assert again.is_ok
    assert (await provider.gateway.transfer(transfer["id"])).object["amount_reversed"] == 300


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("error_500", Meaning.SERVER_ERROR),
        ("error_502", Meaning.SERVER_ERROR),
        ("error_503", Meaning.SERVER_ERROR),
        ("rate_limit", Meaning.SLOW_DOWN),
        ("lock_timeout", Meaning.OBJECT_BUSY),
        ("key_in_use", Meaning.KEY_IN_USE),
        ("unauthorized", Meaning.NOT_ALLOWED),
        ("forbidden", Meaning.FORBIDDEN),
        ("not_found", Meaning.NO_SUCH_OBJECT),
        ("other_mode", Meaning.OTHER_MODE),
        ("refused", Meaning.REFUSED),
    ],
)
async def test_an_error_means_what_the_table_says(provider: Provider, kind: str, meaning: Meaning) -> None:
    if provider.sandbox is None:
        pytest.skip("Stripe does not fail on demand")
    transfer = await provider.transfer(1000)
    provider.sandbox.add_fault(kind, method="POST", path="/reversals$")
    answer = await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=new_key())
    assert classify(REVERSALS, answer) is meaning


async def test_a_request_still_running_is_a_key_in_use_until_it_is_done(provider: Provider) -> None:
    if provider.sandbox is None:
        pytest.skip("Stripe does not fail on demand")
    transfer, key = await provider.transfer(1000), new_key()
    provider.sandbox.add_fault("error_then_effect", method="POST", path="/reversals$", delay_seconds=60)
    meanings = []
    for wait in (0, 0, 60):
        provider.sandbox.advance(wait)
        answer: Answer = await provider.gateway.create_reversal(transfer["id"], {"amount": 300}, key=key)
        meanings.append(classify(REVERSALS, answer))
    assert meanings == [Meaning.SERVER_ERROR, Meaning.KEY_IN_USE, Meaning.DONE]


async def test_a_wrong_key_is_not_allowed(over_http: Provider) -> None:
    over_http.line._client = type(over_http.line._client)(
        "sk_live_wrong", base_addresses=over_http.line._client._requestor._options.base_addresses,
        http_client=over_http.line._http,
    )  # fmt: skip
    answer = await over_http.gateway.balance()
    assert classify(REVERSALS, answer) is Meaning.NOT_ALLOWED
