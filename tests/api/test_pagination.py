"""Pages follow each other without gaps or repeats, and a cursor only works where it came from."""

from __future__ import annotations

import base64
import hashlib

from sqlalchemy import insert

from tests.api.conftest import Door
from veza.kit.outbox import OutboxEvent


async def _fill(door: Door, count: int) -> list[str]:
    async with door.database.write() as session:
        ids = [session.new_id() for _ in range(count)]
        rows = [{"id": id_, "topic": "t", "payload": {}, "created_at": session.now, "attempts": 0} for id_ in ids]
        await session.execute(insert(OutboxEvent), rows)
    return [str(id_) for id_ in reversed(ids)]


async def test_walking_the_pages_shows_every_row_once_newest_first(door: Door) -> None:
    ids = await _fill(door, 7)
    seen: list[str] = []
    cursor = ""
    async with door.client() as client:
        for size in (3, 3, 1):
            page = (await client.get(f"/api/v1/wishes?limit=3{cursor}")).json()
            assert len(page["items"]) == size
            seen += [item["id"] for item in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids
    assert page["next_cursor"] is None


async def test_rows_that_arrive_meanwhile_do_not_shift_the_pages(sqlite_door: Door) -> None:
    ids = await _fill(sqlite_door, 4)
    async with sqlite_door.client() as client:
        first = (await client.get("/api/v1/wishes?limit=2")).json()
        await _fill(sqlite_door, 3)
        second = (await client.get(f"/api/v1/wishes?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["id"] for item in first["items"] + second["items"]] == ids


async def test_a_cursor_of_other_filters_or_edited_is_refused(sqlite_door: Door) -> None:
    await _fill(sqlite_door, 3)
    async with sqlite_door.client() as client:
        cursor = (await client.get("/api/v1/wishes?limit=1")).json()["next_cursor"]
        packed = bytearray(base64.urlsafe_b64decode(cursor + "=="))
        packed[3] ^= 1
        edited = base64.urlsafe_b64encode(bytes(packed)).decode().rstrip("=")
        for bad in (f"{cursor}&topic=t", edited, cursor[:-4], "", "AAAA", cursor + "A"):
            answer = await client.get(f"/api/v1/wishes?cursor={bad}")
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:veza:problem:bad-cursor"), bad


async def test_a_made_up_cursor_with_the_right_checksum_is_refused(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        for after in (b"x", b"\xff", b"a\0b"):
            packed = hashlib.sha256(after + repr(("wishes", [("sort", "newest")])).encode()).digest()[:6] + after
            cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
            answer = await client.get(f"/api/v1/wishes?cursor={cursor}")
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:veza:problem:bad-cursor"), after
