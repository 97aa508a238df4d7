"""What a reader waits for in a browser: another page while a track plays, and the first sound after a click.

Chromium against a real `veza serve` with the demo's music, on this machine. `content_ms` is from the click on a link
until the new page's heading is there, measured in the page; `sound_ms` from the click on a play button until the
player's clock moves. Layout shift and long tasks are what the browser reports, over all changes of the page.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
from collections.abc import Sequence
from typing import Any

from _stand import Result, options, run, running
from playwright.async_api import Page, async_playwright

CHANGES, STARTS = 20, 5
CONTENT_MS, SOUND_MS, TASK_MS = 150, 300, 50
READY_SECONDS = 300
"""Until the demo's first tracks sound, on a busy machine."""
MADE_SECONDS = 1_200
"""Until all of its music is made, which keeps a processor busy beside what is measured."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
WATCH = """
window.seen = {tasks: [], shift: 0};
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) seen.tasks.push(one.duration);
}).observe({type: "longtask", buffered: true});
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) seen.shift += one.value;
}).observe({type: "layout-shift", buffered: true});
"""
CHANGE = """(address) => new Promise((done) => {
    const link = [...document.links].find((one) => one.getAttribute("href") === address);
    const old = document.querySelector("#page");
    const began = performance.now();
    const look = () => {
        const page = document.querySelector("#page");
        if (page !== old && page.querySelector("h1")) done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    link.click();
    look();
})"""
SOUND = """() => new Promise((done, failed) => {
    const audio = document.querySelector("veza-player audio");
    const began = performance.now();
    const look = () => {
        if (!audio.paused && audio.currentTime > 0) done(performance.now() - began);
        else if (performance.now() - began > 20000) failed(new Error("no sound within 20 s"));
        else setTimeout(look, 2);
    };
    document.querySelector("#page [data-play-track]").click();
    look();
})"""


async def measured() -> Sequence[Result]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        return [{"name": "navigation", "skipped": "Chromium is not installed", "reached": True}]
    settings = {"PORT": "0", "DEMO_DATA": "true"}
    async with (
        running(["-m", "veza", "serve", "--migrate"], settings, "ready on") as server,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(base_url=server.line.split()[-1], viewport={"width": 1440, "height": 900})
        await page.add_init_script(WATCH)
        release = await _sounding_release(page)
        await _all_is_made(page)
        sounds = [await _first_sound(page, release) for _ in range(STARTS)]
        contents, tasks, shift = await _changes(page, release)
        await browser.close()
    sound_ms, content_ms = statistics.median(sounds), statistics.median(contents)
    return [{
        "name": "navigation, chromium, demo",
        "content_ms": round(content_ms), "content_slowest_ms": round(max(contents)),
        "sound_ms": round(sound_ms), "sound_slowest_ms": round(max(sounds)),
        "long_tasks": len(tasks), "longest_task_ms": round(max(tasks, default=0)), "layout_shift": round(shift, 4),
        "reached": content_ms < CONTENT_MS and sound_ms < SOUND_MS and not tasks and shift == 0,
    }]  # fmt: skip


async def _sounding_release(page: Page) -> str:
    """The address of a release that can be played."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            await page.goto("/")
            for link in await page.locator("#page a[href^='/releases/']").all():
                address = str(await link.get_attribute("href"))
                await page.goto(address)
                if await page.locator("#page [data-play-track]").count():
                    return address
                await page.goto("/")
            await asyncio.sleep(1)


async def _all_is_made(page: Page) -> None:
    async with asyncio.timeout(MADE_SECONDS):
        while True:
            tracks = (await (await page.request.get("/api/v1/tracks?limit=100")).json())["items"]
            if all(one["audio_state"] == "ready" for one in tracks):
                await asyncio.to_thread(os.sync)  # its gigabytes are on disk, too, and no commit waits for them
                return
            await asyncio.sleep(1)


async def _first_sound(page: Page, release: str) -> float:
    """Milliseconds from a click on a page that has just been loaded."""
    await page.goto("/about")
    await page.evaluate("localStorage.clear()")
    await page.goto(release)
    await page.wait_for_load_state("networkidle")
    return float(await page.evaluate(SOUND))


async def _changes(page: Page, release: str) -> tuple[list[float], list[float], float]:
    """Milliseconds of each change while a track plays; long tasks and layout shift in that time."""
    await page.evaluate("seen.tasks.length = 0, seen.shift = 0")
    contents: list[float] = []
    for address in ("/", release, "/search", "/", "/about") * (CHANGES // 5):
        links = await page.evaluate("[...document.links].map((one) => one.getAttribute('href'))")
        if address not in links:
            continue
        contents.append(float(await page.evaluate(CHANGE, address)))
        await page.wait_for_function("!document.querySelector('.htmx-request')")
    seen: dict[str, Any] = await page.evaluate("seen")
    if await page.evaluate("document.querySelector('veza-player audio').paused"):
        raise SystemExit("the music stopped")
    return contents, [one for one in seen["tasks"] if one > TASK_MS], float(seen["shift"])


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
