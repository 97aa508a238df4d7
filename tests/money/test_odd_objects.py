"""An unreadable object, or two that carry one id, keep no other from being recorded and no row due for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.money.acts import (
    DAY,
    HOUR,
    REFUNDING,
    REVERSING,
    SENDING,
    attempts,
    findings,
    refund_once,
    refunded,
    refunded_there,
    reversal,
    reverse_once,
    reversed_there,
    send_once,
    sent_there,
    set_columns,
    transfer,
)
from tests.pseudo_language import plain
from veza.kit import worker
from veza.kit.database import Session
from veza.kit.messages import Message, verbatim
from veza.lab.simulator.stage import Stage
from veza.money import invariants, refunding
from veza.money.attempt_worker import AttemptWorker
from veza.money.claims import Claim, LookUp
from veza.money.findings import Finding
from veza.money.payment_frame import PaymentFrame
from veza.money.payments import Payment
from veza.money.refund_intent import RefundIntent
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.answers import Answer
from veza.money.transfers import SellerTransfer

Obj = dict[str, Any]
Change = Callable[[str, list[Obj]], Sequence[Any]]


class Listing:
    """A line whose lists are changed on their way: `change` takes the path and what the provider listed."""

    def __init__(self, line: Any, change: Change) -> None:
        self.line, self.change = line, change

    async def send(self, method: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        answer: Answer = await self.line.send(method, path, params, **more)
        data = answer.object.get("data")
        if method != "get" or not isinstance(data, list):
            return answer
        return replace(answer, body={**answer.object, "data": self.change(path, [dict(one) for one in data])})

    async def close(self) -> None:
        """The line is another's."""


def change_lists(stage: Stage, change: Change) -> Callable[[], None]:
    """From now on lists are changed; returns what ends it."""
    line = stage.money.gateway._line
    stage.money.gateway._line = Listing(line, change)  # type: ignore[assignment]

    def end() -> None:
        stage.money.gateway._line = line

    return end


def with_odd_ones(_path: str, data: list[Obj]) -> Sequence[Any]:
    """Beside what is there: objects with an amount, a currency or metadata that are none."""
    odd: list[Obj] = [
        {"id": "odd_amount", "amount": "much", "currency": "eur", "metadata": {}},
        {"id": "odd_minus", "amount": -5, "currency": "eur", "metadata": {}},
        {"id": "odd_huge", "amount": 2**70, "currency": "eur", "metadata": {}},
        {"id": "odd_currency", "amount": 5, "currency": 7, "metadata": None},
        {"id": "odd_metadata", "amount": 5, "currency": "eur", "metadata": "none"},
        {"id": "odd_status", "amount": 5, "currency": "eur", "status": ["succeeded"]},
        {"id": "odd_reversed", "amount": 5, "currency": "eur", "amount_reversed": "some"},
        {"id": "odd_\0nul", "amount": 5, "currency": "eur"},
        {"id": "odd_\ud800half", "amount": 5, "currency": "eur"},
        {"id": "odd_state", "amount": 5, "currency": "eur", "status": "\0"},
    ]
    return [*odd, *data]


async def odd_ones(stage: Stage) -> set[str]:
    return {one.subject.split()[-1] for one in await stage.all(Finding) if one.kind == "odd_object"}


ALL_ODD = {f"odd_{what}" for what in ("amount", "minus", "huge", "currency", "metadata", "status", "reversed", "state")}
ALL_ODD |= {ascii("odd_\0nul"), ascii("odd_\ud800half")}


async def test_odd_reversals_are_findings_and_the_one_beside_them_is_recorded(any_stage: Stage) -> None:
    stage = any_stage
    await stage.sold([("anna", 1000)])
    stage.sandbox.pause_webhooks()
    sent = await transfer(stage)
    theirs = stage.sandbox.reverse_in_dashboard(sent.stripe_transfer_id or "", 100)
    change_lists(stage, with_odd_ones)
    await set_columns(stage, SellerTransfer, sent.id, check_at=stage.clock.now())
    await worker.run_once(stage.money.check_worker)
    assert (await reversal(stage)).stripe_reversal_id == theirs["id"]
    assert (await odd_ones(stage), (await transfer(stage)).check_at) == (ALL_ODD, None)


async def test_odd_refunds_are_findings_and_the_one_beside_them_is_recorded(any_stage: Stage) -> None:
    stage = any_stage
    payment_id = await stage.sold([("anna", 1000)])
    refund_id = await stage.refund(payment_id, 400)
    (charge,) = stage.sandbox.world.charges.ids()
    stage.sandbox.pause_webhooks()
    theirs = stage.sandbox.refund_in_dashboard(charge, 300)
    change_lists(stage, with_odd_ones)
    await set_columns(stage, Refund, refund_id, check_at=stage.clock.now(), next_retry_at=None)
    await worker.run_once(stage.money.check_worker)
    assert theirs["id"] in {one.stripe_refund_id for one in await stage.all(Refund)}
    assert await odd_ones(stage) == ALL_ODD


