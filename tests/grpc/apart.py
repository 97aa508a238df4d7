"""A process that streams alone (`veza stream`), beside the one that has the database; both in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from tests.api.streaming.conftest import Stage
from tests.client import http_client
from tests.grpc.conftest import TOKEN, Caller
from veza.app.apart import Streaming, build_streaming
from veza.grpc import client as grpc_client
from veza.settings import Settings

TICK = timedelta(seconds=21)
"""After this an answer about a session is asked for again."""


@dataclass
class Apart:
    """The stage, the process that has the database, and the one that streams."""

    stage: Stage
    main: Caller
    streaming: Streaming
    browser: httpx.AsyncClient

    async def get(self, rest: str, headers: dict[str, str] | None = None, **more: str) -> httpx.Response:
        return await self.browser.get(self.stage.path(rest), headers={**(headers or {}), **more})

    async def file(self, headers: dict[str, str], rung: str = "aac128") -> str:
        """The address of a rung's file, of a stream that begins here."""
        master = await self.get("master.m3u8", headers)
        assert master.status_code == 200, master.text
        line = next(one for one in master.text.splitlines() if one.startswith(rung))
        return line.replace("index.m3u8", "audio.mp4")

    async def has_ended(self, file: str) -> bool:
        """Whether the link is closed within a minute."""
        self.stage.clock.advance(TICK)
        answer = await self.get(file)
        return answer.status_code == 403 and answer.json()["type"] == "urn:veza:problem:stream-ended"


@pytest.fixture
async def apart(stage: Stage, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Apart]:
    monkeypatch.setattr(grpc_client, "LEFT_ALONE", timedelta())  # the clock of these tests stands still
    settings = Settings(
        var_dir=stage.veza.settings.var_dir, grpc_address=f"127.0.0.1:{caller.server.port}", grpc_token=TOKEN
    )
    streaming = build_streaming(settings, clock=stage.clock)
    async with http_client(streaming.asgi, base_url=settings.base_url) as browser:
        yield Apart(stage, caller, streaming, browser)
    await streaming.close()
