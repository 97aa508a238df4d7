"""The overview: the backlog, the breaker, the findings, the inbox and the books, as the rows have them."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import update

from tests.client import text_of
from tests.money.acts import REVERSING
from tests.web.conftest import Desk
from veza.kit.messages import verbatim
from veza.money import backlog, findings
from veza.money.breaker import ProviderBreaker
from veza.money.findings import FindingKind
from veza.money.webhook_inbox import WebhookEvent


async def test_with_nothing_waiting_it_says_so_and_what_to_do(desk: Desk) -> None:
    page = text_of((await desk.get("/operator")).text)
    assert "Nothing waits: every refund, transfer and reversal is done." in page
    assert "No samples in this time." in page
    assert "Nothing needs you." in page
    assert "Webhook inbox no lag" in page
    assert "no violation known" in page


async def test_the_backlog_has_rows_amounts_per_currency_and_the_oldest_age(desk: Desk) -> None:
    await desk.given_up(amount_minor=1000)
    desk.stage.clock.advance(timedelta(hours=2))
    await desk.given_up("ben", 500)
    payment_id = await desk.stage.sold([("ben", 3000)], currency="USD")
    desk.stage.sandbox.add_fault("error_503", path=REVERSING)
    await desk.stage.refund(payment_id, 1000, currency="USD")
    await desk.stage.settle()
    desk.stage.clock.advance(timedelta(minutes=-1))
    page = text_of((await desk.get("/operator")).text)
    assert "transfer permanently failed 2 13.50 EUR" in page
    assert "reversal permanently failed 2 13.50 EUR 1 h 59 min ago" in page
    assert "transfer reversal pending 1 27.00 USD" in page
    assert "reversal pending 1 9.00 USD" in page


async def test_a_sample_shows_in_the_chart_by_rows_amount_and_age(desk: Desk) -> None:
    await desk.given_up(amount_minor=1000)
    desk.stage.clock.advance(timedelta(minutes=30))
    await backlog.sample(desk.stage.database)
    assert "Transfers to sellers, past 1 hour: " in (await desk.get("/operator")).text
    by_rows = (await desk.get("/operator?range=24h")).text
    assert "Transfers to sellers, past 24 hours: " in by_rows
    assert "permanently failed last 1, at most 1" in by_rows
    assert re.search(r'<path class="band s-transfer-permanently_failed" d="M143 0h1v100h-1z"/>', by_rows)
    amounts = (await desk.get("/operator?range=7d&show=EUR")).text
    assert "permanently failed last 9.00 EUR, at most 9.00 EUR" in amounts
    ages = (await desk.get("/operator?range=1h&show=age")).text
    assert "permanently failed last 30 min, at most 30 min" in ages
    assert 'class="line s-transfer-permanently_failed" d="M29 0h1"' in ages
    for nonsense in ("range=9y", "show=XXX", "range=&show="):
        assert (await desk.get(f"/operator?{nonsense}")).status_code == 200


async def test_with_more_than_an_hour_of_history_a_day_is_shown_unless_asked_otherwise(desk: Desk) -> None:
    await backlog.sample(desk.stage.database)
    desk.stage.clock.advance(timedelta(minutes=61))
    await backlog.sample(desk.stage.database)
    assert "Transfers to sellers, past 24 hours: " in (await desk.get("/operator")).text
    assert "Transfers to sellers, past 1 hour: " in (await desk.get("/operator?range=1h")).text


async def test_a_new_sample_is_seen_by_the_next_look(desk: Desk) -> None:
    await backlog.sample(desk.stage.database)
    assert "nothing waited" in (await desk.get("/operator")).text
    await desk.given_up()
    desk.stage.clock.advance(timedelta(seconds=1))
    await backlog.sample(desk.stage.database)
    assert "permanently failed last 1, at most 1" in (await desk.get("/operator")).text


async def test_an_open_breaker_says_why_since_when_and_when_it_probes(desk: Desk) -> None:
    now = desk.stage.clock.now()
    opened = {"state": "open", "because_id": "silence on 5 rows in a row", "opened_at": now - timedelta(minutes=12)}
    await _set_breaker(desk, **opened, probe_at=now + timedelta(minutes=3))
    page = text_of((await desk.get("/operator")).text)
    for said in ("open", "Requests are held back", "silence on 5 rows in a row", "Opened 12 min ago", "in 3 min"):
        assert said in page, said
    await _set_breaker(desk, probe_at=now - timedelta(seconds=1))
    assert "Next probe with the next due row" in text_of((await desk.get("/operator")).text)
    await _set_breaker(desk, state="half_open", ramp=4)
    assert "In flight at once 4, doubling to 32" in text_of((await desk.get("/operator")).text)
    await _set_breaker(desk, state="closed", streak=[{"kind": "reversal", "id": "1"}, {"kind": "reversal", "id": "2"}])
    assert "2 rows in a row failed at the provider" in text_of((await desk.get("/operator")).text)


async def test_findings_are_counted_the_newest_shown_and_all_of_them_listed(desk: Desk) -> None:
    async with desk.stage.database.write("test") as session:
        for nth in range(7):
            await findings.report(
                session,
                FindingKind.SURPLUS,
                f"transfer {nth}",
                verbatim(f"message {nth}"),
                mend=verbatim(f"mend {nth}"),
            )
        await findings.resolve(session, FindingKind.SURPLUS, "transfer 3")
    overview = text_of((await desk.get("/operator")).text)
    assert "6 findings need you." in overview
    assert [n for n in range(7) if f"message {n}" in overview] == [1, 2, 4, 5, 6]
    still_open = text_of((await desk.get("/operator/findings")).text)
    assert "What would mend it: mend 0" in still_open
    assert "message 3" not in still_open
    assert "message 3" in text_of((await desk.get("/operator/findings?show=all")).text)


async def test_without_findings_the_page_says_how_to_look_for_some(desk: Desk) -> None:
    assert "veza money reconcile" in (await desk.get("/operator/findings")).text
    assert "Nothing was ever found" in (await desk.get("/operator/findings?show=all")).text


async def test_the_inbox_lag_is_the_age_of_the_oldest_event_not_handled(desk: Desk) -> None:
    await desk.stage.sold([("anna", 100)])
    event = (await desk.stage.all(WebhookEvent))[0]
    async with desk.stage.database.write("test") as session:
        await session.execute(update(WebhookEvent).where(WebhookEvent.id == event.id).values(state="received"))
    desk.stage.clock.advance(timedelta(minutes=7))
    page = text_of((await desk.get("/operator")).text)
    assert "Webhook inbox 7 min" in page
    assert "1 webhook waits" in page


async def test_the_books_are_checked_on_demand(desk: Desk) -> None:
    await desk.given_up()
    await desk.stage.sold([("ben", 100)])
    answer = await desk.post("/operator/checks")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator")
    assert "2 payments were checked just now; all books balance." in text_of((await desk.get("/operator")).text)


async def _set_breaker(desk: Desk, **values: object) -> None:
    async with desk.stage.database.write("test") as session:
        await session.execute(update(ProviderBreaker).values(**values))
