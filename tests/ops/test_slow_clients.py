"""Real sockets: half-sent requests end within their time, displace no whole one, and are said in the log."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.api.conftest import Door
from tests.waiting import until, wait_until
from veza.http.connections import SAID_EVERY_SECONDS, ConnectionRules, Connections
from veza.http.serving import http_server, listen, serving
from veza.kit.database import Database

BOUND_SECONDS = 30
SHORT = timedelta(seconds=0.3)
WHOLE = b"GET / HTTP/1.1\r\nHost: veza\r\nConnection: close\r\n\r\n"
HALVES = {
    "nothing": b"",
    "half a head": b"POST / HTTP/1.1\r\nHost: ve",
    "half a body": b"POST / HTTP/1.1\r\nHost: veza\r\nContent-Length: 100\r\n\r\nhalf",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: veza\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf",
}


async def reads_all(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then answers with a megabyte where it is asked to, else with a word."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(64 if scope["path"] == "/large" else 0):
        await send({"type": "http.response.body", "body": b"x" * 1_048_576, "more_body": True})
    await send({"type": "http.response.body", "body": b"read"})


@asynccontextmanager
async def served(rules: ConnectionRules, asgi: Any = reads_all) -> AsyncIterator[int]:
    listener = listen("127.0.0.1", 0)
    async with serving(asgi, listener, timedelta(seconds=1), rules) as url:
        yield int(url.rpartition(":")[2])


async def said_to(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(BOUND_SECONDS):
            return await reader.read()
    except ConnectionError:
        return b"cut off"
    finally:
        writer.close()


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_what_is_sent_by_halves_ends_within_its_time(half: bytes) -> None:
    with capture_logs() as lines:
        async with served(ConnectionRules(head=SHORT, body=SHORT)) as port:
            said = await said_to(port, half)
    if half:
        assert said.startswith(b"HTTP/1.1 408 Request Timeout")
        assert b"urn:veza:problem:request-timeout" in said
        assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["request.too_slow"]
    else:
        assert said == b""


@pytest.mark.parametrize("first", [b"POST / HTTP/1.1\r\nHost: veza\r\nX-Slow: ", HALVES["half a body"]])
async def test_a_byte_now_and_then_buys_no_time(first: bytes) -> None:
    is_ended = False
    async with served(ConnectionRules(head=SHORT, body=SHORT)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        async with asyncio.timeout(BOUND_SECONDS):
            while not is_ended:
                try:
                    writer.write(b"a")
                    await writer.drain()
                    await asyncio.wait_for(reader.read(1000), 0.05)
                except TimeoutError:
                    continue
                except ConnectionError:
                    is_ended = True
                is_ended = is_ended or reader.at_eof()
        writer.close()
    assert is_ended, "the server gave up on it"


async def test_a_large_body_that_comes_along_has_the_time_it_needs() -> None:
    rules = ConnectionRules(head=SHORT, body=SHORT, body_bytes_per_second=100_000)
    async with served(rules) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: veza\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n")
        for _ in range(4):  # more than twice the time of a small one, and half a second of it earned by each part
            writer.write(b"x" * 50_000)
            await writer.drain()
            await asyncio.sleep(0.2)
        said = await asyncio.wait_for(reader.read(), BOUND_SECONDS)
        writer.close()
    assert said.startswith(b"HTTP/1.1 200")


async def test_an_answer_that_is_not_read_ends() -> None:
    with capture_logs() as lines:
        async with served(ConnectionRules(write=SHORT)) as port:
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(WHOLE.replace(b"/ ", b"/large ", 1))
            await until(lambda: any(line["event"] == "answer.not_read" for line in lines))
            client.close()
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["answer.not_read"]


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",)], ids=["a stranger", "a proxy"])
async def test_one_address_displaces_its_own_half_requests_alone(proxies: tuple[str, ...]) -> None:
    """Sixty half-sent requests of one address, ten at most, and all the while another one is answered."""
    with capture_logs() as lines, ExitStack() as open_ones:
        async with served(ConnectionRules(per_address=10, proxies=proxies)) as port:
            halves = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(60)]
            for half in halves:
                half.sendall(HALVES["half a head"])
            assert b"read" in await said_to(port, WHOLE)
            assert sum(_is_closed(half) for half in halves) >= 50
    displaced = [line for line in lines if line["event"] == "connections.displaced"]
    assert displaced
    assert displaced[0]["limit"] == 10


LAST_CHUNK = b"\r\n0\r\n\r\n"
PLAYERS_PAUSE_SECONDS = 4.0
PROXYS_PATIENCE_SECONDS = 60.0
"""How long nginx keeps a connection to a server behind it (`keepalive_timeout` of an upstream)."""


async def test_a_connection_outlasts_a_players_pauses_and_a_proxys_patience_and_then_ends() -> None:
    asked = WHOLE.replace(b"Connection: close\r\n", b"")
    server = http_server(reads_all, timedelta(seconds=1))
    running = asyncio.create_task(server.serve(sockets=[listen("127.0.0.1", 0)]))
    await server.ready.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    await reader.readuntil(LAST_CHUNK)
    (held,) = server.server_state.connections
    ends_in = held.timeout_keep_alive_task.when() - asyncio.get_running_loop().time()
    assert 15 * PLAYERS_PAUSE_SECONDS <= PROXYS_PATIENCE_SECONDS < ends_in < 2 * PROXYS_PATIENCE_SECONDS
    server.should_exit = True
    assert await asyncio.wait_for(reader.read(), BOUND_SECONDS) == b""  # an idle connection holds no stop up
    writer.close()
    await running
    async with served(ConnectionRules(idle=SHORT)) as port:
        assert (await said_to(port, asked)).endswith(LAST_CHUNK)


async def test_idle_connections_make_way_for_new_ones() -> None:
    async with served(ConnectionRules(per_address=1000, total=20)) as port, AsyncExitStack() as stack:
        idle = []
        for _ in range(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(WHOLE.replace(b"Connection: close\r\n", b""))
            await asyncio.wait_for(reader.readuntil(LAST_CHUNK), BOUND_SECONDS)
            idle.append(reader)
        await until(lambda: sum(one.at_eof() or one.exception() is not None for one in idle) >= 40)
        gone = [one.at_eof() or one.exception() is not None for one in idle]
        assert gone == [True] * 40 + [False] * 20
        assert b"read" in await said_to(port, WHOLE)


def is_read(port: int) -> bool:
    """Whether the other end has taken all that was sent from this port of ours: nothing waits in the kernel for it."""
    ours = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sent = [int(line[4].partition(":")[0], 16) for line in lines if line[1] == ours]
    waiting = [int(line[4].partition(":")[2], 16) for line in lines if line[2] == ours]
    return bool(waiting) and not any(sent + waiting)


def _is_closed(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(1000) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_no_more_than_the_bound_stay_open_and_the_oldest_go_first() -> None:
    async with served(ConnectionRules(per_address=1000, total=20)) as port:
        with ExitStack() as stack:
            halves = []
            for _ in range(50):
                halves.append(stack.enter_context(socket.create_connection(("127.0.0.1", port))))
                halves[-1].sendall(HALVES["half a body"])
                await until(lambda half=halves[-1]: is_read(half.getsockname()[1]), "the server to read it")
            assert b"read" in await said_to(port, WHOLE)
            closed = [_is_closed(half) for half in halves]
            assert sum(not one for one in closed) <= 20
            assert closed == sorted(closed, reverse=True)


@contextmanager
def process(folder: Path, descriptors: int, **settings: str) -> Iterator[tuple[str, Path]]:
    """`veza serve` with so many descriptors: its address, and the file of all it says."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    said = folder / "said"
    with said.open("w") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "veza", "serve", "--migrate", "--port", "0"],
            cwd=folder, env=plain | settings, stdout=out, stderr=out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors)),
        )  # fmt: skip
    try:
        wait_until(lambda: "ready on" in said.read_text() or running.poll() is not None, said.read_text)
        assert running.poll() is None, said.read_text()
        url = re.search(r"ready on (\S+)", said.read_text())
        assert url
        yield url[1], said
    finally:
        running.terminate()
        assert running.wait(timeout=60) == 0


