"""Ranges and preconditions: the table of RFC 9110 through Litestar; clients that leave or are slow, through uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get

from tests import factories
from tests.client import http_client
from tests.waiting import until
from veza.http.file_answers import Representation, answer_range
from veza.http.head import HeadAsGet
from veza.http.problem_answers import exception_handlers
from veza.http.ranges import Read, spans_of
from veza.http.requests import DoorRequest
from veza.http.served_answers import ServedResponse
from veza.http.serving import listen, serving
from veza.kit.objects import Objects

BODY = bytes(range(256)) * 4
SIZE = len(BODY)
ETAG = '"v7"'
CHANGED_AT = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
CHANGED, BEFORE, AFTER = (f"Sun, 01 Mar 2026 {time} GMT" for time in ("12:00:00", "11:59:59", "12:00:01"))


@dataclass
class Kept:
    """What is served, and how it was read."""

    body: bytes = BODY
    missing: int = 0
    chunk_bytes: int = 100
    reads: list[tuple[int, int]] = field(default_factory=list)
    chunks: int = 0
    closed: int = 0

    async def read(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        self.reads.append((start, end))
        try:
            while start < min(end, len(self.body) - self.missing):
                until_byte = min(start + self.chunk_bytes, end, len(self.body) - self.missing)
                self.chunks += 1
                yield self.body[start:until_byte]
                start = until_byte
        finally:
            self.closed += 1


def app_of(length: int, read: Read) -> Any:
    headers = {"Cache-Control": "private, max-age=60"}
    what = Representation(length, ETAG, CHANGED_AT, "audio/mp4", read, headers=headers)

    @get("/sound")
    async def sound() -> ServedResponse:
        return ServedResponse(partial(answer_range, what=what))

    handlers = exception_handlers(lambda *_: None)
    litestar = Litestar(
        [sound], request_class=DoorRequest, exception_handlers=handlers, openapi_config=None, logging_config=None
    )
    return HeadAsGet(litestar)


async def ask(kept: Kept, method: str = "GET", /, **fields: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    async with http_client(app_of(len(kept.body), kept.read)) as client:
        return await client.request(method, "/sound", headers=headers)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1), ("bytes=0-99", 0, 100), ("bytes=100-299", 100, 300), ("bytes=1000-", 1000, SIZE),
        ("bytes=0-", 0, SIZE), ("bytes=1023-1023", 1023, SIZE), ("bytes=1000-5000", 1000, SIZE),
        ("bytes=0-99999999999999999999999999999999999999", 0, SIZE), ("bytes=00000000000000000000000000010-19", 10, 20),
        ("bytes=-1", 1023, SIZE), ("bytes=-24", 1000, SIZE), ("bytes=-1024", 0, SIZE), ("bytes=-99999", 0, SIZE),
        ("BYTES=5-9", 5, 10), ("bytes= 5-9 ", 5, 10), ("bytes=,5-9,,", 5, 10),
        # Several that make one: overlapping, touching, in any order, and one alone that there is any of.
        ("bytes=0-9,5-19", 0, 20), ("bytes=10-19, 0-9", 0, 20), ("bytes=0-9,10-", 0, SIZE),
        ("bytes=-4,1000-", 1000, SIZE), ("bytes=5-9,2000-3000", 5, 10), ("bytes=3-4,-0", 3, 5),
        ("bytes=1-8,2-3,4-5", 1, 9),
    ],
)  # fmt: skip
async def test_a_range_is_answered_with_that_part_alone(asked: str, start: int, end: int) -> None:
    kept = Kept()
    answer = await ask(kept, range=asked)
    assert (answer.status_code, answer.content) == (206, BODY[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)
    assert_told(answer)
    assert kept.reads == [(start, end)]
    assert kept.closed == 1


def assert_told(answer: httpx.Response) -> None:
    told = {name: answer.headers[name] for name in ("etag", "last-modified", "accept-ranges", "cache-control")}
    assert told == {
        "etag": ETAG, "last-modified": CHANGED, "accept-ranges": "bytes", "cache-control": "private, max-age=60"
    }  # fmt: skip
    assert answer.headers.get("content-type", "audio/mp4") == "audio/mp4"


@pytest.mark.parametrize(
    "asked",
    [
        "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2-3", "bytes=5-4",
        "bytes=0-1,5-4", "bytes=--1", "bytes=+1-2", "bytes=1 - 2", "bytes=0x1-2", "bytes=1.5-2", "bytes=٣-٤",
        "items=0-1", "seconds=1-2", "bytes=0-1;2-3", "bytes 0-1", "bytes=0-1, x",
        # Several that stay several: no multipart, but the whole.
        "bytes=0-0,-1", "bytes=0-9,20-29", "bytes=5-9,1000-",
    ],
)  # fmt: skip
async def test_what_is_no_range_or_several_is_answered_with_the_whole(asked: str) -> None:
    headers = [(b"range", asked.encode())]  # as bytes: one is not ASCII
    async with http_client(app_of(SIZE, Kept().read)) as client:
        answer = await client.get("/sound", headers=headers)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-length"] == str(SIZE)
    assert "content-range" not in answer.headers
    assert_told(answer)


async def test_two_fields_of_ranges_are_none() -> None:
    async with http_client(app_of(SIZE, Kept().read)) as client:
        answer = await client.get("/sound", headers=[("range", "bytes=0-1"), ("range", "bytes=2-3")])
    assert (answer.status_code, answer.content) == (200, BODY)


@pytest.mark.parametrize(
    "asked",
    ["bytes=1024-", "bytes=1024-1030", "bytes=5000-,9000-9001", "bytes=-0", "bytes=" + "9" * 5_000 + "-"],
    ids=lambda asked: asked[:24],
)
async def test_a_range_that_there_is_nothing_of_is_told_the_length(asked: str) -> None:
    kept = Kept()
    answer = await ask(kept, range=asked)
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"
    assert kept.reads == []


async def test_of_what_is_empty_the_end_is_empty_and_no_byte_is_there() -> None:
    for method in ("GET", "HEAD"):
        whole = await ask(Kept(b""), method)
        assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, b"", "0")
    assert (await ask(Kept(b""), range="bytes=-5")).status_code == 200
    first = await ask(Kept(b""), range="bytes=0-")
    assert (first.status_code, first.headers["content-range"]) == (416, "bytes */0")


async def test_thousands_of_ranges_are_one_answer_at_once() -> None:
    assert spans_of("bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 20_000)), 100_000) == [(0, 20_001)]
    assert len(spans_of("bytes=" + ",".join(f"{n}-{n}" for n in range(20_000, 0, -2)), 100_000) or []) == 10_000


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        # If-Match: a strong comparison, before everything else.
        ({"if_match": ETAG}, 200), ({"if_match": "*"}, 200), ({"if_match": f'"a", {ETAG}'}, 200),
        ({"if_match": '"v6"'}, 412), ({"if_match": f"W/{ETAG}"}, 412), ({"if_match": "v7"}, 412),
        ({"if_match": ETAG, "range": "bytes=0-1"}, 206), ({"if_match": '"v6"', "range": "bytes=0-1"}, 412),
        ({"if_match": '"v6"', "if_none_match": ETAG}, 412), ({"if_match": ETAG, "if_none_match": ETAG}, 304),
        # If-Unmodified-Since: only without If-Match.
        ({"if_unmodified_since": CHANGED}, 200), ({"if_unmodified_since": AFTER}, 200),
        ({"if_unmodified_since": BEFORE}, 412), ({"if_unmodified_since": "yesterday"}, 200),
        ({"if_unmodified_since": BEFORE, "if_match": ETAG}, 200),
        ({"if_unmodified_since": BEFORE, "range": "bytes=0-1"}, 412),
        # If-None-Match: a weak comparison.
        ({"if_none_match": ETAG}, 304), ({"if_none_match": f"W/{ETAG}"}, 304), ({"if_none_match": "*"}, 304),
        ({"if_none_match": f'"v6",{ETAG}'}, 304), ({"if_none_match": '"v6"'}, 200), ({"if_none_match": "v7"}, 200),
        ({"if_none_match": '"v"'}, 200), ({"if_none_match": ETAG, "range": "bytes=0-1"}, 304),
        ({"if_none_match": '"v6"', "range": "bytes=0-1"}, 206),
        # If-Modified-Since: only without If-None-Match.
        ({"if_modified_since": CHANGED}, 304), ({"if_modified_since": AFTER}, 304),
        ({"if_modified_since": BEFORE}, 200), ({"if_modified_since": "2026-03-01"}, 200),
        ({"if_modified_since": "Sunday, 01-Mar-26 12:00:00 GMT"}, 304),
        ({"if_modified_since": "Sun Mar  1 12:00:00 2026"}, 304),
        ({"if_modified_since": AFTER, "if_none_match": '"v6"'}, 200),
        ({"if_modified_since": BEFORE, "if_none_match": ETAG}, 304),
        ({"if_modified_since": CHANGED, "range": "bytes=0-1"}, 304),
        # If-Range: a strong comparison, or the very date; false ones make the range go.
        ({"if_range": ETAG, "range": "bytes=0-1"}, 206), ({"if_range": '"v6"', "range": "bytes=0-1"}, 200),
        ({"if_range": f"W/{ETAG}", "range": "bytes=0-1"}, 200), ({"if_range": CHANGED, "range": "bytes=0-1"}, 206),
        ({"if_range": AFTER, "range": "bytes=0-1"}, 200), ({"if_range": BEFORE, "range": "bytes=0-1"}, 200),
        ({"if_range": "*", "range": "bytes=0-1"}, 200), ({"if_range": '"v6"', "range": "bytes=9999-"}, 200),
        ({"if_range": ETAG, "range": "bytes=9999-"}, 416), ({"if_range": ETAG}, 200),
        ({"if_range": '"v6"', "if_none_match": ETAG, "range": "bytes=0-1"}, 304),
    ],
    ids=str,
)  # fmt: skip
async def test_preconditions_are_asked_in_the_order_of_the_standard(fields: dict[str, str], status: int) -> None:
    answer = await ask(Kept(), **fields)
    assert answer.status_code == status
    assert answer.headers["etag"] == ETAG
    if status in {200, 206}:
        assert answer.content == (BODY if status == 200 else BODY[:2])
    elif status == 304:
        assert answer.content == b""
        assert "content-length" not in answer.headers
        assert answer.headers["cache-control"] == "private, max-age=60"
    elif status == 412:
        assert answer.json()["type"].endswith("precondition-failed")
    # HEAD knows no ranges, and is else the same.
    head = await ask(Kept(), "HEAD", **fields)
    assert head.status_code == (200 if status in {206, 416} else status)


async def test_a_head_tells_the_length_and_reads_nothing() -> None:
    kept = Kept()
    answer = await ask(kept, "HEAD", range="bytes=0-1")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(SIZE)
    assert_told(answer)
    assert kept.chunks == 0


async def test_a_weak_tag_is_no_tag_to_read_ranges_by() -> None:
    with pytest.raises(ValueError, match="no strong entity tag"):
        Representation(1, 'W/"a"', CHANGED_AT, "audio/mp4", Kept().read)


@asynccontextmanager
async def origin_of(kind: str, folder: Path) -> AsyncIterator[Read]:
    objects = factories.objects() if kind == "memory" else Objects.in_folder(folder)
    await objects.put("sound", BODY)
    yield partial(objects.chunks, "sound", chunk_bytes=100)


@pytest.mark.parametrize("kind", ["memory", "folder"])
async def test_objects_of_every_store_are_read_alike(kind: str, tmp_path: Path) -> None:
    async with origin_of(kind, tmp_path) as read, http_client(app_of(SIZE, read)) as client:
        assert (await client.get("/sound")).content == BODY
        for start, end in ((0, 1), (1023, SIZE), (99, 301), (100, 200)):
            asked = {"range": f"bytes={start}-{end - 1}"}
            assert (await client.get("/sound", headers=asked)).content == BODY[start:end]
        answers = await asyncio.gather(
            *(client.get("/sound", headers={"range": f"bytes={n}-{n + 399}"}) for n in range(0, 600, 20))
        )
        assert [answer.content for answer in answers] == [BODY[n : n + 400] for n in range(0, 600, 20)]


async def test_what_is_not_there_any_more_is_a_problem_and_not_half_an_answer() -> None:
    read = partial(factories.objects().chunks, "gone")
    async with http_client(app_of(SIZE, read)) as client:
        answer = await client.get("/sound", headers={"range": "bytes=0-1"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_turns_out_to_be_shorter_is_no_answer() -> None:
    async with http_client(app_of(SIZE, Kept(missing=SIZE - 500).read)) as client:
        answer = await client.get("/sound", headers={"range": "bytes=500-"})
    assert answer.status_code == 500


LARGE, CHUNK_BYTES = 32 << 20, 256 << 10


@pytest.fixture
async def large() -> AsyncIterator[tuple[Kept, str]]:
    """Something larger than all that sockets hold, and the URL it is served at."""
    kept = Kept(bytes(LARGE), chunk_bytes=CHUNK_BYTES)
    async with serving(app_of(LARGE, kept.read), listen("127.0.0.1", 0)) as url:
        yield kept, url


async def request_slowly(url: str, lines: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that takes little at once."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection, limit=65_536)
    writer.write(b"GET /sound HTTP/1.1\r\nHost: veza\r\n" + lines + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def test_nothing_is_read_for_a_client_that_has_left(large: tuple[Kept, str]) -> None:
    kept, url = large
    _, writer = await request_slowly(url)
    await until(lambda: kept.chunks > 1)
    writer.transport.abort()
    await until(lambda: kept.closed == 1)
    assert kept.chunks < LARGE // CHUNK_BYTES


async def test_a_slow_reader_holds_a_few_chunks_and_gets_all(large: tuple[Kept, str]) -> None:
    kept, url = large
    reader, writer = await request_slowly(url)
    taken = 0
    while taken < LARGE:
        taken += len(await reader.read(65_536))
        # What was read and not taken lies in sockets and in uvicorn's buffer.
        assert kept.chunks * CHUNK_BYTES - taken < 8 << 20
    assert taken == LARGE
    writer.close()
    assert kept.closed == 1


async def test_a_connection_is_closed_in_mid_answer_where_the_rest_is_missing() -> None:
    kept = Kept(bytes(LARGE), missing=1, chunk_bytes=CHUNK_BYTES)
    async with serving(app_of(LARGE, kept.read), listen("127.0.0.1", 0)) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"{url}/sound")
        assert (await client.get(f"{url}/sound", headers={"range": "bytes=5-9"})).content == bytes(5)
