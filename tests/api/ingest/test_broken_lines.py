"""Lines that are cut, a server that is killed, two tabs: over real sockets, with a real server, behind proxies too."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.ingest.large_upload import uploaded
from tests.api.ingest.site import BYTES, PROXIES, Site, a_site, proxied
from tests.waiting import until
from veza.ingest.upload_parts import PART_BYTES

SONG = random.Random(2).randbytes(2 * PART_BYTES + 3_000_000)
MIB = 1 << 20
MOST_TRIES = 20


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as site:
        yield site


def line(site: Site, where: str, offset: int, content: bytes) -> socket.socket:
    """A connection on which the file's rest was announced, and of it `content` sent."""
    head = {**BYTES, **site.headers, "Upload-Offset": str(offset), "Content-Length": str(len(SONG) - offset)}
    connection = socket.create_connection(("127.0.0.1", urlsplit(where).port or 80))
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


@pytest.fixture
def proxied_uploads(site: Site, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A new upload by each way that leads through a proxy."""
    with ExitStack() as running:
        doors = {
            kind: running.enter_context(proxied(kind, site.url, tmp_path / kind.replace(" ", "-")))
            for kind in PROXIES
            if kind != "direct"
        }
        yield {kind: site.begun(len(SONG), door) for kind, door in doors.items()}


def stored(site: Site, where: str) -> int:
    """What the server itself says is there of an upload that is sent by way of a proxy."""
    return site.offset(site.url + urlsplit(where).path)


def send_rest(site: Site, where: str) -> set[int]:
    """Go on at what is stored until all has come, as a client does; the statuses of the answers, 0 for a cut line."""
    answers = set[int]()
    for _ in range(MOST_TRIES):
        at = stored(site, where)
        if at == len(SONG):
            break
        try:
            answers.add(site.patch(where, at, SONG[at:]).status_code)
        except httpx.TransportError:  # the server has answered a displaced writer before the end of its body
            answers.add(0)
    return answers


async def test_behind_proxies_a_cut_line_goes_on_where_it_was(site: Site, proxied_uploads: dict[str, str]) -> None:
    """What has come of a request that nginx holds back until it is whole is lost, and nothing before it."""
    sent = PART_BYTES + 1_234_567
    for kind, where in proxied_uploads.items():
        with line(site, where, 0, SONG[:sent]):
            least = 0 if kind == "nginx with buffering" else PART_BYTES
            await until(lambda least=least, where=where: stored(site, where) >= least)  # type: ignore[misc]  # defaults keep what the loop has just now
        assert send_rest(site, where) <= {204, 409}, kind
        assert await site.taken(where) == hashlib.sha256(SONG).hexdigest(), kind


async def test_behind_proxies_a_killed_server_goes_on_after_the_last_whole_part(
    site: Site, proxied_uploads: dict[str, str]
) -> None:
    with ExitStack() as lines:
        for where in proxied_uploads.values():
            lines.enter_context(line(site, where, 0, SONG[: PART_BYTES + 1_234_567]))
        passing = [where for kind, where in proxied_uploads.items() if kind != "nginx with buffering"]
        await until(lambda: all(stored(site, where) == PART_BYTES for where in passing))
        await site.kill()
    await site.start()
    for kind, where in proxied_uploads.items():
        assert stored(site, where) == (0 if kind == "nginx with buffering" else PART_BYTES)
        assert send_rest(site, where) == {204}, kind
        assert await site.taken(where) == hashlib.sha256(SONG).hexdigest(), kind


async def test_behind_proxies_two_tabs_that_send_the_same_file_end_it_together(
    site: Site, proxied_uploads: dict[str, str]
) -> None:
    for kind, where in proxied_uploads.items():
        first, second = await asyncio.gather(*(asyncio.to_thread(send_rest, site, where) for _ in range(2)))
        assert 204 in first | second, kind
        assert first | second <= {204, 409, 502, 0}, kind
        assert await site.taken(where) == hashlib.sha256(SONG).hexdigest(), kind


async def test_a_large_file_moves_the_servers_memory_by_less_than_32_megabytes(tmp_path: Path) -> None:
    """96 MiB here; `make soak` sends 1 GiB in the same way."""
    done = await uploaded(tmp_path, 96 * MIB)
    assert done.grown_bytes < 32 * MIB, done
