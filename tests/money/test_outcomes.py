"""Every row of the outcome tables for reversals, through the official SDK, to what its last column says.

Refusals are in test_refusals.py; transfers and refunds have test_transfer_outcomes.py and test_refund_outcomes.py.
"""

from __future__ import annotations

import pytest

from tests.money.acts import (
    HOUR,
    MINUTE,
    REVERSING,
    findings,
    meanings,
    refunded,
    reversal,
    reverse_once,
    reversed_there,
    set_columns,
    transfer,
)
from veza.lab.simulator.stage import Stage
from veza.money import breaker
from veza.money.recording import SOON
from veza.money.reversals import TransferReversal
from veza.money.stripe import outcomes
from veza.money.stripe.answers import Answer
from veza.money.stripe.outcomes import Meaning, classify
from veza.money.transfers import SellerTransfer


@pytest.fixture
async def waiting(stage: Stage) -> Stage:
    """A stage where one reversal of 9.00 waits for its worker."""
    await refunded(stage)
    return stage


async def test_200_is_done_and_its_id_is_stored(waiting: Stage) -> None:
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert (row.status, await meanings(waiting, "reversal")) == ("succeeded", ["done"])
    assert row.stripe_reversal_id is not None
    assert row.stripe_reversal_id.startswith("trr_")


async def test_200_with_status_pending_is_looked_at_again_until_it_succeeds(waiting: Stage) -> None:
    waiting.sandbox.set_switches({"reversal_status": "pending"})
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert (row.status, row.retry_count, await meanings(waiting, "reversal")) == ("pending", 0, ["not_done_yet"])
    for hours in (1, 24, 26):
        await waiting.pass_time(hours * HOUR)
        assert (await reversal(waiting)).status == "pending"
    (there,) = waiting.sandbox.world.reversals.rows.values()
    there["status"] = "succeeded"
    await waiting.pass_time(HOUR)
    assert (await reversal(waiting)).status == "succeeded"
    assert reversed_there(waiting) == [900]


async def test_a_pending_reversal_that_fails_at_the_provider_is_refused(waiting: Stage) -> None:
    waiting.sandbox.set_switches({"reversal_status": "pending"})
    await reverse_once(waiting)
    (there,) = waiting.sandbox.world.reversals.rows.values()
    there["status"] = "failed"
    await waiting.pass_time(25 * HOUR)
    assert ((await reversal(waiting)).status, (await transfer(waiting)).status) == ("permanently_failed",) * 2
    assert reversed_there(waiting) == [900]


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_200_with_a_failed_status_is_a_refusal(waiting: Stage, status: str) -> None:
    waiting.sandbox.set_switches({"reversal_status": status})
    await reverse_once(waiting)
    row, sent = await reversal(waiting), await transfer(waiting)
    assert await meanings(waiting, "reversal") == ["refused"]
    assert (row.status, sent.status, sent.reversed_minor) == ("permanently_failed", "permanently_failed", 0)


@pytest.mark.parametrize(
    "kind", ["timeout_before_effect", "reset_before_effect", "redirect", "failed_dependency"]
)  # fmt: skip
async def test_silence_without_an_effect_counts_and_keeps_the_key(waiting: Stage, kind: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=REVERSING)
    await _silent_then_reversed(waiting)


@pytest.mark.parametrize("kind", ["timeout_after_effect", "reset_after_effect", "garbage_body", "cut_body"])
async def test_silence_after_an_effect_counts_keeps_the_key_and_reverses_once(waiting: Stage, kind: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=REVERSING)
    await _silent_then_reversed(waiting)


async def _silent_then_reversed(stage: Stage) -> None:
    await reverse_once(stage)
    row = await reversal(stage)
    assert await meanings(stage, "reversal") == ["silence"]
    assert (row.status, row.retry_count, row.key_generation, row.unanswered) == ("pending", 1, 1, True)
    assert row.next_retry_at == stage.clock.now() + MINUTE
    stage.clock.advance(MINUTE)
    await reverse_once(stage)
    assert reversed_there(stage) == [900]
    assert (await transfer(stage)).status == "reversed"


@pytest.mark.parametrize("kind", ["error_502", "error_502_after_effect", "error_503"])
async def test_5xx_is_unknown_counts_and_keeps_the_key(waiting: Stage, kind: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=REVERSING)
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert await meanings(waiting, "reversal") == ["server_error"]
    assert (row.retry_count, row.key_generation, row.unanswered) == (1, 1, True)
    await waiting.pass_time(MINUTE)
    assert reversed_there(waiting) == [900]


