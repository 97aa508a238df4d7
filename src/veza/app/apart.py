"""The process that serves streaming alone: its routes, the object store, and a line to the process that decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from litestar import Litestar

from veza.api.application import web_application
from veza.api.health import health_routes
from veza.api.streaming.routes import STREAM_TAGS, stream_routes
from veza.api.streaming.rung_files import LinkedFiles, StreamFiles
from veza.app.modules import objects_of
from veza.grpc.client import StreamClient
from veza.grpc.remote_hearing import RemoteHearing, unidentified
from veza.http.host_cookies import HostCookie
from veza.http.session_cookies import SESSION_COOKIE
from veza.kit.clock import Clock, SystemClock
from veza.kit.database import Database
from veza.ops.application import Service
from veza.ops.metrics import Metrics
from veza.settings import Settings

NO_DATABASE = "sqlite+aiosqlite:///:memory:"
"""For the web application, which hands one to handlers of other modules: never connected, and there are none here."""


@dataclass
class Streaming:
    """One process of streaming, built and not yet started."""

    settings: Settings
    hearing: RemoteHearing
    services: Sequence[Service]
    stop: asyncio.Event
    litestar: Litestar
    asgi: Any
    client: StreamClient
    foundations: Sequence[Callable[[], AbstractAsyncContextManager[Any]]] = field(default_factory=tuple)

    async def close(self) -> None:
        """Give back the connection."""
        await self.client.close()


def build_streaming(settings: Settings, *, clock: Clock | None = None) -> Streaming:
    """Build it from the settings; opens no connection yet."""
    stop, metrics, clock = asyncio.Event(), Metrics(), clock or SystemClock()
    client = StreamClient(settings.grpc_address, settings.grpc_token.get_secret_value(), settings.grpc_tls_ca)
    hearing = RemoteHearing(client, objects_of(settings), clock, settings.stream_recheck)
    files = StreamFiles(hearing, settings.stream_x_accel)

    async def unreached() -> str | None:
        return None if await client.is_reached() else f"no answer from GRPC_ADDRESS {settings.grpc_address}"

    served, litestar = web_application(
        Database.open(NO_DATABASE, clock=clock),
        [*health_routes({"veza": unreached}, stop, metrics.render), stream_routes(files, unidentified)],
        STREAM_TAGS,
        session_cookie=HostCookie(SESSION_COOKIE, settings.base_url).usual_name,
        names_callers=settings.log_callers,
        always_tls=settings.base_url.startswith("https://"),
        in_front=partial(LinkedFiles, files),
    )
    return Streaming(settings, hearing, [hearing.reports], stop, litestar, served, client)
