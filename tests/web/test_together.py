"""Equal requests are answered together, and none with what is older than itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar import Response
from litestar.types import HTTPScope
from sqlalchemy import update

from tests import factories
from tests.client import http_client
from tests.statements import counted
from veza.app import Veza, build
from veza.catalog.releases import Release
from veza.http.requests import DoorRequest
from veza.kit.clock import ManualClock
from veza.settings import Settings
from veza.web.together import Together

WAVE = 60


@pytest.fixture
async def veza(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Veza]:
    one = build(Settings(database_url=sqlite_url, var_dir=tmp_path), clock=clock)
    yield one
    await one.close()


@pytest.fixture
async def browser(veza: Veza) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(veza.asgi, headers={"Accept": "text/html"}) as one:
        yield one


async def release_of(veza: Veza) -> str:
    artist = await factories.artist(veza.database)
    release, _ = await factories.release(veza.database, artist, title="Before")
    return f"/releases/{release}"


def asked(headers: dict[str, str] | None = None, path: str = "/tracks", query: bytes = b"") -> DoorRequest:
    told = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {"type": "http", "method": "GET", "raw_path": path.encode(), "query_string": query, "headers": told}
    kept: HTTPScope = scope  # type: ignore[assignment]  # what is asked about, and no more
    return DoorRequest(kept)


async def test_a_wave_of_link_previews_costs_two_renderings(veza: Veza, browser: httpx.AsyncClient) -> None:
    address = await release_of(veza)
    await browser.get(address)
    with counted(veza.database) as alone:
        await browser.get(address)
    with counted(veza.database) as together:
        answers = await asyncio.gather(
            *(browser.get(address, headers={"User-Agent": f"preview {number}"}) for number in range(WAVE))
        )
    assert {(one.status_code, one.text.count("Before") > 0) for one in answers} == {(200, True)}
    assert len(together) <= 2 * len(alone)


async def test_what_was_changed_before_a_request_is_in_its_answer(veza: Veza, browser: httpx.AsyncClient) -> None:
    address = await release_of(veza)
    wave = [asyncio.create_task(browser.get(address)) for _ in range(WAVE)]
    await asyncio.sleep(0)
    async with veza.database.write("test") as session:
        await session.execute(update(Release).values(title="After"))
    later = await browser.get(address)
    await asyncio.gather(*wave)
    assert "After" in later.text


async def test_a_request_joins_only_what_has_not_begun_when_it_comes() -> None:
    together, go, has_begun, begun = Together(), asyncio.Event(), asyncio.Event(), 0

    async def make() -> Response[int]:
        nonlocal begun
        begun += 1
        mine = begun
        has_begun.set()
        await go.wait()
        return Response(mine)

    first = asyncio.create_task(together.answer(asked(), make))
    await has_begun.wait()
    later = [asyncio.create_task(together.answer(asked(), make)) for _ in range(5)]
    later[0].cancel()
    go.set()
    answers = await asyncio.gather(first, *later, return_exceptions=True)
    assert [one.content for one in answers if isinstance(one, Response)] == [1, 2, 2, 2, 2]
    assert begun == 2


@pytest.mark.parametrize(
    "other",
    [
        asked({"cookie": "a=2"}), asked({"cookie": "a=1", "accept-language": "fr"}), asked({}, path="/releases"),
        asked({"cookie": "a=1"}, query=b"page=2"), asked({"cookie": "a=1", "hx-request": "true"}),
        asked({"cookie": "a=1", "authorization": "Bearer x"}), asked({"cookie": "a=1", "x-new-to-us": "1"}),
    ],
)  # fmt: skip
async def test_requests_that_could_be_answered_otherwise_are_not_equal(other: DoorRequest) -> None:
    together, made = Together(), 0

    async def make() -> Response[int]:
        nonlocal made
        made += 1
        return Response(made)

    one = asked({"cookie": "a=1"})
    await asyncio.gather(together.answer(one, make), together.answer(other, make), together.answer(one, make))
    assert made == 2


async def test_a_failure_is_told_to_each_and_the_next_request_is_answered_anew() -> None:
    together, fails = Together(), True

    async def make() -> Response[str]:
        await asyncio.sleep(0)
        if fails:
            raise LookupError
        return Response("there")

    told = await asyncio.gather(*(together.answer(asked(), make) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [LookupError] * 3
    fails = False
    assert (await together.answer(asked(), make)).content == "there"
