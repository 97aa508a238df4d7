"""A line to a server of another process, which a test cuts and mends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Line:
    """A port that leads to another, until it is cut: by hand, or after so many bytes were sent to there."""

    def __init__(self, to: int) -> None:
        self._to, self.port = to, 0
        self.lasts_bytes: int | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self.lasts_bytes = None
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for one in self._open:
            one.transport.abort()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, answers = await asyncio.open_connection("127.0.0.1", self._to), writer
        self._open |= {answers, there[1]}
        try:
            await asyncio.gather(self._pass(reader, there[1], True), self._pass(there[0], answers, False))
        finally:
            self._open -= {answers, there[1]}

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, is_sent: bool) -> None:
        with suppress(OSError):
            while chunk := await source.read(65_536):
                if is_sent and self.lasts_bytes is not None:
                    self.lasts_bytes -= len(chunk)
                    if self.lasts_bytes < 0:
                        await self.cut()
                target.write(chunk)
                await target.drain()
        target.close()


@asynccontextmanager
async def a_line_to(port: int) -> AsyncIterator[Line]:
    line = Line(port)
    await line.mend()
    yield line
    await line.cut()
