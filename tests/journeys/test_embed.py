"""An embedded player within a page of another site: found by a program, and played by keyboard and by click."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.commands import ROOT
from tests.journeys.album import Album
from tests.npm import installed

SCRIPTS = ROOT / "tests" / "web" / "oembed_js"
BOUND_SECONDS = 60
HEARD = "() => { const audio = document.querySelector('audio'); return !audio.paused && audio.currentTime > 0.5; }"


@asynccontextmanager
async def another_site(html: str) -> AsyncIterator[str]:
    """A page at another host and port: for a browser another site, which no cookie of the first one is sent to."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = f"<!doctype html><html lang=en><title>Elsewhere</title><body>{html}".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"


def found_by_a_program(address: str) -> dict[str, object]:
    command = ["node", str(SCRIPTS / "read.mjs"), str(installed(SCRIPTS)), address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_SECONDS, check=True)
    return dict(json.loads(done.stdout))


async def test_a_page_of_another_site_plays_the_preview_that_its_program_found(album: Album, chromium: Browser) -> None:
    found = await asyncio.to_thread(found_by_a_program, album.page("Night Bus"))
    assert (found["type"], found["version"], found["title"], found["width"]) == ("rich", "1.0", "Night Bus", 320)
    async with another_site(str(found["html"])) as address:
        context = await chromium.new_context()
        page = await context.new_page()
        refused: list[str] = []
        page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
        await page.goto(address)
        embed = page.frame_locator("iframe")
        button = embed.get_by_role("button", name="Play")
        await button.focus()
        await page.keyboard.press("Enter")
        (frame,) = (one for one in page.frames if "/embed/" in one.url)
        await frame.wait_for_function(HEARD)
        await embed.get_by_role("button", name="Pause").click()
        await expect(button).to_be_visible()
        slider = embed.get_by_role("slider", name="Seek")
        await slider.press("End")
        await expect(slider).to_have_attribute("aria-valuetext", "0:29 of 0:30")
        async with context.expect_page() as opened:
            await embed.get_by_role("link", name="Night Bus").click()
        assert (await opened.value).url == album.page("Night Bus")
        assert refused == []
        await context.close()


@pytest.mark.parametrize("size", ["compact", "large"])
async def test_an_embedded_release_is_played_by_keyboard_alone_and_leads_to_where_it_is_bought(
    album: Album, chromium: Browser, size: str
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(album.page("Night Bus"))
    release = await page.locator("a[href^='/releases']").first.get_attribute("href")
    source = f"{album.url}/embed{release}?size={size}"
    async with another_site(f'<iframe src="{source}" width="360" height="720"></iframe>') as address:
        await page.goto(address)
        embed = page.frame_locator("iframe")
        (frame,) = (one for one in page.frames if "/embed/" in one.url)
        toggle, slider = embed.locator("[data-do=toggle]"), embed.get_by_role("slider", name="Seek")
        await toggle.focus()
        await page.keyboard.press("Space")
        await frame.wait_for_function(HEARD)
        await expect(toggle).to_have_attribute("aria-label", "Pause")
        await embed.get_by_role("button", name="Next").press("Enter")
        await expect(embed.locator("[data-now]")).to_have_text("Harbour")
        await slider.press("Home")
        await slider.press("PageUp")
        await expect(slider).to_have_attribute("aria-valuetext", re.compile("^0:0[0-4] of 0:05$"))
        rows = embed.locator("[data-play-track]")
        if size == "large":
            await rows.filter(has_text="Night Bus").press("Enter")
            await expect(embed.get_by_role("button", name="Pause Night Bus")).to_be_visible()
            await expect(embed.get_by_role("button", name="Play Harbour")).to_be_visible()
        else:
            await expect(rows.first).to_be_hidden()
        await toggle.press("Enter")
        await expect(toggle).to_have_attribute("aria-label", "Play")
        async with context.expect_page() as opened:
            await embed.get_by_role("link", name="Buy €7").press("Enter")
        bought = await opened.value
        assert bought.url == f"{album.url}{release}"
        await expect(bought.get_by_role("heading", name="Blue Hours")).to_be_visible()
    await context.close()


async def test_the_site_itself_is_framed_nowhere_and_a_release_plays_on_by_itself(
    album: Album, chromium: Browser
) -> None:
    page = await chromium.new_page()
    await page.goto(album.page("Night Bus"))
    release = await page.locator("a[href^='/releases']").first.get_attribute("href")
    async with another_site(f'<iframe src="{album.url}/"></iframe>') as address:
        await page.goto(address)
        assert await page.frames[1].title() != "Discover"
        assert not await page.frame_locator("iframe").locator("header").count()
    async with another_site(f'<iframe src="{album.url}/embed{release}" width="360" height="720"></iframe>') as address:
        await page.goto(address)
        embed = page.frame_locator("iframe")
        await embed.locator("[data-play-track]").filter(has_text="Harbour").click()
        await expect(embed.locator("[aria-current]")).to_contain_text("Harbour")
        await expect(embed.locator("[aria-current]")).to_contain_text("Ferry", timeout=15_000)
    await page.close()
