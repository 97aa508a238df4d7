"""Files that a proxy sends: Veza decides, nginx reads them from the folder of objects (STREAM_X_ACCEL)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

import grpc
from tests import factories
from tests.api.ingest.site import free_port
from tests.commands import serving
from tests.conftest import missing
from tests.grpc.conftest import TOKEN
from tests.sounding import give_sound, rendered
from tests.tampering import changed
from tests.waiting import until, wait_until
from veza.grpc import stream_pb2 as pb
from veza.grpc.methods import METHODS
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.objects import Objects
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.streaming.plays import PlayTotal

CONFIG = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.error warn;
events {{ worker_connections 64; }}
http {{
  log_format plain '$request_method $uri $status';
  access_log {folder}/access plain;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {behind}; proxy_set_header Host $http_host; }}
    location /internal/objects/ {{ internal; alias {objects}/; }}
  }}
}}
"""


@dataclass
class Owner:
    """A signed-in person who owns the release, by a grant with this cause."""

    cookie: dict[str, str]
    cause: UUID


@dataclass
class Site:
    """Veza with nginx in front, and the database it works on; `cookie` is that of the first owner of the track."""

    front: httpx.AsyncClient
    behind: httpx.AsyncClient
    database: Database
    grpc_address: str
    release: UUID
    track: UUID
    cookie: dict[str, str] = field(default_factory=dict)

    async def owner(self) -> Owner:
        person, cause = await factories.person(self.database), uuid4()
        given = Given(ItemKind.RELEASE, self.release, self.release, CauseKind.DOWNLOAD_CODE, cause, person)
        async with self.database.write("test") as session:
            await grants.give(session, given, because=verbatim("a test"))
        return Owner(await factories.cookie(self.database, person), cause)

    async def file(self, cookie: dict[str, str] | None = None) -> str:
        """The address of a rung's file, of a stream that begins here."""
        headers = cookie or self.cookie
        manifest = (await self.front.get(f"/stream/{self.track}/manifest.json", headers=headers)).json()
        url = next(one["url"] for one in manifest["renditions"] if one["rung"] == "aac128")
        return f"/stream/{self.track}/{url}"

    async def part(self, file: str) -> tuple[int, str]:
        """What a request for a part of the file is answered: nothing but the bytes that nginx has, or a problem."""
        answer = await self.front.get(file, headers={"Range": "bytes=700-799"})
        if answer.status_code == 206:
            assert answer.content == rendered(2.0)[1]["aac128.mp4"][700:800]
            return 206, ""
        return answer.status_code, answer.json()["type"].removeprefix("urn:veza:problem:")

    async def end_session(self, file: str) -> None:
        """As a machine beside Veza does it, which knows the link."""
        bearer = (("authorization", f"Bearer {TOKEN}"),)
        async with grpc.aio.insecure_channel(self.grpc_address) as channel:

            async def call(name: str, request: Any) -> Any:
                one = next(one for one in METHODS if one.name == name)
                method = channel.unary_unary(one.path, one.takes.SerializeToString, one.gives.FromString)
                return await method(request, metadata=bearer, timeout=20)

            found = await call("Authorize", pb.AuthorizeRequest(link=file.partition("link=")[2]))
            await call("EndSession", pb.EndSessionRequest(session_id=found.session.id))

    async def plays(self) -> int:
        async with self.database.read() as session:
            return sum((await session.scalars(select(PlayTotal.plays))).all())


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    if shutil.which("nginx") is None:
        missing("nginx is not installed (Debian: apt-get install nginx-light)")
    objects = tmp_path / "var" / "objects"
    address = f"127.0.0.1:{free_port()}"
    settings = {"STREAM_X_ACCEL": "/internal/objects/", "STREAM_RECHECK": "200ms", "AUDIO_WORKER_ENABLED": "false"}
    with serving(tmp_path, **settings, GRPC_LISTEN=address, GRPC_TOKEN=TOKEN) as (_, url, _):
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/var/veza.db")
        release, (track,) = await factories.release(database, await factories.artist(database), "First light")
        await give_sound(database, Objects.in_folder(objects), track, 2.0)
        with proxied(tmp_path / "nginx", url, objects) as front:
            async with httpx.AsyncClient(base_url=front) as one, httpx.AsyncClient(base_url=url) as other:
                found = Site(one, other, database, address, release, track)
                found.cookie = (await found.owner()).cookie
                yield found
        await database.close()


