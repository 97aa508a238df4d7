"""The cache that docs/operations.md describes: a wave of link previews costs one rendering, people see their own."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from structlog.testing import capture_logs

from tests import factories
from tests.api.ingest.site import free_port
from tests.commands import ROOT
from tests.conftest import missing
from tests.waiting import wait_until
from tests.web.live_site import LiveSite
from veza.http.session_cookies import SESSION_COOKIE
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.settings import Settings

RECIPE = re.compile(r"```nginx\n(.*?)```", re.DOTALL)
AROUND = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.error warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {recipe}
}}
"""
WAVE = 200
BOUND_SECONDS = 60


@dataclass
class Front:
    """A site behind nginx, and a published release on it."""

    site: LiveSite
    url: str
    release: UUID

    def browser(self, **cookies: str) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=WAVE)
        return httpx.AsyncClient(base_url=self.url, cookies=cookies, limits=limits, timeout=BOUND_SECONDS)


@pytest.fixture
async def front(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Front]:
    database = Database.open(sqlite_url, clock=clock)
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path / "var"), clock, database)
    await site.start()
    artist = await factories.artist(database, "Anna")
    release, _ = await factories.release(database, artist, "Night Bus")
    with nginx(tmp_path, site.url) as url:
        yield Front(site, url, release)
    await site.stop()
    await database.close()


@contextmanager
def nginx(folder: Path, behind: str) -> Iterator[str]:
    """nginx as the documentation has it, in front of `behind`; its address."""
    if shutil.which("nginx") is None:
        missing("nginx is not installed (Debian: apt-get install nginx)")
    (recipe,) = RECIPE.findall((ROOT / "docs" / "operations.md").read_text())
    port = free_port()
    for stands, here in (
        ("http://127.0.0.1:8000", behind),
        ("/var/cache/nginx/veza", f"{folder}/cache"),
        ("# listen, server_name and TLS as you have them", f"listen 127.0.0.1:{port};"),
    ):
        assert stands in recipe
        recipe = recipe.replace(stands, here)
    config = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, recipe=recipe))
    with (folder / "log").open("wb") as log:
        command = ["nginx", "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.error")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, (folder / "log").read_text)
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


async def test_two_hundred_link_previews_at_once_cost_one_rendering(front: Front) -> None:
    address, preview = f"/releases/{front.release}", {"Accept": "text/html", "User-Agent": "a server of a reader"}
    with capture_logs() as lines:
        async with front.browser() as browser:
            told = await asyncio.gather(*(browser.get(address, headers=preview) for _ in range(WAVE)))
        assert {one.status_code for one in told} == {200}
        assert len({one.text for one in told}) == 1
        assert "og:title" in told[0].text
    assert [line["path"] for line in lines if line["event"] == "request"] == [address]


async def test_each_language_is_kept_by_itself_and_a_person_goes_past_the_cache(front: Front) -> None:
    _, cookie = await front.site.person()
    address = f"/releases/{front.release}"
    with capture_logs() as lines:
        async with front.browser() as browser:
            spoken = [
                (await browser.get(address, headers={"Accept": "text/html", "Accept-Language": language})).text
                for language in ("fr", "en", "fr", "en")
            ]
        async with front.browser(**{SESSION_COOKIE: cookie}) as mine:
            own = await mine.get(address, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert ['lang="fr"' in one for one in spoken] == [True, False, True, False]
    assert "/account" in own.text
    assert "no-store" in own.headers["cache-control"]
    assert "/account" not in spoken[3]
    assert len([line for line in lines if line["event"] == "request"]) == 3
