"""Misbehaving on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import aiohttp
import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox import faults
from veza.lab.sandbox.core import Request, Sandbox

from .conftest import Sale, client_in_process, make_sale

REVERSALS = "/reversals$"
LOST = (stripe.APIConnectionError, aiohttp.ClientError)


def reversed_minor(sandbox: Sandbox, sale: Sale) -> int:
    return int(sandbox.world.transfers.rows[sale.transfer]["amount_reversed"])


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        ("timeout_before_effect", 0),
        ("timeout_after_effect", 100),
        ("reset_before_effect", 0),
        ("reset_after_effect", 100),
        ("cut_body", 100),
    ],
)
async def test_a_lost_answer_says_nothing_about_the_effect(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale, kind: str, effect: int
) -> None:
    sandbox.add_fault(kind, method="POST", path=REVERSALS)
    create = stripe_client.v1.transfers.reversals.create_async
    with pytest.raises(LOST):
        await create(sale.transfer, {"amount": 100}, {"idempotency_key": "k"})
    assert reversed_minor(sandbox, sale) == effect
    again = await create(sale.transfer, {"amount": 100}, {"idempotency_key": "k"})
    assert again.amount == 100
    assert reversed_minor(sandbox, sale) == 100


@pytest.mark.parametrize(
    ("kind", "status", "effect", "error_type", "code"),
    [
        ("error_500", 500, 0, "api_error", None),
        ("error_500_after_effect", 500, 100, "api_error", None),
        ("error_502", 502, 0, "api_error", None),
        ("error_502_after_effect", 502, 100, "api_error", None),
        ("error_503", 503, 0, "api_error", None),
        ("rate_limit", 429, 0, "invalid_request_error", "rate_limit"),
        ("lock_timeout", 429, 0, "invalid_request_error", "lock_timeout"),
        ("key_in_use", 409, 0, "invalid_request_error", "idempotency_key_in_use"),
        ("unauthorized", 401, 0, "invalid_request_error", None),
        ("forbidden", 403, 0, "invalid_request_error", "more_permissions_required"),
        ("not_found", 404, 0, "invalid_request_error", "resource_missing"),
        ("other_mode", 404, 0, "invalid_request_error", "resource_missing"),
        ("failed_dependency", 424, 0, "invalid_request_error", None),
        ("refused", 402, 0, "invalid_request_error", None),
    ],
)
async def test_an_error_fault_answers_its_status(
    stripe_client: stripe.StripeClient,
    sandbox: Sandbox,
    sale: Sale,
    kind: str,
    status: int,
    effect: int,
    error_type: str,
    code: str | None,
) -> None:
    sandbox.add_fault(kind, path=REVERSALS)
    with pytest.raises(stripe.StripeError) as answer:
        await stripe_client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    assert (answer.value.http_status, answer.value.error.type, answer.value.error.code) == (status, error_type, code)
    assert reversed_minor(sandbox, sale) == effect


async def test_an_object_of_the_other_mode_says_so(sandbox: Sandbox, sale: Sale) -> None:
    sandbox.add_fault("other_mode")
    with pytest.raises(stripe.InvalidRequestError, match="a similar object exists in live mode"):
        await client_in_process(sandbox).v1.transfers.retrieve_async(sale.transfer)


@pytest.mark.parametrize(("kind", "effect"), [("garbage_body", 100), ("redirect", 0)])
async def test_an_unreadable_answer_has_no_error(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, sale: Sale, kind: str, effect: int
) -> None:
    sandbox.add_fault(kind, path=REVERSALS)
    with pytest.raises(stripe.APIError) as answer:
        await stripe_client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    assert answer.value.error is None
    assert reversed_minor(sandbox, sale) == effect


async def test_a_slow_answer_is_the_true_one(stripe_client: stripe.StripeClient, sandbox: Sandbox) -> None:
    sandbox.add_fault("slow", delay_seconds=0.1)
    assert (await stripe_client.v1.balance.retrieve_async()).object == "balance"


@pytest.mark.parametrize("kind", ["timeout_then_effect", "error_then_effect"])
async def test_the_effect_may_come_later_than_the_answer(
    sandbox: Sandbox, sale: Sale, clock: ManualClock, kind: str
) -> None:
    sandbox.add_fault(kind, path=REVERSALS, delay_seconds=20)
    with pytest.raises(stripe.StripeError):
        await client_in_process(sandbox).v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    assert reversed_minor(sandbox, sale) == 0
    clock.advance(timedelta(seconds=20))
    sandbox.summary()
    assert reversed_minor(sandbox, sale) == 100


async def statuses(sandbox: Sandbox, paths: list[str]) -> list[int]:
    headers = {"authorization": "Bearer sk_test_veza"}
    return [sandbox.handle(Request("GET", path, headers=headers)).status for path in paths]


async def test_a_rule_strikes_so_many_times_after_skipping_some(sandbox: Sandbox) -> None:
    sandbox.add_fault("error_503", path="^/v1/balance$", skip=1, times=2)
    assert await statuses(sandbox, ["/v1/balance"] * 5) == [200, 503, 503, 200, 200]


async def test_a_rule_for_each_object_counts_each_on_its_own(sandbox: Sandbox) -> None:
    one, two = make_sale(sandbox).transfer, make_sale(sandbox).transfer
    sandbox.add_fault("error_503", path="^/v1/transfers/", times=1, per_object=True)
    paths = [f"/v1/transfers/{one}", f"/v1/transfers/{two}"]
    assert await statuses(sandbox, paths * 2) == [503, 503, 200, 200]


async def test_a_rule_can_name_one_object(sandbox: Sandbox) -> None:
    one, two = make_sale(sandbox).transfer, make_sale(sandbox).transfer
    sandbox.add_fault("error_503", object=two, times=None)
    assert await statuses(sandbox, [f"/v1/transfers/{one}", f"/v1/transfers/{two}"]) == [200, 503]


async def test_a_provider_that_is_down_comes_back_at_its_time(sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.add_fault("error_503", times=None, until=sandbox.now() + 7200)
    assert await statuses(sandbox, ["/v1/balance"] * 3) == [503] * 3
    clock.advance(timedelta(hours=2))
    assert await statuses(sandbox, ["/v1/balance"]) == [200]


async def test_a_probability_strikes_about_that_often_and_the_same_each_time(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    def run() -> list[int]:
        sandbox = make_sandbox()
        sandbox.add_fault("error_503", times=None, probability=0.3)
        headers = {"authorization": "Bearer sk_test_veza"}
        return [sandbox.handle(Request("GET", "/v1/balance", headers=headers)).status for _ in range(500)]

    first = run()
    assert 100 < first.count(503) < 200
    assert run() == first


async def test_metadata_asks_for_a_fault_once(sandbox: Sandbox, sale: Sale) -> None:
    create = client_in_process(sandbox).v1.transfers.reversals.create_async
    params = {"amount": 100, "metadata": {"sandbox_fault": "timeout_after_effect"}}
    with pytest.raises(stripe.APIConnectionError):
        await create(sale.transfer, params, {"idempotency_key": "k"})  # type: ignore[arg-type]
    assert (await create(sale.transfer, params, {"idempotency_key": "k"})).amount == 100  # type: ignore[arg-type]
    assert reversed_minor(sandbox, sale) == 100


async def test_a_card_can_lose_the_answer_to_its_reversal(sandbox: Sandbox) -> None:
    sale = make_sale(sandbox, "4000000000009110")
    create = client_in_process(sandbox).v1.transfers.reversals.create_async
    with pytest.raises(stripe.APIConnectionError):
        await create(sale.transfer, {}, {"idempotency_key": "k"})
    assert (await create(sale.transfer, {}, {"idempotency_key": "k"})).amount == 1500


async def test_a_card_can_lose_the_answer_to_its_refund(sandbox: Sandbox) -> None:
    sale = make_sale(sandbox, "4000000000009136")
    create = client_in_process(sandbox).v1.refunds.create_async
    with pytest.raises(stripe.APIConnectionError):
        await create({"charge": sale.charge}, {"idempotency_key": "k"})
    assert (await create({"charge": sale.charge}, {"idempotency_key": "k"})).amount == 2000
    assert sandbox.summary()["effects"]["refunds"] == 1


@pytest.mark.parametrize(
    ("kind", "rule", "message"),
    [
        ("meteor", {}, "there is no fault kind “meteor”"),
        ("error_503", {"path": "("}, "is not a regular expression"),
        ("error_503", {"probability": 2}, "between 0 and 1, got 2"),
    ],
)
def test_a_senseless_rule_is_refused_in_one_sentence(
    sandbox: Sandbox, kind: str, rule: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sandbox.add_fault(kind, **rule)
    assert sandbox.list_faults() == []


def test_the_table_names_every_kind_with_its_effect() -> None:
    rows = faults.table()
    assert {name for name, _, _ in rows} == set(faults.KINDS) | set(faults.WEBHOOK_KINDS)
    assert {effect for _, effect, _ in rows} == {"none", "done", "later", "webhook"}
    assert all(what for _, _, what in rows)


async def test_the_gate_is_awaited_before_and_after_the_effect(sandbox: Sandbox, sale: Sale) -> None:
    from veza.lab.sandbox.client import InProcessClient

    seen: list[int] = []

    async def gate(request: Request) -> None:
        assert request.path.endswith("/reversals")
        seen.append(reversed_minor(sandbox, sale))

    client = stripe.StripeClient("sk_test_veza", http_client=InProcessClient(sandbox, gate), max_network_retries=0)
    await client.v1.transfers.reversals.create_async(sale.transfer, {"amount": 100})
    assert seen == [0, 100]