@pytest.mark.parametrize("kind", ["refund", "transfer", "reversal"])
async def test_odd_objects_in_a_look_up_keep_ours_from_nothing(any_stage: Stage, kind: str) -> None:
    """Sent without an answer, looked up a day later: ours is adopted, and nothing is sent a second time."""
    stage = any_stage
    amounts = await sent_in_silence(stage, kind)
    change_lists(stage, with_odd_ones)
    stage.clock.advance(25 * HOUR)
    await ONCE[kind](stage)
    assert [one.meaning for one in await attempts(stage, kind)] == ["silence", "looked_up_found"]
    assert (await of(stage, kind)).status in ("succeeded", "completed")
    assert THERE[kind](stage) == amounts
    if kind != "transfer":
        assert await odd_ones(stage) == ALL_ODD


@pytest.mark.parametrize("kind", ["refund", "transfer", "reversal"])
async def test_ours_that_cannot_be_read_is_not_sent_again_and_adopted_once_it_can(any_stage: Stage, kind: str) -> None:
    stage = any_stage
    amounts = await sent_in_silence(stage, kind)
    row = await of(stage, kind)

    def spoiled(_path: str, data: list[Obj]) -> Sequence[Any]:
        return [{**one, "amount": None} if (one.get("metadata") or {}).get(f"veza_{kind}") else one for one in data]

    end = change_lists(stage, spoiled)
    stage.clock.advance(25 * HOUR)
    await ONCE[kind](stage)
    assert (await of(stage, kind)).status in ("refused", "permanently_failed")
    for _ in range(3):
        stage.clock.advance(DAY)
        await worker.run_once(stage.money.check_worker)
        assert await ONCE[kind](stage) == 0
    held = await of(stage, kind)
    assert (held.id, held.unanswered, THERE[kind](stage)) == (row.id, True, amounts)
    assert "odd_object" in await findings(stage)
    end()
    stage.clock.advance(DAY)
    await worker.run_once(stage.money.check_worker)
    assert (await of(stage, kind)).status in ("succeeded", "completed")
    assert THERE[kind](stage) == amounts


@pytest.mark.parametrize("kind", ["refund", "transfer", "reversal"])
async def test_a_success_that_names_no_amount_is_asked_for_again_under_the_same_key(stage: Stage, kind: str) -> None:
    await to_be_sent(stage, kind)
    line = stage.money.gateway._line

    class Vague:
        async def send(self, method: str, path: str, params: Any = None, **more: Any) -> Answer:
            answer = await line.send(method, path, params, **more)
            is_odd = method == "post" and answer.is_ok
            return replace(answer, body={**answer.object, "amount": "much"}) if is_odd else answer

        async def close(self) -> None: ...

    stage.money.gateway._line = Vague()  # type: ignore[assignment]
    await ONCE[kind](stage)
    stage.money.gateway._line = line
    row = await of(stage, kind)
    assert (row.retry_count, "its amount is 'much'" in plain(row.last_error)) == (1, True)
    stage.clock.advance(HOUR)
    await ONCE[kind](stage)
    assert (await of(stage, kind)).status in ("succeeded", "completed")
    assert len({one.idempotency_key for one in await attempts(stage, kind)}) == 1
    assert len(THERE[kind](stage)) == 1


@pytest.mark.parametrize("kind", ["refund", "transfer", "reversal"])
async def test_two_objects_that_carry_one_id_of_ours_are_recorded_both_and_the_row_has_an_end(
    stage: Stage, kind: str
) -> None:
    """The second counts by itself: the provider did it, so the books have it, and no worker looks for it again."""
    await sent_in_silence(stage, kind, 400)

    def doubled(path: str, data: list[Obj]) -> Sequence[Any]:
        return [*data, *({**one, "id": f"{one['id']}_twin"} for one in data)]

    change_lists(stage, doubled)
    stage.clock.advance(25 * HOUR)
    for _ in range(3):
        await ONCE[kind](stage)
    model = MODELS[kind]
    column = f"stripe_{kind}_id"
    there = [getattr(one, column) for one in await stage.all(model) if getattr(one, column)]
    assert len(there) == 2 == len(set(there))
    assert there[0].endswith("_twin") != there[1].endswith("_twin")
    looked = [one.meaning for one in await attempts(stage, kind)]
    assert looked.count("looked_up_found") == 1
    await stage.settle()


