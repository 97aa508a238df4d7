"""Files that a proxy sends: Veza decides, nginx reads them from the folder of objects (STREAM_X_ACCEL)."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from tests import factories
from tests.api.ingest.site import free_port
from tests.commands import serving
from tests.conftest import missing
from tests.sounding import give_sound, rendered
from tests.tampering import changed
from tests.waiting import wait_until
from veza.accounts import sessions
from veza.kit.database import Database
from veza.kit.messages import verbatim
from veza.kit.objects import Objects
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind

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
class Site:
    """Veza with nginx in front; `cookie` is that of a person who owns the track."""

    front: httpx.AsyncClient
    behind: httpx.AsyncClient
    access: Path
    track: UUID
    cookie: dict[str, str]

    async def file(self) -> str:
        manifest = (await self.front.get(f"/stream/{self.track}/manifest.json", headers=self.cookie)).json()
        url = next(one["url"] for one in manifest["renditions"] if one["rung"] == "aac128")
        return f"/stream/{self.track}/{url}"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    if shutil.which("nginx") is None:
        missing("nginx is not installed (Debian: apt-get install nginx-light)")
    objects = tmp_path / "var" / "objects"
    with serving(tmp_path, STREAM_X_ACCEL="/internal/objects/", AUDIO_WORKER_ENABLED="false") as (_, url, _):
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/var/veza.db")
        release, (track,) = await factories.release(database, await factories.artist(database), "First light")
        await give_sound(database, Objects.in_folder(objects), track, 2.0)
        person = await factories.person(database)
        given = Given(ItemKind.RELEASE, release, release, CauseKind.DOWNLOAD_CODE, uuid4(), person)
        async with database.write("test") as session:
            await grants.give(session, given, because=verbatim("a test"))
            cookie = {"Cookie": f"veza={await sessions.begin(session, person, timedelta(days=1))}"}
        await database.close()
        with proxied(tmp_path / "nginx", url, objects) as front:
            async with httpx.AsyncClient(base_url=front) as one, httpx.AsyncClient(base_url=url) as other:
                yield Site(one, other, tmp_path / "nginx" / "access", track, cookie)


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
