"""For everything that comes over the line, or does not: one answer, in bounded time, and never an exception."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from veza.money.stripe.answers import Answer
from veza.money.stripe.live import BoundedAiohttpClient, Line
from veza.money.stripe.outcomes import REVERSALS, Meaning, classify

TIMEOUT_SECONDS = 0.4

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


def says(*chunks: bytes, pause: float = 0.0) -> Behaviour:
    """Send these bytes, then close."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def hangs(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def trickles(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def trickles_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: yes\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def resets(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


def ok(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", body])


@asynccontextmanager
async def line_to(behaviour: Behaviour) -> AsyncIterator[Line]:
    """A line to a server that reads a request and then behaves like this."""

    visits: set[asyncio.Task[None]] = set()

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await behaviour(writer)
        writer.close()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.add(asyncio.create_task(visit(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = Line("sk_test_line", BoundedAiohttpClient(TIMEOUT_SECONDS, 4), f"http://127.0.0.1:{port}")
    try:
        yield line
    finally:
        await line.close()
        server.close()
        for task in visits:
            task.cancel()
        await asyncio.gather(*visits)


async def asked(line: Line) -> Answer:
    began = time.monotonic()
    answer = await line.send("post", "/v1/transfers/tr_1/reversals", {"amount": 1}, key="k")
    assert time.monotonic() - began < TIMEOUT_SECONDS + 2
    return answer


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(says(), id="closes at once"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nConte"), id="half a header"),
        pytest.param(says(b"\x16\x03\x01\x02\x00\x01\x00"), id="no HTTP at all"),
        pytest.param(says(b"HTTP/1.1 999999 Wat\r\n\r\n"), id="an unknown status"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), id="body breaks off"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"), id="broken chunks"),
        pytest.param(says(ok(b"x", b"Content-Encoding: gzip")), id="gzip that is none"),
        pytest.param(says(ok(b"")), id="empty body"),
        pytest.param(says(ok(b"<html>maintenance</html>")), id="a page"),
        pytest.param(says(ok(b"null")), id="null"),
        pytest.param(says(ok(b"[]")), id="a list"),
        pytest.param(says(ok(b'"trr_1"')), id="a string"),
        pytest.param(says(ok(b"17")), id="a number"),
        pytest.param(says(ok(b'{"id": "trr_1"')), id="half an object"),
        pytest.param(says(ok(b"\xff\xfe\x00{}")), id="no UTF-8"),
        pytest.param(says(ok(b'{"error": "late"}').replace(b"200", b"504", 1)), id="an error that is no object"),
        pytest.param(says(ok(b'{"error": null}').replace(b"200", b"400", 1)), id="an error that is nothing"),
        pytest.param(says(b"HTTP/1.1 204 No Content\r\n\r\n"), id="204"),
        pytest.param(says(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), id="redirect"),
        pytest.param(says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), id="304"),
        pytest.param(hangs, id="hangs"),
        pytest.param(trickles, id="trickles its body"),
        pytest.param(trickles_headers, id="trickles its headers"),
        pytest.param(resets, id="resets in the body"),
    ],
)
async def test_what_cannot_be_read_is_silence(behaviour: Behaviour) -> None:
    async with line_to(behaviour) as line:
        answer = await asked(line)
    assert classify(REVERSALS, answer) is Meaning.SILENCE
    assert "\n" not in str(answer)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (500, b"<html>oops</html>", Meaning.SERVER_ERROR),
        (502, b"", Meaning.SERVER_ERROR),
        (503, b"null", Meaning.SERVER_ERROR),
        (400, b"not json", Meaning.REFUSED),
        (400, b"[]", Meaning.REFUSED),
        (401, b"", Meaning.NOT_ALLOWED),
        (403, b"<html>", Meaning.FORBIDDEN),
        (404, b"{}", Meaning.NO_SUCH_OBJECT),
        (409, b"", Meaning.KEY_IN_USE),
        (424, b"{}", Meaning.SILENCE),
        (429, b"slow down", Meaning.SLOW_DOWN),
    ],
)
async def test_an_error_without_a_readable_body_is_told_by_its_status(
    status: int, body: bytes, meaning: Meaning
) -> None:
    async with line_to(says(ok(body).replace(b"200 OK", b"%d Told" % status, 1))) as line:
        answer = await asked(line)
    assert (answer.status, classify(REVERSALS, answer)) == (status, meaning)


async def test_a_port_without_a_listener_is_silence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    line = Line("sk_test_line", BoundedAiohttpClient(TIMEOUT_SECONDS, 4), f"http://127.0.0.1:{port}")
    answer = await asked(line)
    await line.close()
    assert classify(REVERSALS, answer) is Meaning.SILENCE


async def test_a_name_that_does_not_resolve_is_silence() -> None:
    line = Line("sk_test_line", BoundedAiohttpClient(TIMEOUT_SECONDS, 4), "http://provider.invalid")
    answer = await asked(line)
    await line.close()
    assert classify(REVERSALS, answer) is Meaning.SILENCE
