"""Comparing with the provider: what is odd, what is double, and lists without an end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.money.acts import DAY, MINUTE, open_findings
from tests.pseudo_language import plain
from veza.lab.sandbox.settings import SandboxSettings
from veza.lab.simulator.stage import Stage
from veza.money import payments
from veza.money.catch_up import CatchUpFailed, catch_up, lists_of_events
from veza.money.charge_returns import ChargeNotReturned, NotReturnable, return_charge
from veza.money.differences import CannotReconcile
from veza.money.findings import Finding
from veza.money.operator import OperatorAction
from veza.money.pace import Unpaced
from veza.money.payments import LineDraft
from veza.money.provider_account import AnotherAccount
from veza.money.provider_lists import ListEndedEarly, ListPlace, ProviderList, Walk
from veza.money.reconciliation import compare_and_report, reconcile
from veza.money.refunds import Refund
from veza.money.scheduled import reported
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent


def charge_again(stage: Stage, payment_id: UUID, amount: int) -> str:
    """Another charge that names the payment."""
    about = {"transfer_group": str(payment_id), "metadata": {"veza_payment": str(payment_id)}}
    return str(stage.sandbox.take_payment(amount, "eur", card="4242424242424242", **about)["id"])


async def return_all(stage: Stage, charge: str) -> str:
    done = await return_charge(stage.database, stage.money.gateway, charge, "the buyer paid twice", actor="olga")
    return str(done)


async def test_a_second_charge_is_named_pays_no_seller_and_goes_back_by_one_action(any_stage: Stage) -> None:
    stage = any_stage
    sold = await stage.sold([("anna", 1000)])
    second = charge_again(stage, sold, 1000)
    await stage.settle()
    assert await open_findings(stage) == {second: "second_charge"}
    (found,) = await stage.all(Finding)
    assert found.payment_id == sold
    assert f"charge {second}" in plain(found.message)
    assert f"veza money return-charge {second}" in plain(found.mend)
    done = await reconcile(stage.database, stage.money.gateway)
    assert [(one.kind, one.subject) for one in done.differences] == [("second_charge", second)]
    assert len(await stage.all(SellerTransfer)) == 1

    assert f"10.00 EUR of charge {second} goes back to the buyer" in plain(await return_all(stage, second))
    await stage.settle()
    assert stage.sandbox.world.charges.rows[second]["amount_refunded"] == 1000
    assert await open_findings(stage) == {}
    assert await stage.all(Refund) == [], "it is no refund of the payment: the seller keeps the share"
    assert [one.status for one in await stage.all(SellerTransfer)] == ["completed"]
    assert (await reconcile(stage.database, stage.money.gateway)).differences == []
    (action,) = await stage.all(OperatorAction)
    assert (action.payment_id, action.by, action.reason) == (sold, "olga", "the buyer paid twice")
    with pytest.raises(NotReturnable, match="has gone back to the buyer already"):
        await return_all(stage, second)


async def test_only_what_is_left_of_a_second_charge_goes_back_however_often_it_is_asked(any_stage: Stage) -> None:
    stage = any_stage
    sold = await stage.sold([("anna", 1000)])
    second = charge_again(stage, sold, 1000)
    stage.sandbox.refund_in_dashboard(second, 300)
    await stage.settle()
    assert await stage.all(Refund) == [], "a refund of the second charge takes nothing from the seller of the first"
    stage.sandbox.add_fault("timeout_after_effect", path="^/v1/refunds$", method="POST", times=1)
    with pytest.raises(ChargeNotReturned, match="repeat the command"):
        await return_all(stage, second)
    with pytest.raises(NotReturnable):  # it had happened
        await return_all(stage, second)
    await stage.settle()
    assert stage.sandbox.world.charges.rows[second]["amount_refunded"] == 1000
    assert await open_findings(stage) == {}
    assert [one.reversed_minor for one in await stage.all(SellerTransfer)] == [0]


async def test_a_dispute_of_a_second_charge_is_not_the_payments(any_stage: Stage) -> None:
    sold = await any_stage.sold([("anna", 1000)])
    any_stage.sandbox.open_dispute(charge_again(any_stage, sold, 1000))
    await any_stage.settle()
    await reconcile(any_stage.database, any_stage.money.gateway, apply=True)
    await any_stage.settle()
    assert [one.reversed_minor for one in await any_stage.all(SellerTransfer)] == [0]


async def test_a_charge_of_a_payment_or_of_another_program_is_not_given_back_by_it(any_stage: Stage) -> None:
    stage = any_stage
    sold = await stage.sold([("anna", 1000)])
    (own,) = stage.sandbox.world.charges.ids()
    with pytest.raises(NotReturnable, match=f"is that of payment {sold}: refund the payment"):
        await return_all(stage, own)
    other = str(stage.sandbox.take_payment(500, "eur", card="4242424242424242")["id"])
    with pytest.raises(NotReturnable, match="another program made it"):
        await return_all(stage, other)
    with pytest.raises(NotReturnable, match="the provider has no charge ch_no"):
        await return_all(stage, "ch_no")


class Odd:
    """A line that adds unreadable objects to every list the provider gives."""

    def __init__(self, line: Any, charge: str, payment_id: UUID) -> None:
        self.line = line
        group = str(payment_id)
        self.about = {"charge": charge, "transfer_group": group, "metadata": {"veza_payment": group}}

    async def send(self, method: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        answer: Answer = await self.line.send(method, path, params, **more)
        data = answer.object.get("data")
        if not isinstance(data, list):
            return answer
        name = path.split("/")[2].rstrip("s")
        odd = {"id": f"{name}_odd", "object": name, "status": "succeeded", "amount": "much", "currency": 7}
        odd |= self.about
        event = {"id": "evt_odd", "object": "event", "type": "transfer.created", "created": "soon", "data": None}
        bare = {"id": f"{name}_bare", "metadata": "nothing", "amount_reversed": "some", "balance_transactions": 7}
        more_odd = [event] if name == "event" else [odd, bare]
        return replace(answer, body={**answer.object, "data": [*more_odd, {"id": 7}, None, "nonsense", *data]})

    async def close(self) -> None:
        """The line is another's."""


