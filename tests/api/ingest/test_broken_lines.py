"""Lines that are cut, a server that is killed, two tabs: over real sockets, with a real server."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.ingest.large_upload import uploaded
from tests.api.ingest.site import BYTES, Site, a_site
from tests.waiting import until
from veza.ingest.upload_parts import PART_BYTES

SONG = random.Random(2).randbytes(2 * PART_BYTES + 3_000_000)
MIB = 1 << 20


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as site:
        yield site


def line(site: Site, where: str, offset: int, content: bytes) -> socket.socket:
    """A connection on which the file's rest was announced, and of it `content` sent."""
    head = {**BYTES, **site.headers, "Upload-Offset": str(offset), "Content-Length": str(len(SONG) - offset)}
    connection = socket.create_connection(("127.0.0.1", site.port))
    said = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "veza.test", **head}.items())
    connection.sendall(f"PATCH {urlsplit(where).path} HTTP/1.1\r\n{said}\r\n".encode())
    connection.sendall(content)
    return connection


async def test_a_line_that_is_cut_keeps_every_byte_that_came(site: Site) -> None:
    where = site.begun(len(SONG))
    line(site, where, 0, SONG[: PART_BYTES + 1_234_567]).close()
    await until(lambda: site.offset(where) == PART_BYTES + 1_234_567)
    assert site.patch(where, PART_BYTES + 1_234_567, SONG[PART_BYTES + 1_234_567 :]).status_code == 204
    assert await site.taken(where) == hashlib.sha256(SONG).hexdigest()


async def test_a_server_that_is_killed_goes_on_after_the_last_whole_part(site: Site) -> None:
    where = site.begun(len(SONG))
    with line(site, where, 0, SONG[: PART_BYTES + 1_234_567]):
        await until(lambda: site.offset(where) == PART_BYTES)
        await site.kill()
    await site.start()
    assert site.offset(where) == PART_BYTES
    assert site.patch(where, PART_BYTES, SONG[PART_BYTES:]).status_code == 204
    assert await site.taken(where) == hashlib.sha256(SONG).hexdigest()


async def test_a_client_whose_old_line_hangs_comes_back_and_loses_nothing(site: Site) -> None:
    """As after a change of network: the server still waits for the old line, and its sender has come back."""
    where = site.begun(len(SONG))
    with line(site, where, 0, SONG[: PART_BYTES + MIB]) as hangs:
        await until(lambda: site.offset(where) == PART_BYTES)
        refused = await asyncio.to_thread(site.patch, where, PART_BYTES, SONG[PART_BYTES : 2 * PART_BYTES])
        assert refused.status_code == 409
        assert site.offset(where) == PART_BYTES + MIB
        assert b"409 Conflict" in await asyncio.to_thread(hangs.recv, 100)
    assert site.patch(where, PART_BYTES + MIB, SONG[PART_BYTES + MIB :]).status_code == 204
    assert await site.taken(where) == hashlib.sha256(SONG).hexdigest()


async def test_two_tabs_that_send_the_same_file_end_it_together(site: Site) -> None:
    where = site.begun(len(SONG))
    answers: list[int] = []

    def tab() -> None:
        while (at := site.offset(where)) < len(SONG):
            answers.append(site.patch(where, at, _slices(SONG[at:])).status_code)

    await asyncio.gather(asyncio.to_thread(tab), asyncio.to_thread(tab))
    assert set(answers) <= {204, 409}
    assert 204 in answers
    assert await site.taken(where) == hashlib.sha256(SONG).hexdigest()


def _slices(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), MIB):
        yield content[at : at + MIB]


async def test_a_large_file_moves_the_servers_memory_by_less_than_32_megabytes(tmp_path: Path) -> None:
    """96 MiB here; `make soak` sends 1 GiB in the same way."""
    done = await uploaded(tmp_path, 96 * MIB)
    assert done.grown_bytes < 32 * MIB, done
