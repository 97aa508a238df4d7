"""Start and stop: one process, its services and its web server, ended within a bound by the first signal.

The signal itself sets the stop event that workers and open streams wait on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta

import structlog

from veza.http.serving import Server, connection_rules, http_server
from veza.ops.application import Process, Service

log = structlog.get_logger(__name__)

AFTER_GRACE = timedelta(seconds=5)
"""Workers bound their own stop by SHUTDOWN_GRACE; a task that still runs this much later is canceled."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
"""A service that crashes again and again writes one line a minute; one that worked for longer begins anew."""

MAPPED_FROM_BYTES = 1 << 20
"""Blocks from here on are mapped one by one."""
_M_MMAP_THRESHOLD = -3

CLOSE_BOUND = timedelta(seconds=5)


async def run(application: Process, listener: socket.socket | None, on_ready: Callable[[], None] = lambda: None) -> int:
    """Run until a signal, or until the web server fails; returns the exit code: 0 after a signal, else 1.

    Without a `listener` only the services run.
    """
    stop = application.stop
    with _signals(stop):
        async with AsyncExitStack() as stack:
            stack.push_async_callback(_close, application)
            for foundation in application.foundations:
                await stack.enter_async_context(foundation())
            ended_early = await _run_all(application, listener, on_ready)
    return 1 if ended_early else 0


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            log.error("stop.forced", signal=number.name)
            os._exit(1)
        log.info("stop.asked", signal=number.name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _run_all(application: Process, listener: socket.socket | None, on_ready: Callable[[], None]) -> bool:
    """Start everything, wait for the stop, end everything; True when something ended before it was asked to."""
    stop, grace = application.stop, application.settings.shutdown_grace
    _return_large_blocks()
    _leave_what_stays()
    tasks = {asyncio.create_task(_service(service, stop), name=service.name) for service in application.services}
    server: Server | None = None
    if listener is not None:
        server = http_server(application.asgi, grace, connection_rules(application.settings))
        tasks.add(asyncio.create_task(server.serve(sockets=[listener]), name="http"))
        tasks.add(asyncio.create_task(_announce(server, stop, on_ready), name="announce"))
    else:
        on_ready()
    stopping = asyncio.create_task(stop.wait())
    # Services end with the stop alone; without its web server a process that has one is of no use.
    await asyncio.wait({stopping, *(t for t in tasks if t.get_name() == "http")}, return_when="FIRST_COMPLETED")
    ended_early = not stop.is_set()
    stop.set()
    stopping.cancel()
    if server is not None:
        server.should_exit = True
    started = time.monotonic()
    done, late = await asyncio.wait(tasks, timeout=(grace + AFTER_GRACE).total_seconds())
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    failed = [task for task in done if not task.cancelled() and task.exception() is not None]
    for task in failed:
        log.error("stop.failed", service=task.get_name(), exc_info=task.exception())
    seconds = round(time.monotonic() - started, 2)
    log.info("stop.done", seconds=seconds, cut_off=[task.get_name() for task in late])
    return ended_early or bool(failed)


def _return_large_blocks() -> None:
    """Memory of a megabyte or more goes back to the system once it is freed.

    glibc keeps such blocks after it has seen a few, a pile for each thread: 1 GiB that was uploaded and joined moved
    the process's memory by 26 to 36 MB, and moves it by 17 to 22.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # other C libraries have none
        mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM_BYTES)


def _leave_what_stays() -> None:
    """Modules, routes and statements live as long as the process: the collector need not walk over them each time.

    A full collection over all of them took a fifth of a second, in which no request was answered.
    """
    gc.collect()
    gc.freeze()
    gc.enable()  # the command line starts without it


async def _service(service: Service, stop: asyncio.Event) -> None:
    """Run `service` until the stop; one that crashes or ends before it is started again after a pause.

    What it works on is in rows, and pages and the other services need nothing of it: nothing is won by ending those.
    """
    pause = FIRST_PAUSE
    while not stop.is_set():
        started = time.monotonic()
        try:
            await service.run(stop)
            if stop.is_set():
                return
            log.error("service.ended", service=service.name, again_seconds=pause.total_seconds())
        except Exception:
            if stop.is_set():
                raise
            log.exception("service.failed", service=service.name, again_seconds=pause.total_seconds())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause.total_seconds())
        lasted = timedelta(seconds=time.monotonic() - started) - pause
        pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)


async def _announce(server: Server, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
    waits = {asyncio.create_task(server.ready.wait()), asyncio.create_task(stop.wait())}
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if server.ready.is_set():
        on_ready()


async def _close(application: Process) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(application.close(), CLOSE_BOUND.total_seconds())
