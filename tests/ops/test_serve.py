"""Starting and stopping, with real processes and real signals."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import httpx
import pytest

from tests.waiting import wait_until
from veza.http.serving import CannotListen, listen, serving
from veza.ops import serve

ROOT = Path(__file__).parents[2]
BOUND_SECONDS = 20


class Process:
    """A stage process whose output lines can be waited for."""

    def __init__(self, service: str, grace: float) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "tests.ops.stage", service, str(grace)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.seen: list[str] = []
        self.errors = ""
        self._lines: Queue[str | None] = Queue()
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, start: str) -> str:
        while True:
            line = self._lines.get(timeout=BOUND_SECONDS)
            assert line is not None, f"ended before “{start}”: {self.errors}"
            self.seen.append(line)
            if line.startswith(start):
                return line

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def exit_code(self) -> int:
        code = self.popen.wait(timeout=BOUND_SECONDS)
        for thread in self._threads:
            thread.join()
        while (line := self._lines.get()) is not None:
            self.seen.append(line)
        return code

    def _read(self) -> None:
        assert self.popen.stdout
        for line in self.popen.stdout:
            self._lines.put(line.strip())
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.popen.stderr
        self.errors = self.popen.stderr.read()


@pytest.fixture
def start() -> Iterator[type[Process]]:
    started: list[Process] = []

    class Started(Process):
        def __init__(self, service: str, grace: float = 5) -> None:
            super().__init__(service, grace)
            started.append(self)

    yield Started
    for process in started:
        process.popen.kill()
        process.popen.wait()
        for thread in process._threads:
            thread.join()
        for pipe in (process.popen.stdout, process.popen.stderr):
            assert pipe
            pipe.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_work_in_flight_and_exits_0(start: type[Process], number: signal.Signals) -> None:
    process = start("polite")
    url = process.wait_for("ready").split()[1]
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{url}/slow")))
    asking.start()
    process.wait_for("slow: began")
    process.send(number)
    assert process.exit_code() == 0
    asking.join()
    assert answers[0].text == "finished"
    order = ["foundation: up", "service: heard the stop", "foundation: down", "application: closed"]
    assert [line for line in process.seen if line in order] == order


def test_an_open_stream_hears_the_stop_and_does_not_hold_it_up(start: type[Process]) -> None:
    process = start("polite", grace=15)
    url = process.wait_for("ready").split()[1]
    with httpx.stream("GET", f"{url}/stream", timeout=BOUND_SECONDS) as stream:
        chunks = stream.iter_text()
        assert next(chunks) == "data: open\n\n"
        asked = time.monotonic()
        process.send(signal.SIGTERM)
        assert next(chunks) == "data: bye\n\n"
    assert process.exit_code() == 0
    assert time.monotonic() - asked < 10  # the stream alone would have held it for the whole grace


def test_after_the_signal_no_new_connection_is_let_in(start: type[Process]) -> None:
    process = start("stubborn", grace=3)
    url = process.wait_for("ready").split()[1]
    process.send(signal.SIGTERM)
    process.wait_for("service: heard the stop")

    def is_refused() -> bool:
        try:
            httpx.get(f"{url}/slow")
        except httpx.TransportError:
            return True
        return False

    wait_until(is_refused, "a connection that is not let in")
    assert process.popen.poll() is None


def test_a_stubborn_service_is_cut_off_at_the_bound(start: type[Process]) -> None:
    process = start("stubborn", grace=1)
    process.wait_for("ready")
    asked = time.monotonic()
    process.send(signal.SIGTERM)
    assert process.exit_code() == 0
    assert time.monotonic() - asked < 1 + serve.AFTER_GRACE.total_seconds() + 2
    assert re.search(r"cut_off=\S*stubborn", process.errors)


def test_a_second_signal_exits_at_once_and_not_with_0(start: type[Process]) -> None:
    process = start("stubborn", grace=60)
    process.wait_for("ready")
    process.send(signal.SIGTERM)
    process.wait_for("service: heard the stop")
    process.send(signal.SIGTERM)
    assert process.exit_code() == 1


@pytest.mark.parametrize(("service", "said"), [("crashing", "the service broke"), ("quitting", "service.ended")])
def test_a_service_that_ends_by_itself_is_started_again_and_the_server_goes_on(
    start: type[Process], service: str, said: str
) -> None:
    process = start(service)
    url = process.wait_for("ready").split()[1]
    process.wait_for("service: run 2")
    assert httpx.get(f"{url}/quick").text == "finished"
    process.send(signal.SIGTERM)
    assert process.exit_code() == 0
    assert said in process.errors
    assert "service: run 3" not in process.seen


def test_a_taken_port_is_told_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1:{port} .*choose another HOST or PORT"):
            listen("127.0.0.1", port)


async def test_serving_answers_inside_the_block_and_not_after() -> None:
    async def hello(scope: dict, receive: object, send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    async with serving(hello, listen("127.0.0.1", 0)) as url, httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "hello"
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
    assert asyncio.all_tasks() == {asyncio.current_task()}
