"""The wire: keys, headers, errors, parameters, expansion, determinism."""

from __future__ import annotations

import base64
import random
from datetime import timedelta

import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Request, Sandbox, SandboxSettings
from veza.lab.sandbox.wire import decode_form

from .conftest import Sale, Served, client_in_process, close

BEARER = {"authorization": "Bearer sk_test_veza"}


def get(sandbox: Sandbox, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    reply = sandbox.handle(Request("GET", path, headers=BEARER | headers))
    return reply.status, reply.headers, reply.body


@pytest.mark.parametrize("key", ["sk_live_veza", "pk_test_veza", "nonsense"])
async def test_a_wrong_key_is_a_401(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refusal:
        await client_in_process(sandbox, key).v1.balance.retrieve_async()
    assert refusal.value.http_status == 401
    assert str(refusal.value.user_message).startswith("Invalid API Key provided: ")
    assert refusal.value.json_body["error"]["type"] == "invalid_request_error"


async def test_only_configured_keys_are_accepted_when_there_are_any(clock: ManualClock) -> None:
    sandbox = Sandbox(clock, random.Random(1), settings=SandboxSettings(api_keys=("sk_test_ours",)))
    await client_in_process(sandbox, "sk_test_ours").v1.balance.retrieve_async()
    with pytest.raises(stripe.AuthenticationError):
        await client_in_process(sandbox, "sk_test_other").v1.balance.retrieve_async()


def test_a_missing_key_is_a_401_that_says_what_to_send(sandbox: Sandbox) -> None:
    reply = sandbox.handle(Request("GET", "/v1/balance"))
    assert reply.status == 401
    assert b"You did not provide an API key." in reply.body
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'


def test_basic_auth_works_like_bearer(sandbox: Sandbox) -> None:
    credentials = base64.b64encode(b"sk_test_veza:").decode()
    reply = sandbox.handle(Request("GET", "/v1/balance", headers={"authorization": f"Basic {credentials}"}))
    assert reply.status == 200


async def test_answers_carry_stripes_headers(stripe_client: stripe.StripeClient) -> None:
    balance = await stripe_client.v1.balance.retrieve_async()
    headers = balance.last_response.headers
    assert headers["Request-Id"].startswith("req_")
    assert headers["Stripe-Version"] == "2026-10-28.endive"
    assert headers["Date"].endswith(" GMT")


async def test_an_unknown_object_is_a_404_with_code_and_param(stripe_client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await stripe_client.v1.transfers.retrieve_async("tr_nowhere")
    error = refusal.value.error
    assert (refusal.value.http_status, error.code, error.param) == (404, "resource_missing", "id")
    assert error.message == "No such transfer: 'tr_nowhere'"


def test_an_unknown_url_is_a_404(sandbox: Sandbox) -> None:
    status, _, body = get(sandbox, "/v1/unicorns")
    assert status == 404
    assert b"Unrecognized request URL (GET: /v1/unicorns)" in body


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"amount": 5, "currency": "eur"}, "destination", "parameter_missing"),
        ({"amount": 0, "currency": "eur", "destination": "a"}, "amount", "parameter_invalid_integer"),
        ({"amount": -5, "currency": "eur", "destination": "a"}, "amount", "parameter_invalid_integer"),
        ({"amount": "five", "currency": "eur", "destination": "a"}, "amount", "parameter_invalid_integer"),
        ({"amount": 5, "currency": "xxx", "destination": "a"}, "currency", None),
        ({"amount": 5, "currency": "eur", "destination": ""}, "destination", "parameter_invalid_empty"),
        ({"amount": 5, "currency": "eur", "destination": "a", "colour": "red"}, "colour", "parameter_unknown"),
        ({"amount": 5, "currency": "eur", "destination": "acct_no"}, "destination", "resource_missing"),
        ({"amount": 1005, "currency": "kwd", "destination": "a"}, "amount", "parameter_invalid_integer"),
        ({"amount": 150, "currency": "isk", "destination": "a"}, "amount", "parameter_invalid_integer"),
    ],
)
async def test_bad_parameters_are_named(
    sandbox: Sandbox, params: dict[str, object], param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client_in_process(sandbox).v1.transfers.create_async(params)  # type: ignore[arg-type]
    assert (refusal.value.http_status, refusal.value.param, refusal.value.error.code) == (400, param, code)


def test_nested_forms_are_decoded() -> None:
    form = decode_form("a[b][0]=c&a[b][1]=d+e&expand[]=x&expand[]=y&metadata%5Bk%5D=%E2%82%AC&empty=")
    assert form == {
        "a": {"b": {"0": "c", "1": "d e"}},
        "expand": {"0": "x", "1": "y"},
        "metadata": {"k": "€"},
        "empty": "",
    }


async def test_expand_replaces_ids_by_objects(stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale) -> None:
    transfer = await stripe_client.v1.transfers.retrieve_async(
        sale.transfer, {"expand": ["destination", "source_transaction.balance_transaction"]}
    )
    assert transfer.destination.id == sale.seller  # type: ignore[union-attr]
    assert transfer.source_transaction.balance_transaction.net == 1945  # type: ignore[union-attr]
    listed = await stripe_client.v1.transfers.list_async({"expand": ["data.source_transaction"]})
    assert listed.data[0].source_transaction.id == sale.charge  # type: ignore[union-attr]
    charge = await stripe_client.v1.charges.retrieve_async(sale.charge, {"expand": ["refunds"]})
    assert charge.refunds is not None
    assert charge.refunds.data == []


async def test_a_bad_expand_changes_nothing(sandbox: Sandbox, sale: Sale) -> None:
    client = client_in_process(sandbox)
    with pytest.raises(stripe.InvalidRequestError, match="This property cannot be expanded"):
        await client.v1.transfers.reversals.create_async(sale.transfer, {"expand": ["colour"]})
    assert (await client.v1.transfers.retrieve_async(sale.transfer)).amount_reversed == 0


async def test_metadata_merges_and_unsets(sandbox: Sandbox, sale: Sale) -> None:
    update = client_in_process(sandbox).v1.transfers.update_async
    await update(sale.transfer, {"metadata": {"a": "1", "b": "2"}})
    assert (await update(sale.transfer, {"metadata": {"a": "", "c": "3"}})).metadata.to_dict() == {"b": "2", "c": "3"}
    assert (await update(sale.transfer, {"metadata": ""})).metadata.to_dict() == {}
    with pytest.raises(stripe.InvalidRequestError, match="up to 500 characters"):
        await update(sale.transfer, {"metadata": {"a": "x" * 501}})


async def test_a_connected_account_sees_its_own_balance(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    balance = await stripe_client.v1.balance.retrieve_async({}, {"stripe_account": sale.seller})
    assert [(part.amount, part.currency) for part in balance.available] == [(1500, "eur")]
    platform = await stripe_client.v1.balance.retrieve_async()
    assert [part.amount for part in platform.pending] == [2000 - 55 - 1500]
    with pytest.raises(stripe.PermissionError) as refusal:
        await stripe_client.v1.balance.retrieve_async({}, {"stripe_account": "acct_stranger"})
    assert refusal.value.error.code == "account_invalid"


def test_the_sdk_works_without_asyncio_too(sandbox: Sandbox, sale: Sale) -> None:
    client = client_in_process(sandbox)
    assert client.v1.transfers.reversals.create(sale.transfer, {"amount": 100}).amount == 100
    sandbox.add_fault("timeout_before_effect")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.balance.retrieve()


def test_a_version_asked_for_is_the_version_answered(sandbox: Sandbox) -> None:
    _, headers, _ = get(sandbox, "/v1/balance", **{"stripe-version": "2025-01-01.past"})
    assert headers["Stripe-Version"] == "2025-01-01.past"


def test_the_same_seed_gives_the_same_bytes() -> None:
    def run() -> list[tuple[int, bytes]]:
        sandbox = Sandbox(ManualClock(), random.Random(42))
        seller = sandbox.new_account()["id"]
        charge = sandbox.take_payment(2000, "eur")["id"]
        answers = []
        body = f"amount=900&currency=eur&destination={seller}&source_transaction={charge}".encode()
        for key in ("a", "b", "a"):
            reply = sandbox.handle(Request("POST", "/v1/transfers", "", BEARER | {"idempotency-key": key}, body))
            answers.append((reply.status, reply.body + reply.headers["Request-Id"].encode()))
        return answers

    assert run() == run()


def test_the_rate_limit_admits_so_many_in_a_sliding_second(clock: ManualClock) -> None:
    sandbox = Sandbox(clock, random.Random(1), settings=SandboxSettings(rate_limit_per_second=5))
    statuses = [get(sandbox, "/v1/balance")[0] for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    clock.advance(timedelta(seconds=0.9))
    status, headers, body = get(sandbox, "/v1/balance")
    assert status == 429
    assert b'"code":"rate_limit"' in body
    assert "Retry-After" not in headers
    clock.advance(timedelta(seconds=0.2))
    assert get(sandbox, "/v1/balance")[0] == 200
    assert sandbox.request_log()["accepted"] == 6


def test_a_rate_limit_of_zero_is_none(sandbox: Sandbox) -> None:
    sandbox.set_switches({"rate_limit_per_second": 0})
    assert [get(sandbox, "/v1/balance")[0] for _ in range(300)] == [200] * 300


async def test_arrivals_of_accepted_requests_are_logged(served: Served) -> None:
    client = served.client()
    for _ in range(3):
        await client.v1.balance.retrieve_async()
    await close(client)
    log = served.sandbox.request_log()
    assert len(log["arrivals"]) == log["busiest_second"] == 3
    assert log["arrivals"] == sorted(log["arrivals"])