async def test_a_replayed_5xx_earns_a_new_key_only_when_nothing_can_still_run(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_500", method="POST", path=REVERSING)
    generations = []
    for minutes in (1, 2, 4, 8, 16):
        await reverse_once(waiting)
        generations.append((await reversal(waiting)).key_generation)
        waiting.clock.advance(minutes * MINUTE)
    assert await meanings(waiting, "reversal") == ["server_error", *["server_error_replayed"] * 4]
    assert generations == [1, 1, 1, 1, 1], "the last send before was 8 minutes ago: too soon for a new key"


async def test_a_replayed_5xx_after_ten_minutes_and_an_empty_look_up_earns_a_new_key(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_500", method="POST", path=REVERSING)
    await reverse_once(waiting)
    waiting.clock.advance(10 * MINUTE)
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert (row.key_generation, row.unanswered, row.retry_count) == (2, False, 2)
    await waiting.pass_time(HOUR)
    assert (await reversal(waiting)).status == "succeeded"
    assert reversed_there(waiting) == [900]


async def test_a_replayed_5xx_that_had_its_effect_is_found_and_adopted(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_500_after_effect", method="POST", path=REVERSING)
    await reverse_once(waiting)
    waiting.clock.advance(10 * MINUTE)
    await reverse_once(waiting)
    assert (await reversal(waiting)).status == "succeeded"
    assert reversed_there(waiting) == [900]


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [("lock_timeout", "object_busy"), ("rate_limit", "slow_down"), ("key_in_use", "key_in_use")],
)
async def test_429_and_409_keep_the_key_and_cost_no_retry(waiting: Stage, kind: str, meaning: str) -> None:
    waiting.sandbox.add_fault(kind, method="POST", path=REVERSING)
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert await meanings(waiting, "reversal") == [meaning]
    assert (row.status, row.retry_count, row.key_generation) == ("pending", 0, 1)
    assert row.next_retry_at == waiting.clock.now() + SOON
    await waiting.pass_time(SOON)
    assert (await transfer(waiting)).status == "reversed"


async def test_only_a_rate_limit_makes_all_workers_ease_off(waiting: Stage) -> None:
    eased = []

    class Watched:
        async def take(self, lane: object) -> None: ...

        async def ease_off(self, seconds: float) -> None:
            eased.append(seconds)

    waiting.money.gateway.pace = Watched()
    for kind in ("lock_timeout", "key_in_use", "rate_limit"):
        waiting.sandbox.add_fault(kind, method="POST", path=REVERSING)
        await reverse_once(waiting)
        waiting.clock.advance(SOON)
    assert len(eased) == 1


async def test_a_reused_key_is_looked_up_and_adopted(waiting: Stage) -> None:
    waiting.sandbox.add_fault("timeout_after_effect", method="POST", path=REVERSING)
    await _send_another_body_under_the_same_key(waiting)
    assert await meanings(waiting, "reversal") == ["silence", "key_reused"]
    assert (await reversal(waiting)).status == "succeeded"


async def test_a_reused_key_whose_request_is_not_there_ends_permanently_failed_with_an_alarm(waiting: Stage) -> None:
    waiting.sandbox.add_fault("error_500", method="POST", path=REVERSING)
    await _send_another_body_under_the_same_key(waiting)
    assert await meanings(waiting, "reversal") == ["server_error", "key_reused"]
    assert (await transfer(waiting)).status == "permanently_failed"
    assert set(await findings(waiting)) == {"seller_debt", "idempotency_key_reused"}


async def _send_another_body_under_the_same_key(stage: Stage) -> None:
    await reverse_once(stage)
    row = await reversal(stage)
    other = (row.request_body or "").replace('"veza_cause":"', '"veza_cause":"again ')
    await set_columns(stage, TransferReversal, row.id, request_body=other)
    stage.clock.advance(MINUTE)
    await reverse_once(stage)


@pytest.mark.parametrize("kind", ["forbidden", "other_mode"])
async def test_403_and_the_other_mode_on_two_rows_open_the_breaker_and_cost_no_retry(stage: Stage, kind: str) -> None:
    await stage.seller("ben")
    await refunded(stage, 2000, [("anna", 1000), ("ben", 1000)])
    stage.sandbox.add_fault(kind, method="POST", path=REVERSING, times=2)
    await reverse_once(stage)
    rows = await stage.all(TransferReversal)
    assert [(row.status, row.retry_count, row.key_generation) for row in rows] == [("pending", 0, 1)] * 2
    assert await findings(stage) == ["breaker_open"]
    async with stage.database.read() as session:
        assert (await breaker.state(session)).state == "open"
    for _ in range(2):
        await stage.pass_time(stage.money.rules.breaker_interval)
    assert {row.status for row in await stage.all(SellerTransfer)} == {"reversed"}


async def test_one_row_refused_alone_leaves_the_breaker_closed(waiting: Stage) -> None:
    waiting.sandbox.add_fault("forbidden", method="POST", path=REVERSING)
    await reverse_once(waiting)
    row = await reversal(waiting)
    assert (row.status, row.retry_count, row.key_generation) == ("pending", 0, 1)
    async with waiting.database.read() as session:
        assert (await breaker.state(session)).state == "closed"
    await waiting.pass_time(waiting.money.rules.breaker_interval)
    assert (await transfer(waiting)).status == "reversed"


@pytest.mark.parametrize("table", [outcomes.REVERSALS, outcomes.TRANSFERS, outcomes.REFUNDS])
def test_every_table_ends_with_a_row_that_always_matches(table: tuple[outcomes.Row, ...]) -> None:
    assert classify(table, Answer(418, error_type="teapot", message="I am one")) is Meaning.REFUSED


def test_the_tables_have_the_rows_these_tests_walk() -> None:
    unknown = ["silence", "server_error_replayed", "server_error"]
    request = ["object_busy", "slow_down", "key_in_use", "key_reused", "not_allowed", "forbidden", "other_mode"]
    walked = {
        outcomes.REVERSALS: ["no_call_made", "not_done_yet", "refused", "done", *unknown, "refused", *request,
                             "no_such_object", "balance_too_low", "taken_by_others", "refused"],
        outcomes.TRANSFERS: ["done", *unknown, "account_gone", *request, "balance_too_low", "refused"],
        outcomes.REFUNDS: ["done", *unknown, *request, "balance_too_low", "taken_by_others", "refused"],
    }  # fmt: skip
    assert {table: [row.means.value for row in table] for table in walked} == walked
