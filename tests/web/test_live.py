"""The live stream: who is told of what, after a lost line too, and when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, expect
from sqlalchemy import update

from tests.browsers import chromium
from tests.statements import counted
from tests.web.live_site import LiveSite, asking
from veza.accounts import roles, sessions
from veza.accounts.permissions import Role
from veza.http.session_cookies import SESSION_COOKIE
from veza.kit.clock import ManualClock
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext
from veza.money import breaker, findings
from veza.money.breaker import ProviderBreaker
from veza.money.findings import FindingKind
from veza.settings import Settings
from veza.web import live
from veza.web.live import MOST_PER_PERSON
from veza.web.live_topics import TOPICS

__all__ = ["chromium"]


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[LiveSite]:
    """Without workers: nothing changes but by the test."""
    database = Database.open(sqlite_url, clock=clock)
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path), clock, database)
    async with database.write("test") as session:
        await breaker.install(session)
    await site.start()
    yield site
    await site.stop()
    await database.close()


async def test_a_person_is_told_of_their_own_sound_and_after_a_lost_line_of_what_they_missed(site: LiveSite) -> None:
    owner, cookie = await site.person(Role.ARTIST)
    _, other = await site.person()
    track, version = await site.sound(owner)
    async with site.listening(cookie) as mine, site.listening(other) as theirs:
        begun, of_other = await mine.next(), await theirs.next()
        assert begun is not None
        assert json.loads(begun.data) == []
        await site.take_back(version)
        told = await mine.next()
        assert told is not None
        assert json.loads(told.data) == ["sound"]
        assert told.id != begun.id
    again = await site.send(track)
    async with site.listening(cookie, told.id) as mine:
        missed = await mine.next()
        assert missed is not None
        assert json.loads(missed.data) == ["sound"]
        await site.take_back(again)
        assert (await mine.next()) is not None
    # All is as it was when the id was told: nothing is new, though it was another in between.
    assert of_other is not None
    for who, last_id in ((cookie, told.id), (other, of_other.id)):
        async with site.listening(who, last_id) as one:
            heard = await one.next()
            assert heard is not None
            assert json.loads(heard.data) == []


async def test_who_may_see_the_money_is_told_of_what_waits_and_no_other_person(site: LiveSite) -> None:
    _, operator = await site.person(Role.ADMIN)
    _, listener = await site.person()
    async with site.listening(operator) as one, site.listening(listener) as other:
        seen, unseen = await one.next(), await other.next()
    assert seen is not None
    assert unseen is not None
    assert ("money=" in seen.id, "money=" in unseen.id) == (True, False)


async def test_what_the_overview_shows_beside_the_backlog_is_told_as_well(site: LiveSite) -> None:
    _, operator = await site.person(Role.ADMIN)
    missing = gettext("missing")
    async with site.listening(operator) as stream:
        await stream.next()
        for move in (
            lambda session: findings.report(session, FindingKind.LAW_BROKEN, "payment 1", missing, mend=missing),
            lambda session: session.execute(update(ProviderBreaker).values(state="half_open")),
            lambda session: findings.resolve(session, FindingKind.LAW_BROKEN, "payment 1"),
        ):
            async with site.database.write("test") as session:
                await move(session)
            heard = await stream.next()
            assert heard is not None
            assert json.loads(heard.data) == ["money"]


async def test_the_overview_is_asked_for_when_money_moves_and_rarely_else(site: LiveSite, chromium: Browser) -> None:
    _, cookie = await site.person(Role.ADMIN)
    context = await chromium.new_context(base_url=site.url)
    await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": site.url}])
    page = await context.new_page()
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one) if "/operator?" in one.url else None)
    async with context.expect_event("response", lambda one: one.url.endswith("/live")):
        await page.goto("/operator")
    await expect(page.locator("#vitals h1")).to_contain_text("Nothing needs you.")
    # The first look comes by itself; while the stream is there the next one is far away.
    async with page.expect_request(lambda one: "/operator?" in one.url):
        pass
    async with site.database.write("test") as session:
        await findings.report(session, FindingKind.LAW_BROKEN, "payment 1", gettext("missing"), mend=gettext("missing"))
    await expect(page.locator("#vitals h1")).to_contain_text("1 finding needs you.", timeout=10_000)
    assert len(asked) <= 2
    await context.close()


async def test_who_may_see_the_money_no_longer_is_told_of_it_no_longer(site: LiveSite) -> None:
    await site.person(Role.ADMIN)
    dismissed, cookie = await site.person(Role.ADMIN)
    async with site.listening(cookie) as one:
        before = await one.next()
        async with site.database.write("test") as session:
            await roles.take(session, dismissed, Role.ADMIN)
        after = await one.next()
    assert before is not None
    assert after is not None
    assert ("money=" in before.id, "money=" in after.id, json.loads(after.data)) == (True, False, [])


async def test_a_stream_ends_as_its_session_does_and_a_visitor_has_none(site: LiveSite) -> None:
    _, cookie = await site.person()
    _, idle = await site.person()
    async with site.listening(cookie) as signed_out:
        await signed_out.next()
        async with site.database.write("test") as session:
            await sessions.end_secret(session, cookie)
        ended = await signed_out.next()
        assert ended is not None
        assert ended.name == "end"
        assert await signed_out.next() is None
    async with site.listening(idle) as expired:
        await expired.next()
        site.clock.advance(timedelta(days=15))  # type: ignore[attr-defined]
        ended = await expired.next()
        assert ended is not None
        assert ended.name == "end"
    async with httpx.AsyncClient(base_url=site.url) as client:
        for who in (None, cookie):
            assert (await client.get("/live", headers=asking(who))).status_code == 401


async def test_a_person_has_few_streams_which_ask_the_database_together_once_a_second(
    site: LiveSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT", timedelta(milliseconds=50))
    _, cookie = await site.person()
    assert site.veza is not None
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(site.listening(cookie)) for _ in range(MOST_PER_PERSON)]
        for one in streams:
            await one.next()
        async with httpx.AsyncClient(base_url=site.url) as client:
            assert (await client.get("/live", headers=asking(cookie))).status_code == 429
        begun = asyncio.get_running_loop().time()
        with counted(site.veza.database) as statements:
            # While nothing changes, a line now and then keeps proxies from closing it.
            beats = [await streams[0].next() for _ in range(20)]
            seconds = asyncio.get_running_loop().time() - begun
        assert len([one for one in beats if one and one.comment]) > 15
        asked = [one for one in statements if "FROM sessions" in one]
        assert len(asked) <= seconds + 1
    async with site.listening(cookie) as one:
        assert await one.next() is not None


async def test_a_database_that_was_away_for_a_moment_is_asked_again(
    site: LiveSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, cookie = await site.person(Role.ARTIST)
    _, version = await site.sound(owner)
    away = [True]

    async def read(session: Session, people: Collection[UUID]) -> Mapping[UUID, str]:
        if away and away.pop():
            raise DatabaseUnavailable
        return await TOPICS["sound"].read(session, people)

    monkeypatch.setattr(live, "TOPICS", {"sound": replace(TOPICS["sound"], read=read)})
    async with site.listening(cookie) as stream:
        begun = await stream.next()
        assert begun is not None
        assert away == []
        await site.take_back(version)
        told = await stream.next()
        assert told is not None
        assert json.loads(told.data) == ["sound"]


async def test_a_server_that_stops_ends_its_streams_at_once(site: LiveSite) -> None:
    _, cookie = await site.person()
    async with site.listening(cookie) as stream:
        await stream.next()
        async with asyncio.timeout(live.BEAT.total_seconds()):
            stopping = asyncio.create_task(site.stop())
            assert await stream.next() is None
            await stopping
    await site.start()


async def test_two_tabs_share_a_stream_and_both_are_right_after_the_server_was_away(
    site: LiveSite, chromium: Browser
) -> None:
    owner, cookie = await site.person(Role.ARTIST)
    track, version = await site.sound(owner)
    context = await chromium.new_context(base_url=site.url)
    await context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": site.url}])
    streams: list[Request] = []
    context.on("request", lambda one: streams.append(one) if one.url.startswith(f"{site.url}/live") else None)
    first, second = await context.new_page(), await context.new_page()
    async with context.expect_event("response", lambda one: one.url.endswith("/live")):
        await first.goto(f"/studio/tracks/{track}")
    await second.goto(f"/studio/tracks/{track}")
    for page in (first, second):
        await page.evaluate("window.stays = true")
        await expect(page.locator("#made td .state")).to_have_text("waits")
    await site.take_back(version)
    for page in (first, second):
        await shows(page, "taken back")
    await site.notify(owner)
    for page in (first, second):
        await expect(page.get_by_role("link", name="News, 1 notice unread")).to_be_visible(timeout=30_000)
        assert await page.evaluate("window.stays")
    assert len(streams) == 1
    await site.stop()
    again = await site.send(track)
    await site.start()
    for page in (first, second):
        await shows(page, "waits")
    # The tab that held the stream is closed: the other takes it over.
    await first.close()
    await site.take_back(again)
    await expect(second.locator("#made td .state").nth(1)).to_have_text("taken back", timeout=30_000)
    assert await second.evaluate("window.stays")
    await context.close()


async def shows(page: Page, state: str) -> None:
    """The newest file is in that state, on the page as it was loaded."""
    await expect(page.locator("#made td .state").first).to_have_text(state, timeout=30_000)
    assert await page.evaluate("window.stays")
