"""Every page and action over SQLite and over PostgreSQL: the queries are the same, what they mean must be too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.web.conftest import Desk, open_desk
from veza.http.paging import encode_cursor
from veza.lab.simulator.stage import Stage
from veza.money import backlog
from veza.money.webhook_inbox import WebhookEvent


@pytest.fixture
async def desk_on_any(any_stage: Stage) -> AsyncIterator[Desk]:
    async with open_desk(any_stage) as desk:
        desk.sign_in()
        yield desk


def after(path: str, last: str, **filters: str) -> str:
    """The address of the page that begins after this row."""
    return f"{path}?cursor={encode_cursor(last, path, {**filters, 'sort': 'newest'})}"


async def test_every_page_and_action_works_on_both_databases(desk_on_any: Desk) -> None:
    desk = desk_on_any
    row = await desk.given_up()
    desk.stage.clock.advance(timedelta(minutes=5))
    await backlog.sample(desk.stage.database)
    event = (await desk.stage.all(WebhookEvent))[0]
    pages = {
        "/operator?range=1h&show=rows": "permanently failed last 1, at most 1",
        "/operator?range=24h&show=EUR": "permanently failed last 9.00 EUR, at most 9.00 EUR",
        "/operator?range=7d&show=age": "permanently failed last 5 min, at most 5 min",
        "/operator/transfers?status=permanently_failed&seller=anna": str(row.id),
        after("/operator/transfers", str(row.id), status="", reversal="", seller=""): "No transfer fits",
        f"/operator/transfers/{row.id}": "reversal pending → permanently failed",
        "/operator/payments": str(row.payment_id),
        f"/operator/payments/{row.payment_id}": "books balance",
        "/operator/findings": "seller debt",
        "/operator/inbox?state=handled": event.id,
        after("/operator/inbox", f"zzz {event.received_at.isoformat()}", state=""): event.id,
        f"/operator/inbox/{event.id}": "Payload",
        "/operator/payments?find=nothing": "Nothing here has the id",
        "/operator/payments?find=%00nothing": "find",
    }
    for address, said in pages.items():
        assert said in (await desk.get(address)).text, address
    assert (await desk.post("/operator/checks")).headers["location"] == "/operator"
    assert (await desk.post(f"/operator/inbox/{event.id}")).headers["location"].endswith("?handled=handled")
    assert (await desk.post(f"/operator/transfers/{row.id}", reason="on both")).status_code == 303
    await desk.stage.settle()
    assert ">reversed</span>" in (await desk.get(f"/operator/transfers/{row.id}")).text


async def test_a_database_without_tables_is_a_sentence_and_a_way_on() -> None:
    stage = await Stage.open("sqlite+aiosqlite:///:memory:")
    async with stage.database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE webhook_events")
    async with open_desk(stage) as desk:
        desk.sign_in()
        answer = await desk.get("/operator/inbox")
    await stage.close()
    assert answer.status_code == 503
    assert "The database has no tables yet: run `veza migrate`. Nothing was changed." in answer.text
    assert 'href="/operator/inbox"' in answer.text
