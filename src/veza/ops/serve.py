"""Start and stop: one process, its services and its web server, ended within a bound by the first signal.

uvicorn's own order would let workers start new work after SIGTERM: it runs the application's shutdown only after
connections have drained. Here the signal itself sets the stop event that workers and open streams wait on.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import structlog
import uvicorn

from veza.ops.application import Application, Service
from veza.ops.connections import ConnectionRules, Connections
from veza.ops.http_protocol import HttpProtocol
from veza.settings import Settings

log = structlog.get_logger(__name__)

AFTER_GRACE = timedelta(seconds=5)
"""Workers bound their own stop by SHUTDOWN_GRACE; a task that still runs this much later is canceled."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
"""A service that crashes again and again writes one line a minute; one that worked for longer begins anew."""

CLOSE_BOUND = timedelta(seconds=5)


class CannotListen(Exception):
    """The address is taken or not ours; says what to do."""


class Server(uvicorn.Server):
    """uvicorn without its signal handling: it would raise the signal again at the end and exit with -15."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def listen(host: str, port: int) -> socket.socket:
    """Bind before anything else starts, so that a taken port never starts a worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        free = port + 1 if 1024 <= port < 65535 else 8000
        raise CannotListen(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another HOST or PORT, such as PORT={free}"
        ) from None
    # Listening already: what a service asks of our own server before it is up waits in the backlog.
    listener.listen(128)
    listener.setblocking(False)
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a bound listener; the real port where 0 was asked for."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def http_server(asgi: Any, grace: timedelta, rules: ConnectionRules | None = None) -> Server:
    """A server for `asgi`; access lines are written by the application itself, with their request id.

    The `proxies` of `rules` are the addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
    """
    connections = Connections(rules or ConnectionRules())
    proxies = connections.rules.proxies
    return Server(
        uvicorn.Config(
            asgi,
            http=HttpProtocol.of(connections),
            backlog=connections.backlog,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            proxy_headers=bool(proxies),
            forwarded_allow_ips=_as_peers(proxies),  # said here: uvicorn would ask the environment
            timeout_graceful_shutdown=max(1, int(grace.total_seconds())),
        )
    )


def _as_peers(proxies: Sequence[str]) -> list[str]:
    """The same, and as an IPv4 peer looks to a socket that listens on IPv6."""
    networks = [ip_network(one) for one in proxies]
    mapped = [f"::ffff:{one.network_address}/{96 + one.prefixlen}" for one in networks if one.version == 4]
    return [*(str(one) for one in networks), *mapped]


def connection_rules(settings: Settings) -> ConnectionRules:
    """How patient the server is with slow clients, and how many connections it lets one address hold."""
    return ConnectionRules(
        head=settings.request_head_timeout,
        body=settings.request_body_timeout,
        per_address=settings.connections_per_address,
        proxies=settings.trusted_proxies,
    )


@asynccontextmanager
async def serving(
    asgi: Any, listener: socket.socket, grace: timedelta = AFTER_GRACE, rules: ConnectionRules | None = None
) -> AsyncIterator[str]:
    """Serve `asgi` while the block runs; yields its URL once it answers."""
    server = http_server(asgi, grace, rules)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            task.result()
            raise CannotListen(f"the server on {address(listener)} ended before it was ready")
        yield address(listener)
    finally:
        ready.cancel()
        server.should_exit = True
        await task


async def run(
    application: Application, listener: socket.socket | None, on_ready: Callable[[], None] = lambda: None
) -> int:
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


async def _run_all(application: Application, listener: socket.socket | None, on_ready: Callable[[], None]) -> bool:
    """Start everything, wait for the stop, end everything; True when something ended before it was asked to."""
    stop, grace = application.stop, application.settings.shutdown_grace
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


async def _close(application: Application) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(application.close(), CLOSE_BOUND.total_seconds())
