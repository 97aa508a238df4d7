"""Objects where something is gone, full or too large for memory."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.filling_bucket import FULL_ANSWERS, a_filling_bucket
from tests.pseudo_language import plain
from tests.s3_server import S3Server
from veza.kit.object_parts import PART_BYTES
from veza.kit.objects import Bucket, Objects, ObjectsUnavailable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def failing_server() -> Iterator[S3Server]:
    """One that this test may stop."""
    server = S3Server()
    server.start()
    yield server
    server.stop()


async def one_chunk(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def test_a_folder_that_may_not_be_made_is_one_sentence() -> None:
    objects = Objects.in_folder(Path("/proc/no/objects"))
    with pytest.raises(ObjectsUnavailable, match="could not write a"):
        await objects.put("a", b"x")
    with pytest.raises(ObjectsUnavailable, match="could not write a"):
        await objects.write("a", one_chunk(b"x" * 2 * PART_BYTES))


async def test_a_bucket_that_does_not_answer_is_one_sentence() -> None:
    objects = Objects.in_bucket(Bucket("s3://veza/covers", "http://127.0.0.1:1", "eu-1", "key", "secret"))
    with pytest.raises(ObjectsUnavailable, match="could not read a"):
        await objects.get("a")


@pytest.mark.parametrize("answer", FULL_ANSWERS)
async def test_a_bucket_that_is_full_says_so(answer: tuple[int, str]) -> None:
    with a_filling_bucket(port=1, space_bytes=0) as (bucket, port):
        bucket.answer = answer
        objects = Objects.in_bucket(Bucket("s3://veza/x", f"http://127.0.0.1:{port}", "eu-1", "key", "secret"))
        with pytest.raises(ObjectsUnavailable, match="could not write a") as refused:
            await objects.put("a", b"x")
    assert refused.value.is_full


async def test_a_server_that_is_gone_is_one_sentence_for_everything_and_works_when_it_is_back(
    failing_server: S3Server, tmp_path: Path
) -> None:
    objects = Objects.in_bucket(failing_server.bucket("gone"))
    await objects.put("a", b"before")
    failing_server.stop()
    asked: dict[str, list[Awaitable[Any]]] = {
        "write": [objects.put("a", b"x"), objects.write("a", one_chunk(b"x" * 2 * PART_BYTES))],
        "read": [
            objects.get("a"), objects.head("a"), objects.read("a", 0, 1), anext(objects.chunks("a")),
            objects.copy_to_file("a", tmp_path / "a"),
        ],
        "list": [anext(objects.listing("a"))],
        "remove": [objects.remove("a")],
    }  # fmt: skip
    said = await asyncio.gather(*(one for group in asked.values() for one in group), return_exceptions=True)
    doing = [verb for verb, group in asked.items() for _ in group]
    for verb, error in zip(doing, said, strict=True):
        assert isinstance(error, ObjectsUnavailable), (verb, error)
        assert plain(str(error)).startswith(f"the object store could not {verb} a: ")
        assert "\n" not in str(error)
    assert not (tmp_path / "a").exists()
    failing_server.start()
    await objects.write("a", one_chunk(b"after"))
    assert await objects.get("a") == b"after"


async def test_a_server_that_goes_in_the_middle_of_a_write_is_one_sentence(failing_server: S3Server) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * 2 * PART_BYTES
        failing_server.stop()
        yield b"x" * 2 * PART_BYTES

    with pytest.raises(ObjectsUnavailable, match="could not write a"):
        await Objects.in_bucket(failing_server.bucket()).write("a", chunks())


FULL = """
import asyncio, resource, sys
from pathlib import Path
from veza.kit.objects import Objects, ObjectsUnavailable

async def chunks():
    for _ in range(16):
        yield bytes(1 << 20)

async def main():
    folder = Path(sys.argv[1])
    objects = Objects.in_folder(folder)
    await objects.put("old", b"as it was")
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
    for write in (objects.write("old", chunks()), objects.write("new", chunks()), objects.put("new", bytes(16 << 20))):
        try:
            await write
        except ObjectsUnavailable as error:
            print(error)
    assert await objects.get("old") == b"as it was"
    await objects.put("small", b"still goes")
    print(sorted(path.name for path in folder.iterdir()))

asyncio.run(main())
"""


def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write fails in the middle just the same."""
    *said, left = run("-c", FULL, str(tmp_path)).splitlines()
    assert [sentence.partition(": ")[0] for sentence in said] == [
        "the object store could not write old", "the object store could not write new",
        "the object store could not write new",
    ]  # fmt: skip
    assert all("File too large" in sentence for sentence in said)
    assert left == "['old', 'small']"


def test_memory_does_not_follow_the_size_of_an_object_in_a_folder(tmp_path: Path) -> None:
    assert int(run("-m", "tests.contracts.stored_in_bounds", "256", str(tmp_path))) < 32 << 20


def test_memory_does_not_follow_the_size_of_an_object_in_a_bucket(s3_server: S3Server) -> None:
    """With 256 MiB it is the same (15 MB), but this server reads all of an object for each range of it."""
    url = f"http://127.0.0.1:{s3_server.port}"
    assert int(run("-m", "tests.contracts.stored_in_bounds", "64", url)) < 32 << 20


ENDS = """
import asyncio, sys
from pathlib import Path
from veza.kit.objects import Objects
asyncio.run(Objects.in_folder(Path(sys.argv[1])).put("a", b""))
"""


def test_a_process_that_ends_right_after_a_write_ends_well(tmp_path: Path) -> None:
    for _ in range(8):
        run("-c", ENDS, str(tmp_path))


def run(*arguments: str) -> str:
    """What the process prints, if it ends well and complains of nothing."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("size", [100, 3 * PART_BYTES])
def test_an_object_in_a_folder_is_on_the_disk_before_it_is_said_to_be_kept(tmp_path: Path, size: int) -> None:
    if shutil.which("strace") is None:
        missing("strace is not installed (Debian: apt-get install strace)")
    program = (
        "import asyncio, os\n"
        "from pathlib import Path\n"
        "from veza.kit.objects import Objects\n"
        "async def chunks():\n"
        f"    yield bytes({size})\n"
        f"asyncio.run(Objects.in_folder(Path({str(tmp_path)!r})).write('uploads/one/0', chunks()))\n"
    )
    traced = subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", sys.executable, "-c", program],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    calls = re.findall(r"(rename|fsync)\w*\((.*)", traced.stderr)
    assert [call for call, _ in calls][-4:] == ["fsync"] * 4, "after it has its name"
    assert "rename" in [call for call, _ in calls]
    synced = [re.findall(r"<([^>]*)>", where)[0] for call, where in calls if call == "fsync"]
    assert synced[-4:] == [str(tmp_path / one) for one in ("uploads/one/0", "uploads/one", "uploads", ".")]