class FindsLostOnes(RefundIntent):
    """Finds at each look what its database cannot record."""

    looks = 0

    async def look_up(self, claim: Claim[Refund]) -> LookUp:
        self.looks += 1
        return LookUp(False, (), has_lost=True)


async def test_lost_objects_found_again_and_again_end_in_a_refusal_and_not_in_a_loop(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    refund_id = await stage.refund(payment_id, 400)
    await set_columns(stage, Refund, refund_id, look_first=True)
    money = stage.money
    finder = FindsLostOnes(stage.database, money.gateway, money.refund_worker.policy)
    finding = AttemptWorker(finder, money.breaker, money.guard)
    rounds = 0
    while (row := await stage.refund_row(refund_id)).status == "requested":
        assert (rounds := rounds + 1) < 20
        assert row.next_retry_at is not None
        stage.clock.advance(max(row.next_retry_at - stage.clock.now(), 0 * HOUR))
        await worker.run_once(finding)
    assert (row.status, finder.looks) == ("refused", money.refund_worker.policy.max_retries + 1)
    assert (refunded_there(stage), row.unanswered) == ([], False)


class RecordsWhatItFinds(FindsLostOnes):
    """Finds at each look what others did meanwhile, and records it."""

    async def look_up(self, claim: Claim[Refund]) -> LookUp:
        self.looks += 1
        return LookUp(False, ({"id": f"re_{self.looks}"},), has_lost=True)

    async def record_seen(
        self, session: Session, frame: PaymentFrame, row: Refund, objects: Sequence[Any], because: Message
    ) -> None:
        await refunding.request(session, frame, 10, "EUR", reason=verbatim("made by others"))


async def test_what_others_do_meanwhile_costs_a_row_no_retry_however_often_it_is_found(stage: Stage) -> None:
    payment_id = await stage.sold([("anna", 1000)])
    refund_id = await stage.refund(payment_id, 400)
    await set_columns(stage, Refund, refund_id, look_first=True)
    money = stage.money
    policy = replace(money.refund_worker.policy, batch_size=1)
    finder = RecordsWhatItFinds(stage.database, money.gateway, policy)
    finding = AttemptWorker(finder, money.breaker, money.guard)
    for _ in range(policy.max_retries + 2):
        await worker.run_once(finding)
    row = await stage.refund_row(refund_id)
    assert (row.status, row.retry_count, finder.looks) == ("requested", 0, policy.max_retries + 2)


async def test_a_payment_that_cannot_be_added_up_is_a_broken_promise_and_the_others_are_checked() -> None:
    stage = await Stage.open()
    await stage.seller("anna")
    first, second, third = [await stage.sold([("anna", 1000)]) for _ in range(3)]
    refund_id = await stage.refund(first, 400)
    await stage.settle()
    await set_columns(stage, Refund, refund_id, amount_minor="much")  # what SQLite keeps, and no sum has
    await set_columns(stage, Payment, third, amount_minor=999)
    checked, found = await invariants.check_all(stage.database, report=True)
    assert checked == 3
    assert {one.payment_id for one in found} == {first, third}
    assert any("cannot be checked" in plain(one.message) for one in found)
    assert {one.subject for one in await stage.all(Finding)} == {f"payment {first}", f"payment {third}"}
    assert second not in {one.payment_id for one in found}
    await stage.close()


MODELS: dict[str, type[Any]] = {"refund": Refund, "transfer": SellerTransfer, "reversal": TransferReversal}
ONCE = {"refund": refund_once, "transfer": send_once, "reversal": reverse_once}
THERE = {"refund": refunded_there, "transfer": sent_there, "reversal": reversed_there}
PATHS = {"refund": REFUNDING, "transfer": SENDING, "reversal": REVERSING}


async def of(stage: Stage, kind: str) -> Any:
    return (await stage.all(MODELS[kind]))[0]


async def to_be_sent(stage: Stage, kind: str, amount_minor: int = 1000) -> UUID:
    """A row of this kind is due at its worker."""
    if kind == "transfer":
        payment_id = await stage.sell([("anna", 1000)])
        await stage.deliver()
        await worker.run_once(stage.money.check_worker)
        return payment_id
    if kind == "reversal":
        return await refunded(stage, amount_minor)
    payment_id = await stage.sold([("anna", 1000)])
    await stage.refund(payment_id, amount_minor)
    return payment_id


async def sent_in_silence(stage: Stage, kind: str, amount_minor: int = 1000) -> list[int]:
    """The provider has done it, and its answer was lost; returns the amounts it has."""
    await to_be_sent(stage, kind, amount_minor)
    stage.sandbox.pause_webhooks()
    stage.sandbox.add_fault("timeout_after_effect", method="POST", path=PATHS[kind])
    await ONCE[kind](stage)
    (amount,) = THERE[kind](stage)
    return [amount]