@contextmanager
def proxied(folder: Path, behind: str, objects: Path) -> Iterator[str]:
    folder.mkdir()
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, behind=behind, objects=objects))
    # Files are their owner's alone: nginx runs as the same user.
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    config.write_text(user + config.read_text())
    with (folder / "log").open("wb") as log:
        command = ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.error")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/health/live"), (folder / "log").read_text)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


async def test_nginx_sends_files_by_range_and_veza_sends_none(site: Site) -> None:
    _, files, _, _ = rendered(2.0)
    file, content = await site.file(), files["aac128.mp4"]
    whole = await site.front.get(file)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, "audio/mp4")
    assert whole.headers["cache-control"] == "private, no-store"
    part = await site.front.get(file, headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, content[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(content)}"
    head = await site.front.head(file)
    assert (head.status_code, int(head.headers["content-length"])) == (200, len(content))
    assert (await site.front.get(file, headers={"Range": f"bytes={len(content)}-"})).status_code == 416
    behind = await site.behind.get(file)
    assert behind.content == b""
    assert behind.headers["x-accel-redirect"].startswith("/internal/objects/audio/")
    assert "x-accel-redirect" not in whole.headers


async def test_playlists_and_refusals_are_never_handed_over(site: Site) -> None:
    for name in ("master.m3u8", "manifest.json"):
        answer = await site.behind.get(f"/stream/{site.track}/{name}", headers=site.cookie)
        assert (answer.status_code, "x-accel-redirect" in answer.headers, answer.content != b"") == (200, False, True)
    tampered = await site.front.get(changed(await site.file()))
    assert (tampered.status_code, tampered.json()["type"]) == (403, "urn:veza:problem:forbidden")
    preview = await site.front.get(f"/stream/{site.track}/audio.m4a")
    assert preview.content == rendered(2.0)[1]["preview.m4a"]


async def test_the_internal_location_is_closed_to_requests(site: Site) -> None:
    path = (await site.behind.get(await site.file())).headers["x-accel-redirect"]
    assert (await site.front.get(path)).status_code == 404


async def test_a_refund_and_the_end_of_a_session_close_a_link_between_two_requests(site: Site) -> None:
    owners = [await site.owner() for _ in range(3)]
    refunded, ended, stays = [await site.file(one.cookie) for one in owners]
    assert [await site.part(one) for one in (refunded, ended, stays)] == [(206, "")] * 3

    async def is_over(file: str) -> bool:
        return await site.part(file) == (403, "stream-ended")

    await site.end_session(ended)
    assert await is_over(ended), "the process that was told knows at once"
    async with site.database.write("test") as session:
        await grants.revoke(session, CauseKind.DOWNLOAD_CODE, [owners[0].cause], because=verbatim("refunded"))
    await until(lambda: is_over(refunded), "the end of the refunded stream")
    file = await site.front.get(f"/stream/{site.track}/audio.m4a", headers=owners[0].cookie)
    assert file.content == rendered(2.0)[1]["preview.m4a"]
    assert await site.part(stays) == (206, "")


async def test_plays_are_counted_by_beacons_and_by_the_parts_that_nginx_sends(site: Site) -> None:
    told, fetched = await site.file(), await site.file((await site.owner()).cookie)

    async def is_counted() -> bool:
        query = f"link={told.partition('link=')[2]}&heard_ms=1000"
        answer = await site.front.post(f"/stream/{site.track}/beacon?{query}")
        return bool(answer.json()["state"] == "counted")

    await until(is_counted, "a play by what the player tells")
    assert await site.plays() == 1

    async def is_fetched_and_counted() -> bool:
        await site.front.get(fetched, headers={"Range": "bytes=30000-"})
        return await site.plays() == 2

    await until(is_fetched_and_counted, "a play by what is fetched")
