"""A listener in Firefox, in one session in a low window: hears, buys, finds it in the library, gives it back."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.client import API
from tests.journeys.album import Album
from tests.journeys.firefox import firefox_in
from tests.journeys.pages import OBSCURED

EMAIL, PASSWORD = "lena@story.example", "a tram full of cellos"
WIDTH, HEIGHT = 1024, 600
HEARD = """async () => {
    const bar = document.querySelector("veza-player"), audio = bar.querySelector("audio");
    audio.muted = true;
    document.querySelector("#page [data-play-track]").click();
    while (!(bar.player.state.playing && bar.player.state.position > 0.2)) await new Promise(requestAnimationFrame);
    return [bar.player.state.track.title, bar.player.state.part];
}"""
FETCHED = """async () => {
    let link;
    while (!(link = document.querySelector("#files a.main[download]"))) await new Promise(requestAnimationFrame);
    const answer = await fetch(link.href), bytes = new Uint8Array(await answer.arrayBuffer());
    return [answer.status, bytes.length > 100_000, String.fromCharCode(...bytes.slice(0, 2))];
}"""


async def test_a_listener_hears_buys_keeps_and_gives_back_in_firefox(album: Album, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=album.url) as client:
        new = {"email": EMAIL, "name": "Lena", "password": PASSWORD}
        keyed = {"Idempotency-Key": "lena-signs-up"}
        assert (await client.post(f"{API}/people", json=new, headers=keyed)).status_code == 202
        release = (await client.get(f"{API}/tracks/{album.tracks['Night Bus']}")).json()["release_id"]
    async with firefox_in(tmp_path) as firefox:
        await firefox.ask("WebDriver:SetWindowRect", width=WIDTH, height=HEIGHT)
        await firefox.open(f"{album.url}/releases/{release}")
        assert await firefox.evaluate(HEARD) == ["Night Bus", "preview"]
        await firefox.click("form.buy button[value=cart]")
        await firefox.reads("Sign in instead")
        controls, obscured = await firefox.evaluate(OBSCURED)
        assert (controls > 5, obscured) == (True, [])
        await firefox.click("a[href='/sign-in?next=/cart']")
        await firefox.reads("Come in")
        await firefox.write("#email", EMAIL)
        await firefox.write("#password", PASSWORD)
        await firefox.click("main form button.main")
        await firefox.reads("Everything is in your library")
        await firefox.click("input[name=consent]")
        await firefox.click("aside button.main")
        await firefox.reads("Your order")
        await firefox.write("#card", "4242424242424242")  # the rest is filled in
        await firefox.click("form button")
        await firefox.reads("€7.00 has arrived.")
        assert (await firefox.evaluate(OBSCURED))[1] == []

        await firefox.open(f"{album.url}/library")
        await firefox.click(f"a[href='/library/{release}']")
        await firefox.reads("Download as ZIP")
        await firefox.click("#files form button.main")
        assert await firefox.evaluate(FETCHED) == [200, True, "PK"]
        await firefox.open(album.page("Night Bus"))
        assert await firefox.evaluate(HEARD) == ["Night Bus", None], "all of it"

        await firefox.open(f"{album.url}/orders")
        await firefox.click("main a[href^='/orders/']")
        await firefox.reads("Ask for the money back")
        await firefox.click("details.ask summary")
        await firefox.write("details.ask textarea", "bought by mistake")
        await firefox.click("details.ask form button")
        await firefox.reads("you asked for the money back")
