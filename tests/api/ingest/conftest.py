"""The door of uploads on a stage: the real module and routes, visitors by header, objects in memory."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests import factories
from tests.api.visitors import by_header, visiting
from tests.applications import Made, application
from tests.client import API, Client, http_client
from veza.api.application import api_v1, web_application
from veza.api.ingest.routes import INGEST_TAGS, ingest_routes
from veza.ingest.audio_worker import AudioRules
from veza.ingest.facade import Ingest
from veza.ingest.upload_space import UploadLimits
from veza.ingest.uploads import Upload
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.schema import make_tables

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
Body = bytes | Iterable[bytes] | AsyncIterable[bytes]


def metadata(**said: object) -> str:
    """`Upload-Metadata` of these pairs."""
    return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in said.items())


@dataclass
class Desk(Client):
    """Where uploads come in: `anna` runs the artist of a draft with one `track`, `ben` is another artist's person."""

    roles_of_a_person = ("artist",)
    asgi: Any
    ingest: Ingest
    clock: ManualClock
    anna: UUID
    ben: UUID
    artist: UUID
    release: UUID
    track: UUID

    async def tus(
        self, method: str, path: str, content: Body | None = None, *, by: UUID | None = None, **headers: str
    ) -> httpx.Response:
        """A request as a tus client sends it; `headers` by their names with _ for -."""
        said = {**TUS, **visiting(by or self.anna, "artist"), **{n.replace("_", "-"): v for n, v in headers.items()}}
        path = path if path.startswith(API) else f"{API}{path}"
        return await self.client.request(method, path, headers=said, content=content)

    async def begun(self, length_bytes: int, by: UUID | None = None, **said: object) -> str:
        """The address of a new upload for the track, or for what is `said`."""
        wanted = said or {"track": self.track, "filename": "Night Bus.flac"}
        answer = await self.tus(
            "POST", "/uploads", by=by, Upload_Length=str(length_bytes), Upload_Metadata=metadata(**wanted)
        )
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    async def sent(
        self, where: str, offset: int, content: Body, by: UUID | None = None, **headers: str
    ) -> httpx.Response:
        """A PATCH of these bytes."""
        sort = {"Content_Type": BYTES["Content-Type"], "Upload_Offset": str(offset), **headers}
        return await self.tus("PATCH", where, content, by=by, **sort)

    async def cut_off(self, where: str, offset: int, content: bytes, **headers: str) -> None:
        """A PATCH whose line is cut after these bytes, of more; no client is left to hear the answer."""
        said = {**BYTES, "Upload-Offset": str(offset), "Host": "veza.test", **visiting(self.anna, "artist"), **headers}
        messages: list[Any] = [
            {"type": "http.request", "body": content, "more_body": True},
            {"type": "http.disconnect"},
        ]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PATCH", "path": where,
            "raw_path": where.encode(), "query_string": b"", "scheme": "http", "server": ("veza.test", 80),
            "client": ("127.0.0.1", 1), "headers": [(k.lower().encode(), v.encode()) for k, v in said.items()],
        }  # fmt: skip

        async def receive() -> Any:
            return messages.pop(0)

        async def send(_: Any) -> None:
            """Into the void."""

        await self.asgi(scope, receive, send)

    async def offset(self, where: str) -> int:
        """What HEAD says is stored."""
        answer = await self.tus("HEAD", where)
        assert (answer.status_code, answer.content) == (200, b""), answer.text
        return int(answer.headers["upload-offset"])

    async def row(self, where: str) -> Upload:
        async with self.ingest.database.read() as session:
            return await session.get_one(Upload, UUID(where.rpartition("/")[2]))

    async def stored(self, where: str) -> dict[int, bytes]:
        """Where each stored part begins → the part."""
        found = [one.key async for one in self.ingest.objects.listing(f"uploads/{where.rpartition('/')[2]}")]
        return {int(key.rpartition("/")[2].partition("-")[0]): await self.ingest.objects.get(key) for key in found}


def _application(database: Any, ingest: Any) -> Made:
    return web_application(database, [api_v1(by_header, ingest_routes(ingest))], INGEST_TAGS)


@asynccontextmanager
async def a_desk(database: Database, clock: ManualClock, **more: Any) -> AsyncIterator[Desk]:
    """A desk on this database, with these parts of Ingest (`objects`, `limits`)."""
    parts = {"objects": factories.objects(), "limits": UploadLimits(), **more}
    catalog = factories.catalog(database, parts["objects"])
    ingest = Ingest(database, catalog=catalog, rules=AudioRules(Path("processing")), **parts)
    anna, ben = await factories.person(database, "Anna"), await factories.person(database, "Ben")
    artist = await factories.artist(database, run_by=anna)
    await factories.artist(database, "Ben", run_by=ben)
    release, (track,) = await factories.release(database, artist, "Night Bus", status="draft")
    with application(_application, database, ingest) as (asgi, _):
        async with http_client(asgi) as client:
            yield Desk(client, asgi, ingest, clock, anna, ben, artist, release, track)


@pytest.fixture
async def desk(clock: ManualClock) -> AsyncIterator[Desk]:
    """On SQLite in memory."""
    database = Database.open("sqlite+aiosqlite:///:memory:", clock=clock)
    await make_tables(database.engine)
    async with a_desk(database, clock) as desk:
        yield desk
    await database.close()


@pytest.fixture
async def any_desk(database: Database, clock: ManualClock) -> AsyncIterator[Desk]:
    """On an SQLite file and on PostgreSQL."""
    async with a_desk(database, clock) as desk:
        yield desk
