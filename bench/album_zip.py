"""The ZIP of an album of 500 MB, packed while one client loads it, beside nginx that serves the finished file."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import statistics
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

from _file_load import DROPPED, MOST_HEAD_BYTES, cores, nginx
from _stand import HERE, Result, options, run, running

TRACKS, TRACK_BYTES = 12, 42_000_000
ROUNDS = 7
MUST = 0.6
MOST_MOVED_BYTES = 32_000_000


def write_album(folder: Path) -> None:
    """Files of chance, and album.json, which says what is known of them."""
    chance, album = random.Random(1), []
    (folder / "objects" / "downloads").mkdir(parents=True)
    (folder / "files").mkdir()
    for number in range(1, TRACKS + 1):
        data, key = chance.randbytes(TRACK_BYTES), f"downloads/{number}"
        (folder / "objects" / key).write_bytes(data)
        album.append(
            {"name": f"{number:02} Track.flac", "key": key, "size_bytes": TRACK_BYTES, "crc32": zlib.crc32(data),
             "etag": f'"{number}"'}
        )  # fmt: skip
    (folder / "album.json").write_text(json.dumps(album))


def load(port: int) -> tuple[int, float]:
    """Bytes of /album.zip, and the seconds until all had arrived; the kernel drops them."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, len(DROPPED))
        connection.connect(("127.0.0.1", port))
        began = time.perf_counter()
        connection.sendall(b"GET /album.zip HTTP/1.1\r\nHost: veza\r\n\r\n")
        said = connection.recv(MOST_HEAD_BYTES)
        head, found, body = said.partition(b"\r\n\r\n")
        if not found or not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"no album, but: {said!r}")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        left = length - len(body)
        while left > 0:
            taken = connection.recv_into(DROPPED, min(left, len(DROPPED)), socket.MSG_TRUNC)
            if not taken:
                raise SystemExit(f"{left} of {length} bytes are missing")
            left -= taken
        return length, time.perf_counter() - began


def highest_memory(pid: int) -> int:
    """Bytes of memory that the process had at most since `/proc/PID/clear_refs` was written."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def compared(ours: tuple[int, int], other: int) -> Result:
    """Our port and process and nginx's port, in turns; the ratio is the median of the rounds'."""
    os.sched_setaffinity(0, {cores()[1]})
    port, pid = ours
    for one in (port, other):
        load(one)
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    before, rounds = highest_memory(pid), []
    for _ in range(ROUNDS):
        (length, theirs), (same, mine) = load(other), load(port)
        if length != same:
            raise SystemExit(f"the ZIP has {same} bytes, the finished file {length}")
        rounds.append((length / mine, length / theirs))
    moved = highest_memory(pid) - before
    ratio = statistics.median(mine / theirs for mine, theirs in rounds)
    return {
        "name": "an album of 500 MB beside nginx",
        "ratio": round(ratio, 3),
        "bytes": length,
        "veza_mb_per_second": round(statistics.median(mine for mine, _ in rounds) / 1e6),
        "nginx_mb_per_second": round(statistics.median(theirs for _, theirs in rounds) / 1e6),
        "memory_moved_mb": round(moved / 1e6, 1),
        "reached": ratio >= MUST and moved < MOST_MOVED_BYTES,
    }


async def measured() -> Sequence[Result]:
    if shutil.which("nginx") is None:
        return [{"name": "an album beside nginx", "skipped": "no nginx", "reached": True}]
    with tempfile.TemporaryDirectory(prefix="veza-bench-") as made:
        folder, core = Path(made), str(cores()[0])
        write_album(folder)
        server = [str(HERE / "_album_server.py"), str(folder), core]
        async with running([*server, "--write"], {}, "written") as writing:
            await writing.process.wait()
        async with running(server, {}, "http://") as process, nginx(folder / "files", folder, "/{}".format) as other:
            ours = int(process.line.rpartition(":")[2]), process.pid
            return [await asyncio.to_thread(compared, ours, other.port)]


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
