"""How fast and how small every page is, over a catalogue of 100,000 tracks, to a visitor and to a person signed in.

A real `veza serve` on PostgreSQL, with the catalogue of `catalog_api`; 8 connections that are kept open and never wait.
The time ends with the head of the answer. Each page stands beside the barest page of the site, asked just before it,
since a busy machine makes both slower: a page misses by its own bounds, and where it takes over RATIO times as long.
"""

from __future__ import annotations

import gzip
import random
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from _stand import Result, database, missing, options, run, running
from catalog_api import CONNECTIONS, SYLLABLES, Rows, catalogue, fill, timed

from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track

REQUESTS = 200
P99_MS = 100
RATIO = 12
KILOBYTES, SCRIPT_KILOBYTES = 45, 40
BARE = "/about"
PASSWORD = "plover-quarry-lantern-72"

Address = Callable[[random.Random], str]


def pages(rows: Rows) -> tuple[dict[str, Address], dict[str, Address]]:
    """Pages of a visitor and of a person, by their names; each time of another artist or track."""
    slugs = [one["slug"] for one in rows[Artist]]
    releases, tracks = ([one["id"] for one in rows[model]] for model in (Release, Track))
    public: dict[str, Address] = {
        "home": lambda _: "/",
        "artist": lambda chance: f"/artists/{chance.choice(slugs)}",
        "release": lambda chance: f"/releases/{chance.choice(releases)}",
        "track": lambda chance: f"/tracks/{chance.choice(tracks)}",
        "search": lambda chance: f"/search?q={chance.choice(SYLLABLES)}",
        "cart": lambda _: "/cart",
        "preferences": lambda _: "/preferences",
    }
    visitor: dict[str, Address] = {"sign_in": lambda _: "/sign-in", "sign_up": lambda _: "/sign-up"}
    own = ("/library", "/orders", "/account", "/account/sessions", "/account/tokens", "/account/mails", "/studio")
    person = {address[1:].replace("/", "_"): _always(address) for address in own}
    return public | visitor, public | person


def _always(address: str) -> Address:
    return lambda _: address


class Reader:
    """A visitor or a person with CONNECTIONS open; `kilobytes` are counted as they are sent."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Accept-Encoding": "gzip", "Accept": "text/html"}, auto_decompress=False,
        )  # fmt: skip

    async def sign_in(self) -> None:
        """A new account, signed in by the site's own forms."""
        given = {"email": "reader@example.org", "name": "Reader", "password": PASSWORD}
        for address in ("/sign-up", "/sign-in"):
            headers = {"Origin": self._base}
            async with self._http.post(
                self._base + address, data=given, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status != 303:
                    raise SystemExit(f"{answer.status} at {address}: {await answer.text()}")

    async def ask(self, address: str) -> tuple[float, bytes]:
        """Milliseconds until the head of the answer, and the body as it was sent."""
        began = time.perf_counter()
        async with self._http.get(self._base + address) as answer:
            took = (time.perf_counter() - began) * 1000
            body = await answer.read()
            if answer.status != 200:
                raise SystemExit(f"{answer.status} at {address}")
            return took, body if answer.headers.get("Content-Encoding") == "gzip" else gzip.compress(body)

    async def times(self, address: Address) -> list[float]:
        heads: list[float] = []

        def one(seed: int) -> Callable[[], Awaitable[None]]:
            chance = random.Random(seed)

            async def ask() -> None:
                heads.append((await self.ask(address(chance)))[0])

            return ask

        await timed([one(seed) for seed in range(CONNECTIONS)], REQUESTS // CONNECTIONS)
        return heads[-REQUESTS:]

    async def assets(self) -> tuple[float, float]:
        """Compressed kilobytes of the style sheet, and of the site's own scripts."""
        page = gzip.decompress((await self.ask("/"))[1]).decode()
        styles = re.findall(r'rel="stylesheet" href="([^"]*veza\.css[^"]*)"', page)
        scripts = {
            *re.findall(r'rel="modulepreload" href="([^"]+)"', page),
            *re.findall(r'src="([^"]+main\.js)"', page),
        }
        sizes = [sum([len((await self.ask(one))[1]) for one in found]) / 1000 for found in (styles, scripts)]
        return sizes[0], sizes[1]

    async def close(self) -> None:
        await self._http.close()


async def measured() -> Sequence[Result]:
    if missing("postgresql"):
        return [{"page": "every page", "skipped": missing("postgresql"), "reached": True}]
    rows = catalogue()
    async with database("postgresql") as url:
        await fill(url, rows)
        settings = {"PORT": "0", "DATABASE_URL": url.replace("+asyncpg", "")}
        async with running(["-m", "veza", "serve"], settings, "ready on") as server:
            base = server.line.split()[-1]
            visitor, person = Reader(base), Reader(base)
            await person.sign_in()
            styles, scripts = await visitor.assets()
            results: list[Result] = [
                {"page": "scripts of its own", "kilobytes": round(scripts, 1), "reached": scripts < SCRIPT_KILOBYTES}
            ]
            for reader, who, found in zip((visitor, person), ("visitor", "person"), pages(rows), strict=True):
                for name, address in found.items():
                    results.append(await _page(reader, f"{name}, {who}", address, styles))
            await visitor.close()
            await person.close()
    return results


async def _page(reader: Reader, name: str, address: Address, styles: float) -> Result:
    bare = statistics.median(await reader.times(lambda _: BARE))
    took = await reader.times(address)
    html = len((await reader.ask(address(random.Random(0))))[1]) / 1000
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    return {
        "page": name,
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "bare_p50_ms": round(bare, 1),
        "ratio": round(p50 / bare, 1),
        "kilobytes": round(html + styles, 1),
        "reached": p99 < P99_MS and p50 / bare <= RATIO and html + styles < KILOBYTES,
    }  # fmt: skip


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