def test_with_as_many_half_requests_as_descriptors_the_server_still_serves(tmp_path: Path) -> None:
    with process(tmp_path, 256) as (url, said), ExitStack() as stack:
        port = int(url.rpartition(":")[2])
        for number in range(300):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=BOUND_SECONDS))
            half.sendall([*HALVES.values()][number % len(HALVES)])
        with httpx.Client(base_url=url, timeout=BOUND_SECONDS) as client:
            for path in ("/health/ready", "/api/v1/artists", "/permissions"):
                assert client.get(path).status_code == 200
        # One that leaves in the middle, by reset: no error, and no trace.
        leaving = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=BOUND_SECONDS))
        leaving.sendall(b"POST /forgot-password HTTP/1.1\r\nHost: veza\r\nContent-Length: 100\r\n\r\nemail=")
        wait_until(lambda: is_read(leaving.getsockname()[1]), "the server to read what there is")
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        leaving.close()
    log = said.read_text()
    assert "connections.displaced" in log
    assert "Traceback" not in log
    assert "Too many open files" not in log


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/wishes", b"Content-Type: application/json\r\nIdempotency-Key: k\r\n"),
        ("/api/v1/wishes", b""),
    ],
)
async def test_a_client_that_leaves_in_mid_body_is_no_error(sqlite_url: str, path: str, headers: bytes) -> None:
    database = Database.open(sqlite_url)
    with capture_logs() as lines:
        async with served(ConnectionRules(), Door(database).asgi) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            authorization = b"Authorization: Bearer a-token-only-the-tests-know-0123456789\r\n"
            writer.write(
                b"POST %s HTTP/1.1\r\nHost: veza\r\nContent-Length: 100\r\n%s%s\r\n{"
                % (path.encode(), authorization, headers)
            )
            await writer.drain()
            await until(lambda: is_read(writer.get_extra_info("sockname")[1]), "the server to read the beginning")
            writer.close()
            await until(lambda: any(line["event"] == "request" for line in lines))
    await database.close()
    assert [line for line in lines if line["log_level"] in ("error", "critical") or line.get("exc_info")] == []


