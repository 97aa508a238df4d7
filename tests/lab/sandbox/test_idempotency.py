"""Idempotency keys: what is kept, replayed, refused and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Reply, Request, Sandbox

from .conftest import Sale, client_in_process


def reverse(sandbox: Sandbox, transfer: str, key: str, body: str = "amount=100", **headers: str) -> Reply:
    sent = {"authorization": "Bearer sk_test_veza", "idempotency-key": key, **headers}
    return sandbox.handle(Request("POST", f"/v1/transfers/{transfer}/reversals", "", sent, body.encode()))


async def test_the_same_key_replays_the_first_answer(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    create = stripe_client.v1.transfers.reversals.create_async
    first = await create(sale.transfer, {"amount": 100}, {"idempotency_key": "k"})
    second = await create(sale.transfer, {"amount": 100}, {"idempotency_key": "k"})
    assert first.id == second.id
    headers = second.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert headers["Idempotency-Key"] == "k"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert sandbox.summary()["effects"]["reversals"] == 1
    assert sandbox.request_log()["idempotent_replays"] == 1


def test_a_refusal_is_replayed_even_after_its_reason_is_gone(sandbox: Sandbox, sale: Sale) -> None:
    sandbox.set_balance(sale.seller, 0, "eur")
    first = reverse(sandbox, sale.transfer, "k")
    sandbox.set_balance(sale.seller, 1500, "eur")
    again = reverse(sandbox, sale.transfer, "k")
    assert (again.status, again.body) == (400, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert reverse(sandbox, sale.transfer, "k2").status == 200


def test_a_kept_500_is_replayed(sandbox: Sandbox, sale: Sale) -> None:
    sandbox.add_fault("error_500", path="reversals$")
    assert reverse(sandbox, sale.transfer, "k").status == 500
    again = reverse(sandbox, sale.transfer, "k")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (500, "true")
    assert sandbox.summary()["effects"]["reversals"] == 0
    assert reverse(sandbox, sale.transfer, "k2").status == 200


@pytest.mark.parametrize("body", ["amount=five", "amount=0", "colour=red"])
def test_failed_validation_does_not_use_up_the_key(sandbox: Sandbox, sale: Sale, body: str) -> None:
    assert reverse(sandbox, sale.transfer, "k", body).status == 400
    assert reverse(sandbox, sale.transfer, "k").status == 200


@pytest.mark.parametrize("kind", ["rate_limit", "lock_timeout", "unauthorized", "forbidden", "error_502", "error_503"])
def test_what_never_reached_the_endpoint_is_not_kept(sandbox: Sandbox, sale: Sale, kind: str) -> None:
    sandbox.add_fault(kind)
    assert reverse(sandbox, sale.transfer, "k").status >= 400
    fresh = reverse(sandbox, sale.transfer, "k")
    assert fresh.status == 200
    assert "Idempotent-Replayed" not in fresh.headers


async def test_other_parameters_under_the_same_key_are_an_idempotency_error(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale
) -> None:
    create = stripe_client.v1.transfers.reversals.create_async
    await create(sale.transfer, {"amount": 100}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        await create(sale.transfer, {"amount": 200}, {"idempotency_key": "k"})
    assert (refusal.value.http_status, refusal.value.error.type) == (400, "idempotency_error")
    assert "same parameters" in refusal.value.error.message
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        await stripe_client.v1.transfers.update_async(sale.transfer, {"description": "x"}, {"idempotency_key": "k"})


def test_parameters_in_another_order_are_the_same(sandbox: Sandbox, sale: Sale) -> None:
    first = reverse(sandbox, sale.transfer, "k", "amount=100&metadata[a]=1")
    again = reverse(sandbox, sale.transfer, "k", "metadata%5Ba%5D=1&amount=100")
    assert (again.status, again.body) == (200, first.body)


def test_a_key_in_flight_is_a_409_until_its_effect_arrives(sandbox: Sandbox, sale: Sale, clock: ManualClock) -> None:
    sandbox.add_fault("error_then_effect", path="reversals$", delay_seconds=30)
    assert reverse(sandbox, sale.transfer, "k").status == 502
    busy = reverse(sandbox, sale.transfer, "k")
    assert (busy.status, b'"idempotency_key_in_use"' in busy.body) == (409, True)
    assert busy.headers["Stripe-Should-Retry"] == "true"
    assert sandbox.summary()["effects"]["reversals"] == 0
    clock.advance(timedelta(seconds=30))
    done = reverse(sandbox, sale.transfer, "k")
    assert (done.status, done.headers["Idempotent-Replayed"]) == (200, "true")
    assert sandbox.summary()["effects"]["reversals"] == 1


def test_a_new_key_while_the_old_request_runs_reverses_twice(sandbox: Sandbox, sale: Sale) -> None:
    sandbox.add_fault("error_then_effect", path="reversals$", delay_seconds=30)
    reverse(sandbox, sale.transfer, "old")
    assert reverse(sandbox, sale.transfer, "new").status == 200
    sandbox.advance(30)
    assert sandbox.summary()["effects"]["reversals"] == 2


def test_keys_are_forgotten_after_a_day(sandbox: Sandbox, sale: Sale) -> None:
    reverse(sandbox, sale.transfer, "k")
    sandbox.advance(86_399)
    assert reverse(sandbox, sale.transfer, "k").headers["Idempotent-Replayed"] == "true"
    sandbox.advance(1)
    fresh = reverse(sandbox, sale.transfer, "k")
    assert "Idempotent-Replayed" not in fresh.headers
    assert sandbox.summary()["effects"]["reversals"] == 2


def test_keys_have_at_most_255_characters(sandbox: Sandbox, sale: Sale) -> None:
    assert reverse(sandbox, sale.transfer, "k" * 255).status == 200
    assert reverse(sandbox, sale.transfer, "k" * 256).status == 400


async def test_two_requests_without_a_key_are_two_effects(sandbox: Sandbox, sale: Sale) -> None:
    client = client_in_process(sandbox)
    await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    assert (await client.v1.transfers.retrieve_async(sale.transfer)).amount_reversed == 200
