"""Debian's Firefox without a window, driven by the protocol that it has built in (Marionette): a line of JSON each."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.api.ingest.site import free_port
from tests.conftest import missing
from tests.journeys.pages import awaited
from tests.waiting import until

PREFERENCES = {
    "media.autoplay.default": 0, "devtools.jsonview.enabled": False, "browser.shell.checkDefaultBrowser": False,
    "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "services.settings.server": "data:,#remote-settings-dummy/v1",
    "extensions.getAddons.cache.enabled": False, "browser.safebrowsing.update.enabled": False,
}  # fmt: skip
"""It plays without a click, shows JSON as a plain page, and asks its maker for nothing."""
BOUND_SECONDS = 60
MAIN = "async () => document.querySelector('main')?.textContent ?? ''"


@dataclass
class Firefox:
    """A session; scripts are functions of the page's, whose promise is awaited."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: int = 0

    async def ask(self, command: str, **parameters: Any) -> Any:
        self.asked += 1
        said = json.dumps([0, self.asked, command, parameters]).encode()
        self.writer.write(b"%d:%s" % (len(said), said))
        _, number, error, answer = await asyncio.wait_for(self.heard(), BOUND_SECONDS)
        assert number == self.asked
        assert error is None, error
        return answer

    async def heard(self) -> Any:
        length = await self.reader.readuntil(b":")
        return json.loads(await self.reader.readexactly(int(length[:-1])))

    async def open(self, url: str) -> None:
        await self.ask("WebDriver:Navigate", url=url)

    async def add_cookie(self, name: str, value: str) -> None:
        """For the site that is open."""
        await self.ask("WebDriver:AddCookie", cookie={"name": name, "value": value})

    async def click(self, selector: str) -> None:
        """As a finger does it: the first element of the page that fits is brought into the middle first."""
        middle = (
            f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center', behavior: 'instant'}})"
        )
        await self.evaluate(f"async () => {middle}")
        await self.ask("WebDriver:ElementClick", id=await self._found(selector))

    async def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        await self.ask("WebDriver:ElementSendKeys", id=await self._found(selector), text=text)

    async def reads(self, text: str) -> None:
        """Return once the page's main part says this."""
        last = ""

        async def is_there() -> bool:
            nonlocal last
            last = " ".join((await self.evaluate(MAIN)).split())
            return text in last

        await until(is_there, lambda: f"“{text}”, but the page says “{last}”", every=0.2)

    async def _found(self, selector: str) -> str:
        answer = await self.ask("WebDriver:FindElement", using="css selector", value=selector)
        return str(next(iter(answer["value"].values())))

    async def evaluate(self, function: str, *arguments: Any) -> Any:
        """What the promise of an async function of the page comes to."""
        answer = await self.ask(
            "WebDriver:ExecuteAsyncScript", script=awaited(function), args=list(arguments), sandbox=None,
            scriptTimeout=BOUND_SECONDS * 1000,
        )  # fmt: skip
        assert "error" not in answer["value"], answer["value"]["error"]
        return answer["value"].get("value")


@asynccontextmanager
async def firefox_in(folder: Path, environment: Mapping[str, str] | None = None) -> AsyncIterator[Firefox]:
    """Started with a profile of its own in `folder`; `environment` is added to that of the tests."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        missing("Firefox is not installed (Debian: apt-get install firefox-esr)")
    port = free_port()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    profile = folder / "profile"
    profile.mkdir()
    (profile / "user.js").write_text("\n".join([*lines, f'user_pref("marionette.port", {port});']))
    process = await asyncio.create_subprocess_exec(
        program, "--headless", "--marionette", "--no-remote", "--profile", str(profile),
        env={**os.environ, "HOME": str(folder), "MOZ_DISABLE_CONTENT_SANDBOX": "1", **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        found: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

        async def answers() -> bool:
            assert process.returncode is None, "Firefox has ended"
            try:
                found.append(await asyncio.open_connection("127.0.0.1", port))
            except OSError:
                return False
            return True

        await until(answers, "Firefox", every=0.1)
        reader, writer = found[0]
        firefox = Firefox(reader, writer)
        await firefox.heard()  # its greeting
        await firefox.ask("WebDriver:NewSession", strictFileInteractability=True)
        yield firefox
        writer.close()
    finally:
        process.terminate()
        await process.wait()
