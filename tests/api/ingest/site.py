"""A real `veza serve` that takes uploads, killed and started again at will, and the proxies that stand before it."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from tests import factories
from tests.api.ingest.conftest import BYTES, TUS, metadata
from tests.commands import Server
from tests.conftest import missing
from tests.waiting import until, wait_until
from veza.accounts.permissions import Role, Scope
from veza.ingest.originals import original_key
from veza.ingest.uploads import Upload
from veza.kit.database import Database
from veza.kit.objects import Bucket, Objects

NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.error warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_max_body_size 0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {behind};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_request_buffering {buffering};
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option forwardfor
frontend front
  bind 127.0.0.1:{port}
  default_backend veza
backend veza
  server veza {behind}
"""
PROXIES = ("direct", "nginx with buffering", "nginx without buffering", "haproxy")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Site:
    """The server and its rows; `token` is that of the artist's person."""

    folder: Path
    port: int
    database: Database
    objects: Objects
    server: Server
    token: str = ""
    track: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def start(self) -> None:
        """Returns when it is ready."""
        await self.server.start("--migrate")

    async def kill(self) -> None:
        """kill -9, as if the machine were gone."""
        await self.server.kill()

    def memory_bytes(self, name: str = "VmRSS") -> int:
        """What the server holds; `VmHWM` is the most it ever held."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def begun(self, length_bytes: int, url: str = "", **wanted: object) -> str:
        """The whole address of a new upload for the track, or for what is `wanted`."""
        said = {
            **TUS,
            **self.headers,
            "Upload-Length": str(length_bytes),
            "Upload-Metadata": metadata(**(wanted or {"track": self.track})),
        }
        answer = httpx.post(f"{url or self.url}/api/v1/uploads", headers=said)
        assert answer.status_code == 201, answer.text
        return (url or self.url) + answer.headers["location"]

    def offset(self, where: str) -> int:
        answer = httpx.head(where, headers={**TUS, **self.headers})
        assert answer.status_code == 200, where
        return int(answer.headers["upload-offset"])

    def patch(self, where: str, offset: int, content: bytes | Iterator[bytes]) -> httpx.Response:
        said = {**BYTES, **self.headers, "Upload-Offset": str(offset)}
        return httpx.patch(where, headers=said, content=content, timeout=60)

    async def taken(self, where: str) -> str:
        """The SHA-256 of the original, once a track has it."""
        upload_id = UUID(where.rpartition("/")[2])
        row = await self._row(upload_id)

        async def is_taken() -> bool:
            nonlocal row
            row = await self._row(upload_id)
            return row.status == "taken" and row.due_at is None

        await until(is_taken, lambda: f"the upload, which is {row.status}: {row.reason}", every=0.1)
        assert row.original_id is not None
        digest = hashlib.sha256()
        async for chunk in self.objects.chunks(original_key(row.original_id)):
            digest.update(chunk)
        assert digest.hexdigest() == row.sha256
        assert [one.key async for one in self.objects.listing(f"uploads/{upload_id}")] == []
        return digest.hexdigest()

    async def _row(self, upload_id: UUID) -> Upload:
        async with self.database.read() as session:
            return await session.get_one(Upload, upload_id)


@asynccontextmanager
async def a_site(
    folder: Path, bucket: Bucket | None = None, log_level: str = "warning", **others: str
) -> AsyncIterator[Site]:
    """A server on a database of its own, whose objects lie in its folder or in the bucket; `others` are more
    settings."""
    settings, objects = {"LOG_LEVEL": log_level, **others}, Objects.in_folder(folder / "var" / "objects")
    if bucket is not None:
        objects = Objects.in_bucket(bucket)
        settings |= {
            "OBJECTS_URL": bucket.url, "OBJECTS_ENDPOINT": bucket.endpoint,
            "OBJECTS_ACCESS_KEY_ID": bucket.access_key_id, "OBJECTS_SECRET_ACCESS_KEY": bucket.secret_access_key,
        }  # fmt: skip
    database = Database.open(f"sqlite+aiosqlite:///{folder}/var/veza.db")
    port = free_port()
    site = Site(folder, port, database, objects, Server(folder, {"PORT": str(port), **settings}))
    try:
        await site.start()
        person = await factories.person(database, "Anna", roles=[Role.ARTIST])
        artist = await factories.artist(database, run_by=person)
        _, (track,) = await factories.release(database, artist, "Night Bus", status="draft")
        site.token = await factories.token(database, person, Scope.WRITE)
        site.track = str(track)
        yield site
    finally:
        await site.server.end()
        await database.close()


@contextmanager
def proxied(kind: str, behind: str, folder: Path) -> Iterator[str]:
    """The address that leads through this proxy (one of PROXIES) to `behind`."""
    if kind == "direct":
        yield behind
        return
    port, program = free_port(), kind.partition(" ")[0]
    if shutil.which(program) is None:
        missing(f"{program} is not installed (Debian: apt-get install {program})")
    folder.mkdir(exist_ok=True)
    config = folder / f"{program}.conf"
    if program == "nginx":
        buffering = "on" if kind.endswith("with buffering") else "off"
        config.write_text(NGINX.format(folder=folder, port=port, behind=behind, buffering=buffering))
        command = ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.error")]
    else:
        config.write_text(HAPROXY.format(port=port, behind=behind.removeprefix("http://")))
        command = ["haproxy", "-db", "-f", str(config)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, (folder / "log").read_text)
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
