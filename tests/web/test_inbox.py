"""The webhook inbox: events as they came, what became of them, and handling one again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from tests.web.conftest import Desk
from veza.money.webhook_inbox import WebhookEvent
from veza.web.operator.paging import PAGE


def event_ids(text: str) -> list[str]:
    return re.findall(r'href="/operator/inbox/([^"?]+)"', text)


async def add_events(desk: Desk, count: int, **values: object) -> list[str]:
    """Events received one second apart, two at each instant; newest first."""
    async with desk.stage.database.write("test") as session:
        rows = [
            {
                "id": f"evt_{nth:04}", "type": "balance.available", "state": "handled", "source": "webhook",
                "payload": '{"id": "x", "name": "<b>bold</b>"}', "provider_created_at": session.now, "attempts": 0,
                "received_at": session.now + timedelta(seconds=nth // 2), **values,
            }
            for nth in range(count)
        ]  # fmt: skip
        await session.execute(insert(WebhookEvent), rows)
    return [str(row["id"]) for row in reversed(rows)]


async def test_an_empty_inbox_says_where_events_come_from(desk: Desk) -> None:
    page = (await desk.get("/operator/inbox")).text
    assert "/webhooks/stripe" in page
    assert "catch-up" in page
    assert "No event is in this state" in (await desk.get("/operator/inbox?state=failed")).text


async def test_events_are_paged_by_arrival_without_a_gap_or_a_repeat(desk: Desk) -> None:
    expected = await add_events(desk, PAGE * 2 + 1)
    seen, address = [], "/operator/inbox"
    while address:
        page = (await desk.get(address)).text
        seen += event_ids(page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == expected


@pytest.mark.parametrize("query", ["state=what", "cursor=what", "cursor=2026-01-05~x", "cursor=~"])
async def test_a_query_that_makes_no_sense_shows_the_newest(desk: Desk, query: str) -> None:
    expected = await add_events(desk, 3)
    assert event_ids((await desk.get(f"/operator/inbox?{query}")).text) == expected


async def test_events_are_filtered_by_state_and_show_their_error(desk: Desk) -> None:
    await add_events(desk, 2)
    await _set(desk, "evt_0001", state="failed", error="ValueError: <i>broken</i>", attempts=8)
    page = (await desk.get("/operator/inbox?state=failed")).text
    assert event_ids(page) == ["evt_0001"]
    assert "ValueError: &lt;i&gt;broken&lt;/i&gt;" in page


async def test_an_event_shows_its_payload_as_text(desk: Desk) -> None:
    await add_events(desk, 1)
    page = (await desk.get("/operator/inbox/evt_0000")).text
    assert "&#34;name&#34;: &#34;&lt;b&gt;bold&lt;/b&gt;&#34;" in page
    assert "<b>bold" not in page


async def test_a_payload_that_is_no_json_is_shown_as_it_came(desk: Desk) -> None:
    await add_events(desk, 1, payload="not json {")
    assert "not json {" in (await desk.get("/operator/inbox/evt_0000")).text


async def test_handling_an_event_again_says_what_became_of_it(desk: Desk) -> None:
    await desk.given_up()
    events = await desk.stage.all(WebhookEvent)
    made = next(event for event in events if event.type == "refund.created")
    await _set(desk, made.id, state="failed", attempts=8, error="planted", handled_at=None)
    answer = await desk.post(f"/operator/inbox/{made.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/operator/inbox/{made.id}?handled=handled")
    page = (await desk.get(answer.headers["location"])).text
    assert "It was taken up again just now: It was handled." in page
    assert (await desk.stage.one(WebhookEvent, id=made.id)).state == "handled"


@pytest.mark.parametrize("given", ["evt_nothing", "%3Cscript%3E", "x" * 2000])
async def test_an_unknown_event_is_a_sentence_and_a_way_on(desk: Desk, given: str) -> None:
    for answer in (
        await desk.get(f"/operator/inbox/{given}"),
        await desk.client.post(f"/operator/inbox/{given}", data={}),
    ):
        assert answer.status_code == 404
        assert "There is no event" in answer.text
        assert 'href="/operator/inbox"' in answer.text
        assert "<script>" not in answer.text


async def _set(desk: Desk, event_id: str, **values: object) -> None:
    async with desk.stage.database.write("test") as session:
        await session.execute(update(WebhookEvent).where(WebhookEvent.id == event_id).values(**values))


@pytest.mark.parametrize("address", ["/operator/inbox?cursor=%00", "/operator/inbox/%00"])
async def test_an_address_with_a_nul_in_it_is_refused_in_a_sentence(desk: Desk, address: str) -> None:
    answer = await desk.get(address)
    assert answer.status_code == 400
    assert "NUL" in answer.text
