"""What is assembled while it is sent, by a real server: the right bytes from files and from a store without files."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import factories
from tests.waiting import until
from veza.http.assembled_answers import FilePart, answer_assembled
from veza.http.file_answers import Representation
from veza.http.headers import SafeHeaders
from veza.http.serving import listen, serving
from veza.kit.objects import Objects

SIZES = (3_000_001, 0, 1, 2_000_000)
HEAD = b"[head]"
FILES = [random.Random(size).randbytes(size) for size in SIZES]
WHOLE = b"".join(HEAD + one for one in FILES)
CHANGED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Assembled:
    """ASGI application: a head before each file, as in an archive."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        what = Representation(len(WHOLE), '"all"', CHANGED_AT, "application/zip", self._read)
        await answer_assembled(scope, receive, send, what, self._pieces)

    def _pieces(self, start: int, end: int) -> Iterator[bytes | FilePart]:
        begin = 0
        for number, size in enumerate(SIZES):
            if piece := HEAD[max(0, start - begin) : max(0, end - begin)]:
                yield piece
            content = begin + len(HEAD)
            first, last = max(0, start - content), min(size, end - content)
            if first < last:
                read = partial(self._objects.chunks, str(number))
                yield FilePart(read, self._objects.local_path(str(number)), size, first, last)
            begin = content + size

    async def _read(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        raise AssertionError("the server has the extension")
        yield b""  # pragma: no cover


@asynccontextmanager
async def assembled(objects: Objects) -> AsyncIterator[httpx.AsyncClient]:
    for number, content in enumerate(FILES):
        await objects.put(str(number), content)
    async with (
        serving(SafeHeaders(Assembled(objects), always_tls=False), listen("127.0.0.1", 0)) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):
        yield client


@pytest.fixture(params=["folder", "store without files"])
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    objects = Objects.in_folder(tmp_path) if request.param == "folder" else factories.objects()
    async with assembled(objects) as client:
        yield client


async def test_the_whole_and_every_range_are_those_bytes(client: httpx.AsyncClient) -> None:
    whole, chance = await client.get("/"), random.Random(8)
    assert (whole.status_code, int(whole.headers["content-length"])) == (200, len(WHOLE))
    assert whole.content == WHOLE
    for _ in range(30):
        start = chance.randrange(len(WHOLE))
        end = chance.randrange(start, min(len(WHOLE), start + 500_000)) + 1
        part = await client.get("/", headers={"Range": f"bytes={start}-{end - 1}"})
        assert (part.status_code, part.content) == (206, WHOLE[start:end])


async def test_heads_and_conditions_send_no_body(client: httpx.AsyncClient) -> None:
    head = await client.head("/")
    assert (head.headers["content-length"], head.content) == (str(len(WHOLE)), b"")
    assert (await client.get("/", headers={"If-None-Match": '"all"'})).status_code == 304
    past = await client.get("/", headers={"Range": f"bytes={len(WHOLE)}-"})
    assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{len(WHOLE)}")


async def test_a_file_that_was_cut_closes_the_answer(tmp_path: Path) -> None:
    async with assembled(Objects.in_folder(tmp_path)) as client:
        os.truncate(tmp_path / "3", 1_000)
        assert (await client.get("/", headers={"Range": "bytes=0-99"})).content == WHOLE[:100]
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_a_client_that_leaves_leaves_no_file_open(tmp_path: Path) -> None:
    def open_files() -> int:
        there = (Path("/proc/self/fd") / one for one in os.listdir("/proc/self/fd"))
        return sum(str(os.path.realpath(one)).startswith(str(tmp_path)) for one in there)

    async with assembled(Objects.in_folder(tmp_path)) as client:
        port = client.base_url.port
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: veza\r\n\r\n")
            assert await reader.readexactly(1_000)
            writer.close()
        await until(lambda: open_files() == 0, lambda: f"{open_files()} open files to be closed")
