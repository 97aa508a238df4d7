"""A store that is full or gone while bytes come: one sentence, nothing lost, and the upload goes on afterwards."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.api.ingest.conftest import Desk, a_desk
from tests.api.ingest.test_sent_forms import form, rows, sent
from tests.line import a_line_to
from tests.pseudo_language import plain
from tests.s3_server import S3Server
from veza.ingest import upload_parts
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.objects import Objects
from veza.kit.schema import make_tables

PART_BYTES = 1 << 20
SONG = bytes(range(256)) * (3 * PART_BYTES // 256) + b"the end"
FORM = form(("file;Night Bus.flac", SONG))
FULL = ("disk-full", 507, "the server's object store is full")
GONE = ("unavailable", 503, "the server's object store cannot be reached or written")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_parts.cut, "__defaults__", (PART_BYTES,))


@contextmanager
def no_space() -> Iterator[None]:
    """A limit on the size of files stands for the disk: the write fails in the middle just the same."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (PART_BYTES // 2, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def not_there(folder: Path) -> Iterator[None]:
    """The folder's disk is not mounted, and what stands in its place takes no files."""
    away = folder.with_name("elsewhere")
    folder.rename(away)
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        away.rename(folder)


def demand_says(answer: httpx.Response, said: tuple[str, int, str], kept: str) -> None:
    kind, status, trouble = said
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:veza:problem:{kind}"), answer.text
    assert plain(problem["detail"]) == f"{trouble}: {kept}"
    assert answer.headers["retry-after"] == "30"


@asynccontextmanager
async def desk_on(clock: ManualClock, objects: Objects) -> AsyncIterator[Desk]:
    database = Database.open("sqlite+aiosqlite:///:memory:", clock=clock)
    await make_tables(database.engine)
    async with a_desk(database, clock, objects=objects) as desk:
        yield desk
    await database.close()


@pytest.mark.parametrize("trouble", ["full", "gone"])
async def test_a_folder_that_takes_nothing_keeps_what_came_and_goes_on_later(
    clock: ManualClock, tmp_path: Path, trouble: str
) -> None:
    folder = tmp_path / "objects"
    async with desk_on(clock, Objects.in_folder(folder)) as desk:
        where = await desk.begun(len(SONG))
        assert (await desk.sent(where, 0, SONG[:PART_BYTES])).status_code == 204
        with no_space() if trouble == "full" else not_there(folder):
            answer = await desk.sent(where, PART_BYTES, SONG[PART_BYTES:])
            assert await desk.offset(where) == PART_BYTES
            form = await sent(desk, FORM)
        kept = f"the first {PART_BYTES:,} bytes of the file are kept, send the others later"
        said = FULL if trouble == "full" else GONE
        demand_says(answer, said, kept)
        demand_says(form, said, "nothing of the file is kept, send it again later")
        assert (await desk.sent(where, PART_BYTES, SONG[PART_BYTES:])).status_code == 204
        assert b"".join((await desk.stored(where)).values()) == SONG
        assert (await sent(desk, FORM)).status_code == 201
        assert [one.status for one in await rows(desk)] == ["received", "terminated", "received"]
        assert desk.ingest.objects.half_written() == []


async def test_a_bucket_that_is_away_keeps_what_came_and_goes_on_later(clock: ManualClock, s3_server: S3Server) -> None:
    async with AsyncExitStack() as stack:
        line = await stack.enter_async_context(a_line_to(s3_server.port))
        bucket = s3_server.bucket(uuid4().hex, port=line.port)
        desk = await stack.enter_async_context(desk_on(clock, Objects.in_bucket(bucket)))
        where = await desk.begun(len(SONG))
        line.lasts_bytes = 2 * PART_BYTES - 1000  # it breaks in the middle of the second part
        answer = await desk.sent(where, 0, SONG)
        kept = f"the first {PART_BYTES:,} bytes of the file are kept, send the others later"
        demand_says(answer, GONE, kept)
        await line.mend()
        assert await desk.offset(where) == PART_BYTES
        assert (await desk.sent(where, PART_BYTES, SONG[PART_BYTES:])).status_code == 204
        assert b"".join((await desk.stored(where)).values()) == SONG
