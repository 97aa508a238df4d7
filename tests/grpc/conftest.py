"""The stage of streaming, with its gRPC server on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
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


def server_of(stage: Stage, certificate: str = "", key: str = "") -> GrpcServer:
    veza = stage.veza
    service = StreamService(veza.database, veza.modules.hearing, authenticate(veza.modules.accounts, "operator"))
    return GrpcServer(service, "127.0.0.1:0", TOKEN, certificate, key, timedelta(seconds=1))


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    server, stop = server_of(stage), asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    await asyncio.wait_for(server.started.wait(), PATIENCE)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield Caller(channel, server, stage)
    stop.set()
    await asyncio.wait_for(running, PATIENCE)
