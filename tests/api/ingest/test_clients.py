"""Two tus clients that are not ours, directly and through proxies: tuspy and tus-js-client, to a real server."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tusclient.client import TusClient
from tusclient.uploader import Uploader

from tests.api.ingest.site import PROXIES, Site, a_site, proxied
from tests.npm import installed
from tests.s3_server import S3Server
from tests.waiting import until

SIZE, CHUNK = 9_000_000, 1 << 20
"""Of the file and of what a client sends at once: the server cuts it at 4 MiB."""
SCRIPTS = Path(__file__).parent / "tus_js"
BOUND_SECONDS = 120


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="session")
def tus_js() -> Path:
    """Where tus-js-client is installed: once for each lock file."""
    return installed(SCRIPTS)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "take.flac"
    path.write_bytes(random.Random(1).randbytes(SIZE))
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def tuspy(site: Site, endpoint: str, song: Path, url: str | None = None) -> Iterator[Uploader]:
    """An upload that sends a checksum with each chunk."""
    client = TusClient(f"{endpoint}/api/v1/uploads", headers=site.headers)
    said = {"track": site.track, "filename": song.name}
    with song.open("rb") as opened:  # tuspy leaves what it opens to the collector of garbage
        yield client.uploader(
            file_stream=opened, chunk_size=CHUNK, metadata=said, upload_checksum=True, url=url, retries=20,
            retry_delay=0.3,
        )  # fmt: skip


async def js(site: Site, endpoint: str, song: Path, installed: Path, **more: object) -> str:
    """The address of an upload that tus-js-client ended."""
    asked = {"endpoint": endpoint, "token": site.token, "track": site.track, "file": str(song), **more}
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPTS / "upload.mjs"), json.dumps(asked), str(installed),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, said = await asyncio.wait_for(process.communicate(), BOUND_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()
    return out.decode().strip()


@pytest.mark.parametrize("way", PROXIES)
async def test_tuspy_sends_stops_and_goes_on(site: Site, song: Path, tmp_path: Path, way: str) -> None:
    with proxied(way, site.url, tmp_path / "proxy") as endpoint:
        with tuspy(site, endpoint, song) as first:
            await asyncio.to_thread(first.upload, 3 * CHUNK)
        with tuspy(site, endpoint, song, url=first.url) as second:
            assert second.offset == 3 * CHUNK
            await asyncio.to_thread(second.upload)
        assert await site.taken(first.url) == sha256(song)


@pytest.mark.parametrize("way", PROXIES)
async def test_tus_js_client_sends_stops_and_goes_on(
    site: Site, song: Path, tmp_path: Path, way: str, tus_js: Path
) -> None:
    with proxied(way, site.url, tmp_path / "proxy") as endpoint:
        in_chunks = await js(site, endpoint, song, tus_js, chunkBytes=CHUNK, stopAt=3 * CHUNK)
        at_once = await js(site, endpoint, song, tus_js)
        assert await site.taken(in_chunks) == await site.taken(at_once) == sha256(song)


async def test_both_send_into_a_bucket(tmp_path: Path, song: Path, s3_server: S3Server, tus_js: Path) -> None:
    async with a_site(tmp_path, s3_server.bucket(str(tmp_path).strip("/"))) as site:
        with tuspy(site, site.url, song) as by_python:
            await asyncio.to_thread(by_python.upload)
        by_js = await js(site, site.url, song, tus_js)
        assert await site.taken(by_python.url) == await site.taken(by_js) == sha256(song)


@pytest.mark.parametrize("client", ["tuspy", "tus-js-client"])
async def test_a_client_goes_on_by_itself_when_the_server_was_killed(
    site: Site, song: Path, tus_js: Path, client: str
) -> None:
    if client == "tuspy":
        with tuspy(site, site.url, song) as upload:
            await asyncio.to_thread(upload.upload, 2 * CHUNK)
            await site.kill()
            going_on = asyncio.create_task(asyncio.to_thread(upload.upload))
            await site.start()
            await going_on
        where = upload.url
    else:
        where = site.begun(SIZE)
        sending = asyncio.create_task(js(site, site.url, song, tus_js, url=where, chunkBytes=CHUNK // 8, retries=60))
        await until(lambda: site.offset(where) >= CHUNK)
        assert site.offset(where) < SIZE
        await site.kill()
        await site.start()
        assert await sending == where
    assert await site.taken(where) == sha256(song)