async def test_one_odd_object_of_each_kind_keeps_no_other_from_being_applied(any_stage: Stage) -> None:
    """A charge that disagrees, and unreadable objects in every list; a missed refund beside them is adopted."""
    stage = any_stage
    sold = await stage.sold([("anna", 1000)])
    (charge,) = stage.sandbox.world.charges.ids()
    stage.sandbox.pause_webhooks()
    async with stage.database.write() as session:
        unpaid = await payments.create(session, "order-7", "EUR", [LineDraft("anna", "song", 700, 1000)])
    disagrees = charge_again(stage, unpaid.id, 999)
    missed = stage.sandbox.refund_in_dashboard(charge, 400)["id"]
    gateway = Gateway(Odd(stage.money.gateway._line, charge, sold), Unpaced())  # type: ignore[arg-type]
    done = await reconcile(stage.database, gateway, apply=True)
    stage.sandbox.pause_webhooks(False)
    kinds = {one.subject: one.kind for one in done.differences}
    assert kinds[disagrees] == "amount_differs"
    assert kinds[missed] == "missing_here"
    odd_ones = {subject for subject, kind in kinds.items() if kind == "odd_object"}
    assert "refund_odd" in kinds
    assert odd_ones >= {"charges None", "refunds 'nonsense'", "transfers {'id': 7}"}
    assert [one.stripe_refund_id for one in await stage.all(Refund)] == [missed]
    assert (await open_findings(stage))[disagrees] == "amount_differs"
    assert "9.99 EUR of charge" in plain(await return_all(stage, disagrees))
    assert disagrees not in await open_findings(stage)


async def test_an_unreadable_event_keeps_no_other_from_being_caught_up(any_stage: Stage) -> None:
    stage = any_stage
    stage.sandbox.pause_webhooks()
    sold = await stage.sell([("anna", 1000)])
    gateway = Gateway(Odd(stage.money.gateway._line, "ch_1", sold), Unpaced())  # type: ignore[arg-type]
    done = await catch_up(stage.database, gateway, stage.money.inbox, DAY)
    assert {one.type for one in await stage.all(WebhookEvent) if one.state == "handled"} >= {"charge.succeeded"}
    assert done.waiting == len(lists_of_events())
    assert set((await open_findings(stage)).values()) == {"odd_object"}
    assert (await stage.payment(sold)).status == "succeeded"


class Pages:
    """A line to a provider whose lists have `count` objects, numbered, the newest first; it may fail at one page."""

    def __init__(self, count: int, now: datetime) -> None:
        self.count = count
        self.begin = int(now.timestamp()) - count
        self.fails_at: int | None = None
        self.asked: list[int] = []

    async def send(self, method: str, path: str, params: Mapping[str, Any] | None = None, **_: Any) -> Answer:
        given = params or {}
        after = int(str(given.get("starting_after", f"x_{self.count}")).split("_")[1])
        if self.fails_at is not None and after <= self.fails_at:
            return Answer(503, message="an outage")
        self.asked.append(after)
        low, high = given["created"]["gte"], given["created"]["lte"]
        left = [n for n in range(after - 1, -1, -1) if low <= self.begin + n <= high]
        page = [{"id": f"x_{n}", "created": self.begin + n} for n in left[: given["limit"]]]
        return Answer(200, body={"object": "list", "data": page, "has_more": len(left) > len(page)})

    async def close(self) -> None:
        """Nothing is open."""


