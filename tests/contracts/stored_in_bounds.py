"""Run as a process: writes an object, reads it again, and prints by how many bytes its memory grew at most.

python -m tests.contracts.stored_in_bounds MEBIBYTES FOLDER_OR_URL
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from veza.kit.objects import Bucket, Objects

MIB = 1 << 20


async def main(mebibytes: int, where: str) -> None:
    """`where` is the path of a folder, or the URL of a server with a bucket named veza."""
    objects = (
        Objects.in_bucket(Bucket("s3://veza/bounds", where, "us-east-1", "key", "secret"))
        if where.startswith("http:")
        else Objects.in_folder(Path(where))
    )
    # What is loaded and made once is there from here on.
    await objects.write("small", _chunks(1, hashlib.sha256()))
    await objects.read("small", 0, MIB)
    before, written, read = _memory("VmRSS"), hashlib.sha256(), hashlib.sha256()
    await objects.write("large", _chunks(mebibytes, written))
    async for chunk in objects.chunks("large"):
        read.update(chunk)
    assert (await objects.head("large")).size_bytes == mebibytes * MIB
    assert read.digest() == written.digest()
    print(_memory("VmHWM") - before)


async def _chunks(mebibytes: int, digest: hashlib._Hash) -> AsyncIterator[bytes]:
    for number in range(mebibytes * 16):
        chunk = number.to_bytes(4, "big") * (MIB // 64)
        digest.update(chunk)
        yield chunk


def _memory(what: str) -> int:
    """In bytes: VmRSS is the memory now, VmHWM the most there was."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{what}:"))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
