"""A web server in this process: uvicorn under our own rules for connections, its socket bound before anything starts.

uvicorn's own order would let workers start new work after SIGTERM: it runs the application's shutdown only after
connections have drained. So it gets no signals, and who runs it says when it is to stop.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import uvicorn

from veza.http.connections import ConnectionRules, Connections
from veza.http.http_protocol import HttpProtocol
from veza.kit.messages import gettext
from veza.settings import Settings

CONNECTIONS_DRAIN = timedelta(seconds=5)
"""How long open connections may go on once the server is to stop."""


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
            gettext(
                "cannot listen on {host}:{port} ({strerror}): choose another HOST or PORT, such as PORT={free}",
                host=host,
                port=port,
                strerror=error.strerror,
                free=free,
            )
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
            timeout_keep_alive=connections.rules.idle.total_seconds(),  # type: ignore[arg-type]  # seconds of a timer
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
    asgi: Any, listener: socket.socket, grace: timedelta = CONNECTIONS_DRAIN, rules: ConnectionRules | None = None
) -> AsyncIterator[str]:
    """Serve `asgi` while the block runs; yields its URL once it answers."""
    server = http_server(asgi, grace, rules)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    try:
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            task.result()
            raise CannotListen(gettext("the server on {address} ended before it was ready", address=address(listener)))
        yield address(listener)
    finally:
        ready.cancel()
        server.should_exit = True
        await task