async def places(stage: Stage) -> int:
    async with stage.database.read() as session:
        return len((await session.scalars(select(ListPlace))).all())


THINGS = ProviderList("things", "/v1/things")


async def read(walk: Walk) -> list[int]:
    """The numbers of what was read; -1 where it broke off."""
    seen: list[int] = []
    try:
        async for page in walk.pages(walk.database.clock.now() - DAY):
            seen += [int(str(one["id"]).split("_")[1]) for one in page]
    except ListEndedEarly:
        seen.append(-1)
    return seen


async def test_a_list_is_read_to_its_end_however_long_and_goes_on_where_it_stopped(any_stage: Stage) -> None:
    line = Pages(12_050, any_stage.clock.now())
    gateway = Gateway(line, Unpaced())  # type: ignore[arg-type]

    def walk() -> Walk:
        return Walk(any_stage.database, gateway, THINGS, "read")

    assert await read(walk()) == list(range(12_049, -1, -1))
    assert await places(any_stage) == 0
    line.fails_at = 5_000
    first = await read(walk())
    assert first[-1] == -1
    assert first[-2] > 4_900
    line.fails_at, line.count, line.asked = None, 12_060, []
    any_stage.clock.advance(MINUTE)
    rest = await read(walk())
    assert rest[: first[-2]] == list(range(first[-2] - 1, -1, -1)), "it goes on after the last page that was taken"
    assert set(rest[first[-2] :]) >= set(range(12_050, 12_060)), "and then reads what is new since"
    assert len(line.asked) < 60
    assert await places(any_stage) == 0


async def test_a_place_that_is_gone_begins_from_the_top(any_stage: Stage) -> None:
    line = Pages(500, any_stage.clock.now())
    walk = Walk(any_stage.database, Gateway(line, Unpaced()), THINGS, "read")  # type: ignore[arg-type]
    line.fails_at = 250
    await read(walk)
    line.fails_at = None
    refused = line.send

    async def gone(method: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        if "starting_after" in (params or {}) and not line.asked:
            return Answer(400, error_code="resource_missing", message="No such thing: 'x_300'")
        return await refused(method, path, params, **more)

    line.asked = []
    line.send = gone  # type: ignore[method-assign]
    again = await read(Walk(any_stage.database, Gateway(line, Unpaced()), THINGS, "read"))  # type: ignore[arg-type]
    assert again[:500] == list(range(499, -1, -1))


async def test_a_run_on_schedule_that_fails_is_a_finding_until_one_ends_well(any_stage: Stage) -> None:
    stage = any_stage
    money = stage.money
    stage.sandbox.add_fault("error_503", path="^/v1/charges$", method="GET", times=None)
    stage.sandbox.add_fault("error_503", path="^/v1/events$", method="GET", times=None)

    async def compare() -> None:
        await reported(stage.database, "reconciliation", lambda: compare_and_report(stage.database, money.gateway))

    async def fetch() -> None:
        await reported(stage.database, "catch-up", lambda: catch_up(stage.database, money.gateway, money.inbox, DAY))

    with pytest.raises(CannotReconcile):
        await compare()
    with pytest.raises(CatchUpFailed):
        await fetch()
    assert await open_findings(stage) == {"reconciliation": "run_failed", "catch-up": "run_failed"}
    stage.sandbox.clear_faults()
    await compare()
    await fetch()
    assert await open_findings(stage) == {}


async def test_another_account_is_refused_before_anything_of_it_is_stored(any_stage: Stage, open_stage: Any) -> None:
    stage = any_stage
    await stage.sold([("anna", 1000)])
    settings = SandboxSettings(rate_limit_per_second=None, platform_account="acct_stranger")
    stranger = await open_stage(seed=9, settings=settings)
    await stranger.seller("zoe")
    sold = await stranger.sell([("zoe", 500)])
    before = json.dumps(sorted(one.id for one in await stage.all(WebhookEvent)))
    for work in (
        catch_up(stage.database, stranger.money.gateway, stage.money.inbox, DAY),
        reconcile(stage.database, stranger.money.gateway, since=DAY, apply=True),
        compare_and_report(stage.database, stranger.money.gateway, timedelta(days=1)),
    ):
        with pytest.raises(AnotherAccount, match="answers for account acct_stranger, this database has sold"):
            await work
    assert json.dumps(sorted(one.id for one in await stage.all(WebhookEvent))) == before
    assert await open_findings(stage) == {"acct_stranger": "other_account"}
    assert sold
