"""The page and the operations of one's ListenBrainz account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.listenbrainz_server import ListenBrainzServer, Says, listenbrainz_server
from tests.web.pages.whole import Reader, Whole
from veza.app import build
from veza.kit.clock import ManualClock
from veza.kit.worker import run_once
from veza.settings import Settings
from veza.streaming.scrobbles import ListenBrainzAccount

HERE = "/account/listenbrainz"
API = "/api/v1/me/listenbrainz"


@pytest.fixture
async def server() -> AsyncIterator[ListenBrainzServer]:
    async with listenbrainz_server() as server:
        yield server


async def opened(sqlite_url: str, clock: ManualClock, folder: Path, **more: Any) -> Whole:
    return Whole(build(Settings(database_url=sqlite_url, var_dir=folder / "var", **more), clock=clock), clock)


@pytest.fixture
async def whole(
    sqlite_url: str, clock: ManualClock, tmp_path: Path, server: ListenBrainzServer
) -> AsyncIterator[Whole]:
    whole = await opened(sqlite_url, clock, tmp_path, listenbrainz_url=server.url)
    yield whole
    for one in whole.opened:
        await one.aclose()
    await whole.veza.close()


async def of_api(reader: Reader, method: str = "GET", key: str = "a", **sent: Any) -> tuple[int, Any]:
    more: dict[str, Any] = {"json": sent} if sent else {}
    headers = {"Idempotency-Key": key, "Sec-Fetch-Site": "same-origin"}
    answer = await reader.client.request(method, API, headers=headers, **more)
    return answer.status_code, answer.json() if answer.content else None


async def test_an_account_is_connected_shown_and_disconnected_and_its_token_is_in_no_page(whole: Whole) -> None:
    reader = await whole.reader()
    page = await reader.open(HERE)
    assert "Nothing is sent unless you connect it" in page.text
    page = await reader.send(page, HERE, user_token="wrong-token")
    assert (page.status, "does not know this token" in page.text, "wrong-token" in page.html) == (422, True, False)
    page = await reader.send(page, HERE, user_token="  good-token\n")
    assert page.toast == "What you hear from now on is sent."
    assert "Connected as mara_lind" in page.text
    assert "Nothing was sent yet." in page.text
    assert "good-token" not in page.html
    page = await reader.send(page, f"{HERE}/end")
    assert page.toast == "Nothing more is sent, and the token is deleted."
    assert "Connected as" not in page.text


async def test_the_page_says_why_listens_wait_and_when_a_token_was_refused(
    whole: Whole, server: ListenBrainzServer
) -> None:
    reader = await whole.reader()
    await reader.send(await reader.open(HERE), HERE, user_token="good-token")
    worker = whole.veza.modules.streaming.scrobble_worker
    assert worker is not None
    assert await run_once(worker) == 1
    facts = {"problem_id": "it answered {status}", "problem_fields": {"status": 500}}
    async with whole.database.write("test") as session:
        await session.execute(update(ListenBrainzAccount).values(last_sent_at=session.now, **facts))
    page = await reader.open(HERE)
    assert "The last try failed: it answered 500." in page.text
    assert "Last sent" in page.text
    assert (await of_api(reader))[1]["problem"] == "it answered 500"
    async with whole.database.write("test") as session:
        await session.execute(update(ListenBrainzAccount).values(refused_at=session.now))
    assert "The token was refused" in (await reader.open(HERE)).text
    assert not (await of_api(reader))[1]["is_sending"]
    async with whole.database.write("test") as session:
        await session.execute(update(ListenBrainzAccount).values(api_url="https://elsewhere.test"))
    assert "sends listens to another server now" in (await reader.open(HERE)).text


async def test_a_server_that_does_not_answer_is_named(whole: Whole, server: ListenBrainzServer) -> None:
    reader = await whole.reader()
    server.next.append(Says(500))
    page = await reader.send(await reader.open(HERE), HERE, user_token="good-token")
    assert (page.status, "could not be asked (it answered 500)" in page.text) == (503, True)
    assert "good-token" not in page.html


async def test_programs_do_the_same(whole: Whole) -> None:
    reader, stranger = await whole.reader(), whole.visitor()
    nothing = {"is_sending": False, "last_sent_at": None, "problem": None, "waiting": 0}
    assert await of_api(reader) == (200, {"is_connected": False, "user_name": "", **nothing})
    status, said = await of_api(reader, "PUT", user_token="wrong-token")
    assert (status, "does not know this token" in str(said["errors"])) == (400, True)
    status, said = await of_api(reader, "PUT", user_token="good-token")
    assert (status, said["user_name"], said["is_sending"], "good-token" in str(said)) == (200, "mara_lind", True, False)
    assert (await of_api(reader, "PUT", user_token="good-token"))[0] == 409
    assert await of_api(reader, "DELETE", key="b") == (204, None)
    assert not (await of_api(reader))[1]["is_connected"]
    assert (await of_api(stranger))[0] == 401


async def test_where_the_operator_switched_it_off_nothing_is_connected(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    whole = await opened(sqlite_url, clock, tmp_path, listenbrainz_enabled=False)
    reader = await whole.reader()
    page = await reader.open(HERE)
    assert "This site sends no listens to other services." in page.text
    assert [one.action for one in page.forms if one.action.startswith(HERE)] == []
    assert (await of_api(reader, "PUT", user_token="good-token"))[0] == 403
    assert whole.veza.modules.streaming.scrobble_worker is None
    for one in whole.opened:
        await one.aclose()
    await whole.veza.close()
