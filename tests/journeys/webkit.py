"""Debian's WebKitGTK in its small browser on a screen in memory (Xvfb), driven by WebDriver: JSON over HTTP."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.api.ingest.site import free_port
from tests.conftest import missing
from tests.journeys.pages import awaited
from tests.waiting import until

BOUND_SECONDS = 60
PACKAGES = "webkit2gtk-driver xvfb gstreamer1.0-libav"
"""The last decodes AAC."""
SOFTWARE = {"WEBKIT_DISABLE_DMABUF_RENDERER": "1", "LIBGL_ALWAYS_SOFTWARE": "1", "GDK_BACKEND": "x11"}
"""It draws without a graphics card."""


@dataclass
class WebKit:
    """A session; scripts are functions of the page's, whose promise is awaited."""

    driver: httpx.AsyncClient
    session: str

    async def ask(self, method: str, path: str, **parameters: Any) -> Any:
        answer = await self.driver.request(method, f"/session/{self.session}{path}", json=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    async def open(self, url: str) -> None:
        await self.ask("POST", "/url", url=url)

    async def add_cookie(self, name: str, value: str) -> None:
        """For the site that is open."""
        await self.ask("POST", "/cookie", cookie={"name": name, "value": value})

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """What the promise of an async function of the page comes to."""
        said = await self.ask("POST", "/execute/async", script=awaited(function), args=list(arguments))
        assert "error" not in said, said["error"]
        return said.get("value")


@asynccontextmanager
async def webkit_in(folder: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[WebKit]:
    """Started with `folder` as its home; `environment` is added to that of the tests."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browser, decoder = _of_a_library("webkit2gtk-4.1/MiniBrowser"), _of_a_library("gstreamer-1.0/libgstlibav.so")
    if driver is None or screen is None or browser is None or decoder is None:
        missing(f"WebKitGTK is not installed (Debian: apt-get install {PACKAGES})")
    async with AsyncExitStack() as stack:
        display = await stack.enter_async_context(_screen(screen))
        port = free_port()
        env = {**os.environ, **SOFTWARE, "DISPLAY": display, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        env |= environment or {}
        await stack.enter_async_context(_process(driver, f"--port={port}", env=env))
        http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=BOUND_SECONDS)
        client = await stack.enter_async_context(http)

        async def answers() -> bool:
            try:
                return (await client.get("/status")).status_code == 200
            except httpx.TransportError:
                return False

        await until(answers, "WebKitWebDriver", every=0.1)
        options = {"binary": str(browser), "args": ["--automation", "--autoplay-policy=allow"]}
        wanted = {"webkitgtk:browserOptions": options, "timeouts": {"script": BOUND_SECONDS * 1000}}
        begun = await client.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
        assert begun.status_code == 200, begun.text
        webkit = WebKit(client, begun.json()["value"]["sessionId"])
        try:
            yield webkit
        finally:
            await webkit.ask("DELETE", "")  # which ends the browser


def _of_a_library(name: str) -> Path | None:
    """A file that Debian keeps among its libraries, where no program of the path lies."""
    return next(Path("/usr/lib").glob(f"*/{name}"), None)


@asynccontextmanager
async def _screen(program: str) -> AsyncIterator[str]:
    """A screen that no other has, as DISPLAY names it."""
    reading, writing = os.pipe()
    try:
        command = (program, "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp")
        async with _process(*command, pass_fds=(writing,)):
            os.close(writing)
            yield f":{int(await asyncio.to_thread(os.read, reading, 16))}"
    finally:
        os.close(reading)


@asynccontextmanager
async def _process(*command: str, **how: Any) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True, **how
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
