"""The gRPC server: where it listens, who may call it, and how it ends. It runs beside the web server."""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # it has no types
from grpc_health.v1.health import aio as health  # type: ignore[import-untyped]  # it has no types
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]  # it has no types

import grpc
from veza.grpc.methods import METHODS, NAME
from veza.grpc.statuses import abort
from veza.grpc.stream_service import StreamService
from veza.http.problems import UNAUTHORIZED, Problem
from veza.http.serving import CannotListen
from veza.kit.messages import gettext
from veza.settings.addresses import host_of

log = structlog.get_logger(__name__)

MOST_CALLS = 500
"""At once, watches among them; one more is RESOURCE_EXHAUSTED."""
LONGEST_CALL_SECONDS = 20.0
"""Of a call that is no watch, also where its client set no deadline."""
MOST_BYTES = 1024 * 1024
"""Of a request; the largest, a report of plays, has some 20 KB."""
_HEALTH = "/grpc.health.v1.Health/"


class GrpcServer:
    """A service of the application. `listen` is host:port; `certificate` and `key` are PEM files, or empty."""

    name = "grpc"

    def __init__(
        self, service: StreamService, listen: str, token: str, certificate: str, key: str, grace: timedelta
    ) -> None:
        self._service, self._listen, self._token, self._grace = service, listen, token, grace
        self._certificate, self._key = certificate, key
        self.port = 0
        """What it listens on, once `started` is set."""
        self.started = asyncio.Event()
        self._bound: tuple[grpc.aio.Server, health.HealthServicer] | None = None

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[None]:
        """Its port is held inside the block, so that a taken one ends the process before anything starts. Raises
        CannotListen."""
        self._bound = self._bind()
        try:
            yield
        finally:
            self._bound = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. Raises CannotListen where the port is not `bound` and taken."""
        server, checks = self._bound or self._bind()
        self._bound = None  # a server that was stopped starts no more
        await server.start()
        for name in ("", NAME):
            await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
        log.info("grpc.listening", port=self.port, tls=bool(self._certificate))
        self.started.set()
        try:
            await stop.wait()
        finally:
            self.started.clear()
            await checks.enter_graceful_shutdown()
            self._service.stop.set()
            await server.stop(self._grace.total_seconds())

    def _bind(self) -> tuple[grpc.aio.Server, health.HealthServicer]:
        """A server that listens, and does not answer before its start. Raises CannotListen."""
        server = grpc.aio.server(
            interceptors=[_Token(self._token)],
            maximum_concurrent_rpcs=MOST_CALLS,
            options=[
                ("grpc.max_receive_message_length", MOST_BYTES),
                ("grpc.so_reuseport", 0),
                # A client that is gone without a word, or one that a proxy forgot, holds no watch for ever.
                ("grpc.keepalive_time_ms", 60_000),
                ("grpc.keepalive_timeout_ms", 20_000),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
            ],
        )
        server.add_generic_rpc_handlers([_handlers(self._service)])
        checks = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(checks, server)
        names = (NAME, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server, pool=descriptor_pool.Default())
        demand_free(self._listen)
        try:
            if self._certificate:
                pair = Path(self._key).read_bytes(), Path(self._certificate).read_bytes()
                self.port = server.add_secure_port(self._listen, grpc.ssl_server_credentials([pair]))
            else:
                self.port = server.add_insecure_port(self._listen)
        except OSError as error:
            said = gettext(
                "gRPC cannot read {file} ({strerror}): see GRPC_TLS_CERT and GRPC_TLS_KEY",
                file=str(error.filename), strerror=error.strerror,
            )  # fmt: skip
            raise CannotListen(said) from None
        except RuntimeError as error:
            said = gettext("gRPC cannot listen on {listen}: {error}", listen=self._listen, error=error)
            raise CannotListen(said) from None
        return server, checks


def demand_free(address: str) -> None:
    """Raises CannotListen, which says why, unless the host:port can be listened on: gRPC itself names no reason."""
    host, port = host_of(address), int(address.rpartition(":")[2])
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            return
        except OSError as error:
            strerror = error.strerror
    free = f"{address.rpartition(':')[0]}:{port + 1 if 1024 <= port < 65535 else 50051}"
    raise CannotListen(
        gettext(
            "gRPC cannot listen on {listen} ({strerror}): choose another address, such as GRPC_LISTEN={free}, or leave "
            "it empty to serve without gRPC",
            listen=address,
            strerror=strerror,
            free=free,
        )
    )


def _handlers(service: StreamService) -> grpc.GenericRpcHandler:
    made: dict[str, Any] = {}
    for one in METHODS:
        handle = getattr(service, one.name)
        kind = grpc.unary_stream_rpc_method_handler if one.streams else grpc.unary_unary_rpc_method_handler
        called = _watch(handle) if one.streams else _call(handle)
        made[one.name] = kind(called, one.takes.FromString, one.gives.SerializeToString)
    return grpc.method_handlers_generic_handler(NAME, made)


def _call(handle: Callable[[Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def called(request: Any, context: Any) -> Any:
        try:
            async with asyncio.timeout(LONGEST_CALL_SECONDS):
                return await handle(request)
        except TimeoutError:
            await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"no answer within {LONGEST_CALL_SECONDS:g} s")
        except Exception as error:
            await abort(context, error)

    return called


def _watch(handle: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    async def watched(request: Any, context: Any) -> Any:
        try:
            async for said in handle(request):
                yield said
        except Exception as error:
            await abort(context, error)

    return watched


class _Token(grpc.aio.ServerInterceptor):
    """Refuses calls without the token; health is for supervisors, which have none."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        given = next((value for name, value in details.invocation_metadata or () if name == "authorization"), "")
        given_bytes = given if isinstance(given, bytes) else str(given).encode()
        if details.method.startswith(_HEALTH) or hmac.compare_digest(given_bytes, self._expected):
            return await continuation(details)
        return grpc.unary_unary_rpc_method_handler(_refuse)


async def _refuse(_request: Any, context: Any) -> None:
    await abort(context, Problem(UNAUTHORIZED, gettext("send the token of GRPC_TOKEN as bearer in `authorization`")))
