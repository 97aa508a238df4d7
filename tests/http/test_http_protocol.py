"""What comes before a request's body has a bound; what is in the body has the application's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from veza.http.http_protocol import MOST_HEAD_BYTES
from veza.http.serving import listen, serving

BOUND_SECONDS = 20


async def says_the_length(scope: Any, receive: Any, send: Any) -> None:
    """Answers with how many bytes the body had."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listener = listen("127.0.0.1", 0)
    async with serving(says_the_length, listener) as url:
        yield int(url.rpartition(":")[2])


async def answered(port: int, *parts: bytes) -> bytes:
    """What comes back for `parts`, sent as fast as they are taken, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(BOUND_SECONDS):
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b"cut off"
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: veza\r\n" + b"X-More: %s\r\n" % (b"a" * 1_000) * 70,
        b"GET / HTTP/1.1\r\nHost: veza\r\nX-Long: " + b"a" * MOST_HEAD_BYTES,
        b"GET /" + b"a" * MOST_HEAD_BYTES,
    ],
    ids=["many lines", "one line without end", "an address without end"],
)
async def test_a_head_that_does_not_end_is_refused_and_the_connection_closed(port: int, head: bytes) -> None:
    said = await answered(port, head)
    assert said.startswith(b"HTTP/1.1 400") or said == b"cut off"
    assert b"65536 bytes" in said or said == b"cut off"


async def test_a_head_just_within_the_bound_is_answered(port: int) -> None:
    head = (
        b"GET / HTTP/1.1\r\nHost: veza\r\nConnection: close\r\nX-Long: " + b"a" * (MOST_HEAD_BYTES - 100) + b"\r\n\r\n"
    )
    assert (await answered(port, head)).startswith(b"HTTP/1.1 200")


async def test_large_bodies_one_after_the_other_count_for_no_head(port: int) -> None:
    size = 3 * MOST_HEAD_BYTES
    head = b"POST / HTTP/1.1\r\nHost: veza\r\nContent-Length: %d\r\n" % size
    body = b"a" * size
    last = b"POST / HTTP/1.1\r\nHost: veza\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast"
    # The next head comes in one piece with the end of the body before it.
    said = await answered(port, head + b"\r\n" + body + head, b"\r\n" + body + last)
    assert said.count(b"HTTP/1.1 200") == 3
    assert said.count(b"\r\n\r\n%d" % size) == 2


async def test_what_is_no_http_is_refused(port: int) -> None:
    assert (await answered(port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("version", "hosts", "status"),
    [(b"1.1", 0, b"400"), (b"1.1", 1, b"200"), (b"1.1", 2, b"400"), (b"1.0", 0, b"200"), (b"1.0", 2, b"400")],
)
async def test_a_request_names_one_host(port: int, version: bytes, hosts: int, status: bytes) -> None:
    head = b"GET / HTTP/%s\r\nConnection: close\r\n" % version + b"Host: veza\r\n" * hosts
    assert (await answered(port, head + b"\r\n")).startswith(b"HTTP/1.1 " + status)
