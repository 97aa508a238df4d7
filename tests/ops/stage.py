"""A process on the real start and stop, with a service and a stream that can be told to misbehave.

    python -m tests.ops.stage SERVICE GRACE_SECONDS

SERVICE: `polite` ends when asked, `stubborn` never does, `crashing` raises in its first run, `quitting` ends in it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from litestar import Litestar, get
from litestar.response import Stream

from veza.http.serving import address, listen
from veza.kit.database import Database
from veza.ops import serve
from veza.ops.command import run_async
from veza.ops.observability import configure_logs
from veza.settings import Settings


class Acting:
    """A service that behaves as its name says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runs = 0

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1
        print(f"service: run {self.runs}", flush=True)
        if self.name == "crashing" and self.runs == 1:
            raise ValueError("the service broke")
        if self.name == "quitting" and self.runs == 1:
            return
        await stop.wait()
        print("service: heard the stop", flush=True)
        if self.name == "stubborn":
            await asyncio.Event().wait()


@dataclass
class Stage:
    settings: Settings
    database: Database
    services: list[Any]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    foundations: list[Any] = field(default_factory=list)
    asgi: Any = None

    async def close(self) -> None:
        print("application: closed", flush=True)
        await self.database.close()


@asynccontextmanager
async def foundation() -> AsyncIterator[None]:
    print("foundation: up", flush=True)
    yield
    print("foundation: down", flush=True)


async def main() -> int:
    settings = Settings(shutdown_grace=timedelta(seconds=float(sys.argv[2])), port=0)
    configure_logs(settings)
    stage = Stage(settings, Database.open("sqlite+aiosqlite://"), [Acting(sys.argv[1])], foundations=[foundation])

    @get("/slow")
    async def slow() -> str:
        print("slow: began", flush=True)
        await stage.stop.wait()
        return "finished"

    @get("/quick")
    async def quick() -> str:
        return "finished"

    @get("/stream")
    async def stream() -> Stream:
        async def ticks() -> AsyncIterator[bytes]:
            yield b"data: open\n\n"
            await stage.stop.wait()
            yield b"data: bye\n\n"

        return Stream(ticks(), media_type="text/event-stream")

    stage.asgi = Litestar([slow, quick, stream], logging_config=None, debug=False, openapi_config=None)
    listener = listen(settings.host, settings.port)
    return await serve.run(stage, listener, lambda: print(f"ready {address(listener)}", flush=True))


if __name__ == "__main__":
    sys.exit(run_async(main()))
