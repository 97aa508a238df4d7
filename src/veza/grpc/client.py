"""Calls of the gRPC service: with a token, with TLS where a certificate is named, and never without a deadline."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
from veza.grpc.methods import METHODS
from veza.grpc.statuses import problem_of
from veza.http.problems import UNAVAILABLE, Problem

ANSWER_WITHIN = timedelta(seconds=3)
LEFT_ALONE = timedelta(seconds=1)
"""After a call that was not answered the next ones fail at once for as long, so that streams that go on do not wait."""


class StreamClient:
    """One channel to the service at `address` (host:port). `certificate` is a PEM file of what signed the server's; an
    empty one means no encryption."""

    def __init__(self, address: str, token: str, certificate: str = "") -> None:
        self._address, self._certificate = address, certificate
        self._metadata = (("authorization", f"Bearer {token}"),)
        self._calls: Mapping[str, Any] = {}
        self._channel: grpc.aio.Channel | None = None
        self._gone: tuple[float, Problem] | None = None

    async def call(self, name: str, request: Any) -> Any:
        """The answer. Raises Problem: of the kind that the service said, or UNAVAILABLE where no answer came."""
        if self._gone is not None and time.monotonic() < self._gone[0]:
            raise Problem(self._gone[1].kind, self._gone[1].detail, self._gone[1].headers)
        try:
            answer = await self._call_of(name)(request, metadata=self._metadata, timeout=ANSWER_WITHIN.total_seconds())
        except grpc.aio.AioRpcError as error:
            problem = problem_of(error)
            if problem.kind is UNAVAILABLE:
                self._gone = time.monotonic() + LEFT_ALONE.total_seconds(), problem
            raise problem from None
        self._gone = None
        return answer

    async def is_reached(self) -> bool:
        """Whether the service answers."""
        from veza.grpc import stream_pb2 as pb

        try:
            await self.call("ListSessions", pb.ListSessionsRequest(page_size=1))
        except Problem:
            return False
        return True

    async def close(self) -> None:
        if self._channel is not None:
            await self._channel.close()

    def _call_of(self, name: str) -> Any:
        """Opened at the first call: a channel belongs to the loop that is running then."""
        if self._channel is None:
            options = [
                ("grpc.keepalive_time_ms", 30_000),
                ("grpc.keepalive_timeout_ms", 5_000),
                ("grpc.max_reconnect_backoff_ms", 2_000),
            ]
            if self._certificate:
                trusted = grpc.ssl_channel_credentials(Path(self._certificate).read_bytes())
                self._channel = grpc.aio.secure_channel(self._address, trusted, options=options)
            else:
                self._channel = grpc.aio.insecure_channel(self._address, options=options)
            self._calls = {
                one.name: self._channel.unary_unary(one.path, one.takes.SerializeToString, one.gives.FromString)
                for one in METHODS
                if not one.streams
            }
        return self._calls[name]
