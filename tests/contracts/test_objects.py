"""One suite for every place objects are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests import factories
from veza.kit.objects import Bucket, NoSuchObject, Objects, ObjectsUnavailable


@pytest.fixture(params=["folder", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    return factories.objects() if request.param == "memory" else Objects.in_folder(tmp_path / "not" / "there")


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


async def test_a_key_that_climbs_out_is_refused(objects: Objects) -> None:
    with pytest.raises(ValueError, match="path"):
        await objects.put("../outside", b"x")


async def test_a_folder_that_may_not_be_made_is_one_sentence() -> None:
    objects = Objects.in_folder(Path("/proc/no/objects"))
    with pytest.raises(ObjectsUnavailable, match="could not write a"):
        await objects.put("a", b"x")


async def test_a_bucket_that_does_not_answer_is_one_sentence() -> None:
    objects = Objects.in_bucket(Bucket("s3://veza/covers", "http://127.0.0.1:1", "eu-1", "key", "secret"))
    with pytest.raises(ObjectsUnavailable, match="could not read a"):
        await objects.get("a")
