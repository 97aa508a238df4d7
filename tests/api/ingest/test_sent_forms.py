"""A track's audio by a plain form: streamed to parts, whole or not at all, once for each key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from tests.api.ingest.conftest import Desk, a_desk
from tests.api.visitors import visiting
from tests.client import API, UNKNOWN_ID
from veza.ingest import upload_parts
from veza.ingest.upload_space import UploadLimits
from veza.ingest.uploads import Upload
from veza.kit.clock import ManualClock
from veza.kit.database import Database

SONG = bytes(range(256)) * 40 + b"\r\n--almost a boundary\r\n"
BOUNDARY = "b-o-u-n-d-a-r-y"


def form(*fields: tuple[str, bytes], end: bytes = b"--\r\n") -> bytes:
    """A body of these fields; a name with a `;` has a file's name behind it."""
    parts = []
    for name, content in fields:
        field, _, file = name.partition(";")
        said = f'form-data; name="{field}"' + (f'; filename="{file}"' if file else "")
        parts.append(f"--{BOUNDARY}\r\nContent-Disposition: {said}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}".encode() + end


WHOLE = form(("csrf", b"x"), ("file;Night Bus.flac", SONG))


async def sent(
    desk: Desk, content: Any = WHOLE, *, track: UUID | str = "", key: str = "", **more: str
) -> httpx.Response:
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Idempotency-Key": key or str(uuid4()),
        **visiting(desk.anna, "artist"), **{name.replace("_", "-"): value for name, value in more.items()},
    }  # fmt: skip
    return await desk.client.post(f"{API}/tracks/{track or desk.track}/audio", headers=headers, content=content)


async def rows(desk: Desk) -> list[Upload]:
    async with desk.ingest.database.read() as session:
        return list((await session.scalars(select(Upload).order_by(Upload.id))).all())


async def test_a_form_is_an_upload_that_has_come(any_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_parts.cut, "__defaults__", (1000,))
    answer = await sent(any_desk)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["status"], shown["length_bytes"], shown["file_name"]) == ("received", len(SONG), "Night Bus.flac")
    assert shown["track_id"] == str(any_desk.track)
    parts = await any_desk.stored(answer.headers["location"])
    assert max(map(len, parts.values())) == 1000
    assert b"".join(parts.values()) == SONG


async def test_a_key_sends_once(any_desk: Desk) -> None:
    first, again = await sent(any_desk, key="one"), await sent(any_desk, key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await rows(any_desk)) == 1


async def test_two_of_one_key_at_once_send_once(any_desk: Desk) -> None:
    answers = await asyncio.gather(*(sent(any_desk, key="one") for _ in range(2)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    kept = [one.status for one in await rows(any_desk)]
    assert kept.count("received") == 1
    assert kept.count("terminated") == len(kept) - 1, "the second is refused before it is read, or ended after"


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (form(("file;a.flac", SONG), end=b""), 400, "malformed-body"),
        (WHOLE[:-500], 400, "malformed-body"),
        (form(("file", SONG)), 400, "malformed-body"),
        (form(("a;a.flac", SONG), ("b;b.flac", SONG)), 400, "malformed-body"),
        (form(("csrf", b"x" * 70_000), ("file;a.flac", SONG)), 400, "malformed-body"),
        (b"no form", 400, "malformed-body"),
        (form(("file;a.flac", b"")), 413, "file-too-large"),
    ],
    ids=["no end", "cut", "no file", "two files", "much before it", "no form", "empty"],
)
async def test_a_form_that_cannot_be_taken_leaves_nothing_that_waits(
    desk: Desk, content: bytes, status: int, kind: str
) -> None:
    answer = await sent(desk, content)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:veza:problem:{kind}")
    assert {one.status for one in await rows(desk)} <= {"terminated"}


async def test_what_is_refused_before_it_is_read_ends_the_connection(database: Database, clock: ManualClock) -> None:
    async with a_desk(database, clock, limits=UploadLimits(file_bytes=2_000)) as desk:
        large, small = await sent(desk), form(("file;a.flac", b"x" * 2_000))
        assert (large.status_code, large.headers["connection"]) == (413, "close")
        assert (await sent(desk, small)).status_code == 201
        refused = [
            await sent(desk, small, track=UNKNOWN_ID),
            await sent(desk, small, Content_Type="application/json"),
            await sent(desk, small, key=" "),
            await sent(desk, small, Content_Encoding="gzip"),
        ]
        assert [answer.status_code for answer in refused] == [404, 415, 400, 415]

        async def without_a_length() -> AsyncIterator[bytes]:
            yield small

        assert (await sent(desk, without_a_length())).status_code == 411
        assert len(await rows(desk)) == 1
