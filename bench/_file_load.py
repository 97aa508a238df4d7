"""Ranges of files asked for over kept connections, and what answering them costs a server, beside another one.

The client is cheap, so that the server is what is measured: it is told of an answer when all of it has arrived
(SO_RCVLOWAT), and has the kernel drop the body (MSG_TRUNC). Servers share one core, the client has another.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from _stand import Result

CONNECTIONS = 16
ROUNDS = 7
ROUND_SECONDS = 1.0
WARM_SECONDS = 0.3
MOST_HEAD_BYTES = 1_024
DROPPED = bytearray(4 << 20)
NGINX = """
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; keepalive_requests 1000000000;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port}; root {files}; }}
}}
"""
"""Debian's sendfile; without its tcp_nopush, with which each answer waits some 20 ms under BBR."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A range of a file: what is asked for by each server is the `target` with the same name there."""

    name: str
    start: int
    length: int


Asks = Iterator[Ask]


@dataclass(slots=True)
class Contestant:
    """A server: where it listens, its process, and how it names a file; then what its rounds took."""

    name: str
    port: int
    pid: int
    target: Callable[[str], str]
    per_second: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)
    client_share: list[float] = field(default_factory=list)


def cores() -> tuple[int, int]:
    """One core for the servers and one for the client; the same where there is only one."""
    found = sorted(os.sched_getaffinity(0))
    return found[0], found[-1]


def compared(ours: Contestant, other: Contestant, asks: Callable[[int], Asks], must: float, name: str) -> Result:
    """Both under the same load, in turns; the ratio is the median of the rounds'. `asks(n)` is connection n's."""
    os.sched_setaffinity(0, {cores()[1]})
    for one in (ours, other):
        _round(one, asks, WARM_SECONDS)
        one.per_second, one.cpu_us, one.client_share = [], [], []
    for _ in range(ROUNDS):
        for one in (other, ours):
            _round(one, asks, ROUND_SECONDS)
    ratio = statistics.median(a / b for a, b in zip(ours.per_second, other.per_second, strict=True))
    cpu = statistics.median(b / a for a, b in zip(ours.cpu_us, other.cpu_us, strict=True))
    return {
        "name": name,
        "ratio": round(ratio, 3),
        "ratio_of_processor_time": round(cpu, 3),
        **{
            f"{one.name}_{what}": round(statistics.median(values), digits)
            for one in (ours, other)
            for what, values, digits in (
                ("per_second", one.per_second, 0),
                ("cpu_us_each", one.cpu_us, 1),
                ("client_cpu_share", one.client_share, 2),
            )
        },
        "reached": ratio >= must,
    }


def _round(one: Contestant, asks: Callable[[int], Asks], seconds: float) -> None:
    load = _Load(one, asks)
    try:
        began, server, client = time.perf_counter(), cpu_seconds(one.pid), time.process_time()
        answered = load.run(began + seconds)
        took = time.perf_counter() - began
    finally:
        load.close()
    one.per_second.append(answered / took)
    one.cpu_us.append((cpu_seconds(one.pid) - server) / answered * 1e6)
    one.client_share.append((time.process_time() - client) / took)


def cpu_seconds(pid: int) -> float:
    """Of the process's threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Connection:
    def __init__(self, one: Contestant, asks: Asks) -> None:
        self._target, self._asks, self._left, self._length = one.target, asks, 0, 0
        self.socket = socket.create_connection(("127.0.0.1", one.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, len(DROPPED))
        self.socket.setblocking(False)

    def ask(self) -> None:
        asked = next(self._asks)
        self._length = asked.length
        # All of the body and some of the head; the rest of a head has always come with it.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, asked.length + 100)
        last = asked.start + asked.length - 1
        head = f"GET {self._target(asked.name)} HTTP/1.1\r\nHost: veza\r\nRange: bytes={asked.start}-{last}\r\n\r\n"
        self.socket.send(head.encode())

    def take(self) -> bool:
        """Take what has arrived; True when the answer is whole. Raises ConnectionError where the server has left."""
        if not self._left:
            said = self.socket.recv(MOST_HEAD_BYTES)
            if not said:
                raise ConnectionResetError("the server has closed the connection")
            head, found, body = said.partition(b"\r\n\r\n")
            length = b"content-length: %d" % self._length
            if not found or not head.startswith(b"HTTP/1.1 206") or length not in head.lower():
                raise SystemExit(f"no part of {self._length} bytes, but: {said!r}")
            self._left = self._length - len(body)
        if self._left:
            with suppress(BlockingIOError):
                self._left -= self.socket.recv_into(DROPPED, self._left, socket.MSG_TRUNC)
        if self._left:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, self._left)
        return not self._left


class _Load:
    def __init__(self, one: Contestant, asks: Callable[[int], Asks]) -> None:
        self._poll = select.epoll()
        self._connections: dict[int, Connection] = {}
        for number in range(CONNECTIONS):
            connection = Connection(one, asks(number))
            self._connections[connection.socket.fileno()] = connection
            self._poll.register(connection.socket, select.EPOLLIN)

    def run(self, until: float) -> int:
        """How many answers came until then."""
        answered = 0
        for connection in self._connections.values():
            connection.ask()
        while time.perf_counter() < until:
            for descriptor, _ in self._poll.poll(1):
                connection = self._connections[descriptor]
                if connection.take():
                    answered += 1
                    connection.ask()
        return answered

    def close(self) -> None:
        for connection in self._connections.values():
            connection.socket.close()
        self._poll.close()


def check(one: Contestant, asked: Ask, wanted: bytes) -> None:
    """Raises SystemExit unless the answer is these very bytes."""
    last = asked.start + asked.length - 1
    head = f"GET {one.target(asked.name)} HTTP/1.1\r\nHost: veza\r\nRange: bytes={asked.start}-{last}\r\n"
    with socket.create_connection(("127.0.0.1", one.port)) as connection:
        connection.sendall(head.encode() + b"\r\n")
        said = b""
        while len(said.partition(b"\r\n\r\n")[2]) < len(wanted) and (more := connection.recv(1 << 16)):
            said += more
    if said.partition(b"\r\n\r\n")[2] != wanted:
        raise SystemExit(f"{one.name} answered other bytes of {asked}: {said[:300]!r}")


@asynccontextmanager
async def nginx(files: Path, folder: Path, target: Callable[[str], str]) -> AsyncIterator[Contestant]:
    """nginx on the servers' core, with a configuration of its own in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "nginx.conf"
    await asyncio.to_thread(config.write_text, NGINX.format(folder=folder, files=files, port=port))
    command = ["taskset", "-c", str(cores()[0]), "nginx", "-c", str(config), "-p", str(folder)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        await _listening(port, process)
        yield Contestant("nginx", port, process.pid, target)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(10):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
    raise SystemExit("nginx ended before it listened")
