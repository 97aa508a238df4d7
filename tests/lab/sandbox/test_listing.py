"""Lists: pages, cursors and filters."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Sandbox

from .conftest import client_in_process


@pytest.fixture
def seller(sandbox: Sandbox) -> str:
    sandbox.add_balance(None, 100_000, "eur")
    return str(sandbox.new_account()["id"])


def send(sandbox: Sandbox, seller: str, count: int, group: str = "g") -> list[str]:
    """Transfers, newest first."""
    made = [sandbox.transfer_in_dashboard(seller, 100, "eur", transfer_group=group)["id"] for _ in range(count)]
    return made[::-1]


async def test_pages_follow_each_other_without_gap_or_overlap(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, seller: str
) -> None:
    ids = send(sandbox, seller, 25)
    first = await stripe_client.v1.transfers.list_async()
    assert ([t.id for t in first.data], first.has_more, first.url) == (ids[:10], True, "/v1/transfers")
    second = await stripe_client.v1.transfers.list_async({"starting_after": ids[9], "limit": 10})
    assert [t.id for t in second.data] == ids[10:20]
    last = await stripe_client.v1.transfers.list_async({"starting_after": ids[19], "limit": 10})
    assert ([t.id for t in last.data], last.has_more) == (ids[20:], False)
    back = await stripe_client.v1.transfers.list_async({"ending_before": ids[20], "limit": 5})
    assert ([t.id for t in back.data], back.has_more) == (ids[15:20], True)
    everything = await stripe_client.v1.transfers.list_async({"limit": 7})
    assert [t.id async for t in everything.auto_paging_iter()] == ids


async def test_new_objects_do_not_shift_a_page(sandbox: Sandbox, seller: str) -> None:
    ids = send(sandbox, seller, 4)
    client = client_in_process(sandbox)
    send(sandbox, seller, 3)
    page = await client.v1.transfers.list_async({"starting_after": ids[1]})
    assert [t.id for t in page.data] == ids[2:]


async def test_filters_combine(sandbox: Sandbox, seller: str) -> None:
    other = sandbox.new_account()["id"]
    wanted = send(sandbox, seller, 3, "order_1")
    send(sandbox, seller, 2, "order_2")
    send(sandbox, other, 2, "order_1")
    client = client_in_process(sandbox)
    page = await client.v1.transfers.list_async({"transfer_group": "order_1", "destination": seller})
    assert [t.id for t in page.data] == wanted
    by_seller = await client.v1.transfers.list_async({"destination": other})
    assert len(by_seller.data) == 2


async def test_created_filters_include_or_exclude_their_bounds(
    sandbox: Sandbox, seller: str, clock: ManualClock
) -> None:
    made = []
    for _ in range(4):
        made.append((send(sandbox, seller, 1)[0], int(clock.now().timestamp())))
        clock.advance(timedelta(seconds=60))
    client = client_in_process(sandbox)

    async def ids(created: object) -> list[str]:
        page = await client.v1.transfers.list_async({"created": created})  # type: ignore[typeddict-item]
        return [t.id for t in page.data][::-1]

    names = [id for id, _ in made]
    assert await ids({"gte": made[1][1]}) == names[1:]
    assert await ids({"gt": made[1][1]}) == names[2:]
    assert await ids({"lt": made[2][1]}) == names[:2]
    assert await ids({"gte": made[1][1], "lte": made[2][1]}) == names[1:3]
    assert await ids(made[3][1]) == names[3:]


@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_a_limit_outside_1_to_100_is_refused(sandbox: Sandbox, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client_in_process(sandbox).v1.transfers.list_async({"limit": limit})
    assert refusal.value.param == "limit"


async def test_an_unknown_cursor_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such transfer: 'tr_no'") as refusal:
        await client_in_process(sandbox).v1.transfers.list_async({"starting_after": "tr_no"})
    assert refusal.value.param == "starting_after"


async def test_events_are_listed_by_type_and_time(
    stripe_client: stripe.StripeClient, sandbox: Sandbox, seller: str
) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    sandbox.refund_in_dashboard(charge, 500)
    one = await stripe_client.v1.events.list_async({"type": "refund.created"})
    assert [(event.type, event.data.object["amount"]) for event in one.data] == [("refund.created", 500)]
    many = await stripe_client.v1.events.list_async({"types": ["refund.created", "charge.refunded"]})
    assert {event.type for event in many.data} == {"refund.created", "charge.refunded"}
    wild = await stripe_client.v1.events.list_async({"type": "charge.*"})
    assert {event.type for event in wild.data} == {"charge.succeeded", "charge.refunded"}
    again = await stripe_client.v1.events.retrieve_async(one.data[0].id)
    assert again.data.object["charge"] == charge
    own = await stripe_client.v1.events.list_async({}, {"stripe_account": seller})
    assert {event.type for event in own.data} == {"account.updated"}


async def test_an_event_shows_the_object_as_it_was_then(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    for _ in range(2):
        sandbox.refund_in_dashboard(charge, 500)
    page = await client_in_process(sandbox).v1.events.list_async({"type": "charge.refunded"})
    assert [event.data.object["amount_refunded"] for event in page.data] == [1000, 500]


async def test_balance_transactions_are_listed_by_source(sandbox: Sandbox) -> None:
    charge = sandbox.take_payment(2000, "eur")["id"]
    sandbox.take_payment(900, "eur")
    client = client_in_process(sandbox)
    page = await client.v1.balance_transactions.list_async({"source": charge})
    assert [(txn.amount, txn.fee, txn.fee_details[0].type) for txn in page.data] == [(2000, 55, "stripe_fee")]
    everything = await client.v1.balance_transactions.list_async({"type": "charge", "currency": "eur"})
    assert len(everything.data) == 2


async def test_events_are_kept_for_thirty_days(sandbox: Sandbox) -> None:
    sandbox.take_payment(2000, "eur", card="4000000000000077")
    client = client_in_process(sandbox)
    sandbox.advance(30 * 86_400)
    kept = (await client.v1.events.list_async()).data
    assert len(kept) == 2
    sandbox.advance(1)
    assert (await client.v1.events.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        await client.v1.events.retrieve_async(kept[0].id)
