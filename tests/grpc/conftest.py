"""The stage of streaming, with its gRPC server on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

import grpc
from tests.api.streaming.conftest import Stage, stage
from veza.grpc import stream_pb2 as pb
from veza.grpc.methods import METHODS
from veza.grpc.server import GrpcServer
from veza.grpc.stream_service import StreamService
from veza.http.authentication import authenticate

__all__ = ["stage"]

TOKEN = "a token of at least sixteen characters"
BEARER = (("authorization", f"Bearer {TOKEN}"),)
PATIENCE = 20.0


@dataclass
class Caller:
    """Calls the service by its path over one channel."""

    channel: grpc.aio.Channel
    server: GrpcServer
    stage: Stage
    _running: asyncio.Task[None] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Start the server: on a free port, or again on the one it had."""
        if self.server.port:
            self.server = server_of(self.stage, listen=f"127.0.0.1:{self.server.port}")
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(self.server.run(self._stop))
        await asyncio.wait_for(self.server.started.wait(), PATIENCE)

    async def stop(self) -> None:
        assert self._running is not None
        self._stop.set()
        await asyncio.wait_for(self._running, PATIENCE)

    def call(self, name: str, request: Any, *, metadata: Any = BEARER, timeout: float = PATIENCE) -> Any:
        method = next(one for one in METHODS if one.name == name)
        kind = self.channel.unary_stream if method.streams else self.channel.unary_unary
        return kind(method.path, method.takes.SerializeToString, method.gives.FromString)(
            request, metadata=metadata, timeout=timeout
        )

    async def begin(self, headers: dict[str, str], **more: Any) -> pb.AuthorizeResponse:
        listener = pb.Listener(track_id=str(self.stage.track), cookie=headers.get("Cookie", ""), **more)
        answer: pb.AuthorizeResponse = await self.call("Authorize", pb.AuthorizeRequest(listener=listener))
        return answer


def server_of(stage: Stage, certificate: str = "", key: str = "", listen: str = "127.0.0.1:0") -> GrpcServer:
    veza = stage.veza
    service = StreamService(veza.database, veza.modules.hearing, authenticate(veza.modules.accounts, "operator"))
    return GrpcServer(service, listen, TOKEN, certificate, key, timedelta(seconds=1))


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    first = Caller(grpc.aio.insecure_channel("127.0.0.1:1"), server_of(stage), stage)
    await first.start()
    await first.channel.close()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{first.server.port}") as first.channel:
        yield first
    await first.stop()
