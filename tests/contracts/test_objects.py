"""One suite for every place objects are kept."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import LocalStore

from tests import factories
from tests.s3_server import S3Server
from veza.kit import object_pages
from veza.kit.object_parts import PART_BYTES
from veza.kit.objects import NoSuchObject, Objects

PLACES = ["folder", "bucket", "memory"]
ODD = [
    "sp ace/ü.x", "emoji 🎵", "a%20b", "a?b", "a+b&c=d", "a#b", "tr.", "b\\c", "q'\"<>", "a ", " a", "*|[]{}^`~",
    "\u202ertl", "é", "e\u0301", "x" * 240, "🎵" * 60, ".hidden", "-rf", "#1/x",
]  # fmt: skip
REFUSED = ["", "/a", "a/", "a//b", "..", "../a", "a/../b", "./a", "a\nb", "a\0b", "a#1", "x" * 241, "🎵" * 61]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there"


@pytest.fixture(params=PLACES)
def objects(request: pytest.FixtureRequest, folder: Path) -> Objects:
    if request.param == "bucket":
        server: S3Server = request.getfixturevalue("s3_server")
        return Objects.in_bucket(server.bucket(uuid.uuid4().hex))
    return factories.objects() if request.param == "memory" else Objects.in_folder(folder)


async def chunks(*parts: bytes, fails: Exception | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if fails is not None:
        raise fails


async def everything(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_is_put_is_got_and_what_is_removed_is_gone(objects: Objects) -> None:
    await objects.put("covers/ab/abc.webp", b"one")
    await objects.put("covers/ab/abc.webp", b"two")
    assert await objects.get("covers/ab/abc.webp") == b"two"
    await objects.remove("covers/ab/abc.webp")
    await objects.remove("covers/ab/abc.webp")
    with pytest.raises(NoSuchObject, match=r"covers/ab/abc\.webp"):
        await objects.get("covers/ab/abc.webp")


async def test_nothing_and_a_lot_are_kept_alike(objects: Objects) -> None:
    much = bytes(range(256)) * 20_000
    await objects.put("empty", b"")
    await objects.put("much", much)
    assert await objects.get("empty") == b""
    assert await objects.get("much") == much


async def test_writers_at_once_leave_one_whole_object(objects: Objects) -> None:
    bodies = [bytes([number]) * 100_000 for number in range(8)]
    await asyncio.gather(*(objects.put("one", body) for body in bodies))
    assert await objects.get("one") in bodies


@pytest.mark.parametrize("key", ODD, ids=ascii)
async def test_an_odd_key_is_a_key_like_another(objects: Objects, key: str) -> None:
    await objects.put(f"odd/{key}", b"odd")
    await objects.put(f"odd/two/{key}", b"other")
    assert await objects.get(f"odd/{key}") == b"odd"
    assert {found.key async for found in objects.listing("odd")} == {f"odd/{key}", f"odd/two/{key}"}
    await objects.remove(f"odd/{key}")
    assert [found.key async for found in objects.listing("odd")] == [f"odd/two/{key}"]


@pytest.mark.parametrize("key", REFUSED, ids=ascii)
async def test_a_key_that_not_every_place_takes_is_refused_by_all(objects: Objects, key: str) -> None:
    for asked in (objects.put(key, b"x"), objects.write(key, chunks(b"x")), objects.get(key), objects.head(key)):
        with pytest.raises(ValueError, match=r"path|Path"):
            await asked


async def test_a_head_tells_size_time_and_version(objects: Objects) -> None:
    await objects.put("a/b", b"one")
    first = await objects.head("a/b")
    assert (first.key, first.size_bytes) == ("a/b", 3)
    assert abs(first.modified_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert first.etag is not None
    assert first.etag[0] == first.etag[-1] == '"'
    assert await objects.head("a/b") == first
    await objects.put("a/b", b"two")
    assert (await objects.head("a/b")).etag != first.etag
    with pytest.raises(NoSuchObject, match="a/c"):
        await objects.head("a/c")


@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        (0, 1, b"0"), (0, 10, b"0123456789"), (3, 5, b"34"), (9, 10, b"9"), (8, 50, b"89"),
        (10, 11, b""), (50, 60, b""), (4, 4, b""), (5, 3, b""),
    ],
)  # fmt: skip
async def test_a_range_is_what_there_is_of_it(objects: Objects, start: int, end: int, read: bytes) -> None:
    await objects.put("digits", b"0123456789")
    assert await objects.read("digits", start, end) == read
    assert await everything(objects.chunks("digits", start, end)) == read
    assert [piece async for piece in objects.chunks("digits", start, end, 3)] == [
        read[at : at + 3] for at in range(0, len(read), 3)
    ]


async def test_a_range_of_nothing_is_empty_and_of_what_is_not_there_an_error(objects: Objects) -> None:
    await objects.put("empty", b"")
    assert await objects.read("empty", 0, 5) == b""
    assert await everything(objects.chunks("empty")) == b""
    for start, end in ((0, 5), (3, 3)):
        with pytest.raises(NoSuchObject):
            await objects.read("none", start, end)
        with pytest.raises(NoSuchObject):
            await everything(objects.chunks("none", start, end))


async def test_a_streamed_write_is_read_as_it_was_whatever_its_chunks(objects: Objects) -> None:
    body = bytes(range(251)) * (2 * PART_BYTES // 251 + 7)
    for size in (len(body), PART_BYTES, 1 << 20, 99_991):
        await objects.write("one", chunks(*(body[at : at + size] for at in range(0, len(body), size))))
        assert (await objects.head("one")).size_bytes == len(body)
        assert await everything(objects.chunks("one", chunk_bytes=PART_BYTES + 1)) == body
    for parts in ((), (b"",), (b"a", b"", b"b")):
        await objects.write("one", chunks(*parts))
        assert await objects.get("one") == b"".join(parts)


@pytest.mark.parametrize("before", [0, 1, 3 * PART_BYTES])
async def test_a_write_whose_source_fails_leaves_what_was_there(
    objects: Objects, folder: Path, s3_server: S3Server, before: int
) -> None:
    await objects.put("old", b"as it was")
    for key in ("old", "new"):
        # An OSError of the source is the client's, not the store's.
        with pytest.raises(ConnectionResetError, match="the client is gone"):
            await objects.write(key, chunks(b"x" * before, fails=ConnectionResetError("the client is gone")))
    assert await objects.get("old") == b"as it was"
    assert [found.key async for found in objects.listing()] == ["old"]
    assert_nothing_is_left(folder, s3_server, but={"old"})


async def test_a_write_that_is_cancelled_leaves_what_was_there(
    objects: Objects, folder: Path, s3_server: S3Server
) -> None:
    await objects.put("old", b"as it was")
    sent, never = asyncio.Event(), asyncio.Event()

    async def until_cancelled() -> AsyncIterator[bytes]:
        yield b"x" * 2 * PART_BYTES
        yield b"x"
        sent.set()
        await never.wait()

    writing = asyncio.create_task(objects.write("old", until_cancelled()))
    await sent.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await objects.get("old") == b"as it was"
    assert_nothing_is_left(folder, s3_server, but={"old"})


def assert_nothing_is_left(folder: Path, server: S3Server, but: set[str]) -> None:
    """Neither a file that was being written nor parts that S3 keeps, and charges for."""
    assert {path.name for path in folder.rglob("*")} <= but
    assert b"<Upload>" not in server.ask("GET", "/veza?uploads")


async def test_streams_of_one_key_at_once_leave_one_whole_object(objects: Objects) -> None:
    bodies = [bytes([number]) * (PART_BYTES + 100_000 * number) for number in range(1, 5)]
    await asyncio.gather(*(objects.write("one", chunks(body[:-9], body[-9:])) for body in bodies))
    assert await objects.get("one") in bodies


async def test_a_reader_never_gets_a_mixture_of_two_versions(objects: Objects) -> None:
    await objects.put("one", b"old" * 10)
    reading = objects.chunks("one", chunk_bytes=10)
    assert await anext(reading) == (b"old" * 10)[:10]
    await objects.put("one", b"new" * 10)
    with pytest.raises(Exception, match="could not read one"):
        await anext(reading)


async def test_a_listing_is_in_order_through_all_its_pages(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_pages, "LISTED_AT_ONCE", 4)
    keys = [f"a/{number}/x" for number in range(11)] + ["a/1.x", "a/1!", "a/z", "a/deep/er/y", "a/é"]
    others = ["ab", "ab/c", "b"] if not isinstance(objects._store, LocalStore) else ["ab/c", "b"]
    for key in [*keys, *others]:
        await objects.put(key, key.encode())
    found = [(one.key, one.size_bytes) async for one in objects.listing("a")]
    assert found == [(key, len(key.encode())) for key in sorted(keys)]
    assert [one.key async for one in objects.listing()] == sorted([*keys, *others])
    assert [one.key async for one in objects.listing("none/there")] == []
    assert max([len(page) async for page in object_pages.pages_of(objects._store, "")]) <= 4


async def test_a_file_goes_in_and_comes_out_again(objects: Objects, tmp_path: Path) -> None:
    body = bytes(range(256)) * (PART_BYTES // 128)
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(body)
    await objects.write_file("one", source)
    await objects.copy_to_file("one", copy)
    assert copy.read_bytes() == body


async def test_a_file_that_cannot_be_read_or_written_is_no_trouble_of_the_store(
    objects: Objects, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await objects.write_file("one", tmp_path / "none")
    with pytest.raises(NoSuchObject):
        await objects.copy_to_file("one", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    await objects.put("one", b"1")
    (tmp_path / "there").write_bytes(b"of another")
    with pytest.raises(FileExistsError):
        await objects.copy_to_file("one", tmp_path / "there")
    assert (tmp_path / "there").read_bytes() == b"of another"