class Held:
    """A connection that is told to go."""

    gone = False

    def displace(self) -> None:
        self.gone = True


def test_what_is_being_answered_is_never_displaced() -> None:
    connections = Connections(ConnectionRules(per_address=2, total=10))
    first, second, third = Held(), Held(), Held()
    for one in (first, second):
        assert connections.opened(one, "203.0.113.9")
        connections.is_answered(one, "203.0.113.9")
    assert not connections.opened(third, "203.0.113.9")
    connections.waits(second, "203.0.113.9")
    assert connections.opened(third, "203.0.113.9")
    assert (first.gone, second.gone) == (False, True)


def test_a_proxy_is_answered_for_as_many_people_as_there_are() -> None:
    connections = Connections(ConnectionRules(per_address=2, total=10, proxies=("10.0.0.0/8",)))
    for _ in range(8):
        one = Held()
        assert connections.opened(one, "10.1.2.3")
        connections.is_answered(one, "10.1.2.3")


def test_a_customer_of_ipv6_is_one_address() -> None:
    connections = Connections(ConnectionRules(per_address=2, total=10))
    held = [Held() for _ in range(3)]
    for number, one in enumerate(held):
        assert connections.opened(one, f"2001:db8:1:2:{number}::1")
    assert [one.gone for one in held] == [True, False, False]


def test_an_attack_is_a_line_now_and_then_with_its_size() -> None:
    now = [0.0]
    connections = Connections(ConnectionRules(total=10), now=lambda: now[0])
    with capture_logs() as lines:
        for _ in range(1000):
            connections.say("request.too_slow", "203.0.113.9")
        now[0] = SAID_EVERY_SECONDS
        connections.say("request.too_slow", "203.0.113.9")
    assert [line["left_out"] for line in lines] == [0, 999]
