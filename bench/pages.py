"""How fast and how small every page is, over a catalogue of 100,000 tracks, to a visitor and to a person signed in.

A real `veza serve` on PostgreSQL, with the catalogue of `catalog_api` beside the demo's sales; 8 connections that are
kept open and never wait. The time ends with the head of the answer. Each page stands beside the barest page of the
site, asked just before it, since a busy machine makes both slower: a page misses by its own bounds, and where it takes
over RATIO times as long. Equal requests are answered together (decision 0091), so that `alone_ms` says what one costs.
"""

from __future__ import annotations

import gzip
import random
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from uuid import UUID

import aiohttp
from _made_demo import sold
from _stand import Result, database, missing, options, run, running
from catalog_api import CONNECTIONS, SYLLABLES, Rows, catalogue, fill, timed
from sqlalchemy import select

from veza.accounts import roles
from veza.accounts.people import Person
from veza.accounts.roles import GIVEN
from veza.catalog.artists import Artist
from veza.catalog.members import ArtistMember
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.kit.database import Database
from veza.lab.demo import opening

REQUESTS = 200
ALONE = 20
P99_MS = 100
RATIO = 12
KILOBYTES, SCRIPT_KILOBYTES = 45, 40
BARE = "/about"

Address = Callable[[random.Random], str]
LINKED = {
    "person": {
        "a release of the library": ("/library", "/library/"),
        "an order": ("/orders", "/orders/"),
        "a playlist": ("/playlists", "/playlists/"),
    },
    "operator": {
        "a payment": ("/operator/payments", "/operator/payments/"),
        "a transfer": ("/operator/transfers", "/operator/transfers/"),
        "a webhook": ("/operator/inbox", "/operator/inbox/"),
        "a person": ("/operator/people", "/operator/people/"),
        "a report": ("/operator/reports", "/operator/reports/"),
    },
}
"""Whose page → its name → the page that links to it, and how its address begins."""


def pages(rows: Rows, artist: UUID) -> tuple[dict[str, Address], dict[str, Address], dict[str, Address]]:
    """Pages of a visitor, of a person, and of an operator who runs `artist`, by their names; a page of an artist, a
    release or a track is each time another one's."""
    slugs = [one["slug"] for one in rows[Artist]]
    releases, tracks = ([one["id"] for one in rows[model]] for model in (Release, Track))
    public: dict[str, Address] = {
        "home": lambda _: "/",
        "artist": lambda chance: f"/artists/{chance.choice(slugs)}",
        "release": lambda chance: f"/releases/{chance.choice(releases)}",
        "track": lambda chance: f"/tracks/{chance.choice(tracks)}",
        "embedded release": lambda chance: f"/embed/releases/{chance.choice(releases)}",
        "embedded track": lambda chance: f"/embed/tracks/{chance.choice(tracks)}",
        "search": lambda chance: f"/search?q={chance.choice(SYLLABLES)}",
        **_all(
            "/cart",
            "/redeem",
            "/preferences",
            "/playlists",
            "/checkout/done",
            "/design",
            "/design/music",
            "/design/money",
        ),
    }
    visitor = _all("/sign-in", "/sign-up", "/forgot-password", "/permissions")
    person = _all(
        "/library", "/orders", "/news", "/following", "/reports", "/account", "/account/password",
        "/account/second-factor", "/account/sessions", "/account/tokens", "/account/mails", "/account/listenbrainz",
        "/account/data", "/studio",
    )  # fmt: skip
    theirs = [one["id"] for one in rows[Release] if one["artist_id"] == artist]
    own_tracks = [one["id"] for one in rows[Track] if one["artist_id"] == artist]
    office = _all(
        f"/studio/{artist}",
        *(f"/studio/{artist}/{one}" for one in ("records", "sales", "money", "onboarding", "plays", "codes", "people")),
        "/operator", "/operator/payments", "/operator/transfers", "/operator/findings", "/operator/inbox",
        "/operator/processing", "/operator/reports", "/operator/people", "/operator/audit", "/operator/site",
    )  # fmt: skip
    office["studio, a release"] = lambda chance: f"/studio/releases/{chance.choice(theirs)}"
    office["studio, a track"] = lambda chance: f"/studio/tracks/{chance.choice(own_tracks)}"
    return public | visitor, public | person, office


def _all(*addresses: str) -> dict[str, Address]:
    return {re.sub("/?[0-9a-f-]{36}", "", one)[1:]: _always(one) for one in addresses}


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

    async def sign_in(self, name: str) -> None:
        """As one of the demo's accounts, by the site's own form."""
        given = {"email": opening.address_of(name), "password": opening.PASSWORD}
        async with self._http.post(
            f"{self._base}/sign-in", data=given, headers={"Origin": self._base}, allow_redirects=False
        ) as answer:
            if answer.status != 303:
                raise SystemExit(f"{answer.status} for {name}: {await answer.text()}")

    async def linked(self, called: str) -> dict[str, Address]:
        """The pages of LINKED, by the first link to each."""
        found: dict[str, Address] = {}
        for name, (page, begins) in LINKED.get(called, {}).items():
            html = gzip.decompress((await self.ask(page))[1]).decode()
            link = re.search(f'href="({begins}[^"?#]+)"', html)
            if link is None:
                raise SystemExit(f"{page} links to no {begins}…")
            found[name] = _always(link[1])
        return found

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


async def measured(only: str) -> Sequence[Result]:
    if missing("postgresql"):
        return [{"page": "every page", "skipped": missing("postgresql"), "reached": True}]
    rows = catalogue()
    async with AsyncExitStack() as stack, database("postgresql") as url:
        var = stack.enter_context(tempfile.TemporaryDirectory(prefix="veza-bench-"))
        settings = {"PORT": "0", "DATABASE_URL": url.replace("+asyncpg", ""), "VAR_DIR": var, "DEMO_MUSIC": "false"}
        await sold(settings, var)
        await fill(url, rows)
        async with running(["-m", "veza", "serve"], settings, "ready on") as server:
            base = server.line.split()[-1]
            readers = visitor, person, operator = Reader(base), Reader(base), Reader(base)
            await person.sign_in(f"{opening.LISTENER}-1")
            await operator.sign_in(opening.OPERATOR)
            artist = rows[Artist][0]["id"]
            await _put_in_charge(url, opening.address_of(opening.OPERATOR), artist)
            styles, scripts = await visitor.assets()
            results: list[Result] = [
                {"page": "scripts of its own", "kilobytes": round(scripts, 1), "reached": scripts < SCRIPT_KILOBYTES}
            ]
            who = ("visitor", "person", "operator")
            for reader, called, found in zip(readers, who, pages(rows, artist), strict=True):
                for name, address in (found | await reader.linked(called)).items():
                    if re.search(only, f"{name}, {called}"):
                        results.append(await _page(reader, f"{name}, {called}", address, styles))
            for reader in readers:
                await reader.close()
    return results


async def _put_in_charge(url: str, email: str, artist: UUID) -> None:
    """The person runs the artist, and may do everything an operator does."""
    base = Database.open(url)
    async with base.write("bench") as session:
        person_id = (await session.scalars(select(Person.id).where(Person.email == email))).one()
        for role in GIVEN:
            await roles.give(session, person_id, role, by="bench")
        session.add(ArtistMember(artist_id=artist, person_id=person_id, role="owner", since=session.now))
    await base.close()


async def _page(reader: Reader, name: str, address: Address, styles: float) -> Result:
    # Each time another address: none of them is answered together with another.
    bare = statistics.median(await reader.times(lambda chance: f"{BARE}?{chance.random()}"))
    alone = statistics.median([(await reader.ask(address(random.Random(seed))))[0] for seed in range(ALONE)])
    took = await reader.times(address)
    html = len((await reader.ask(address(random.Random(0))))[1]) / 1000
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    return {
        "page": name,
        "alone_ms": round(alone, 1),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "bare_p50_ms": round(bare, 1),
        "ratio": round(p50 / bare, 1),
        "kilobytes": round(html + styles, 1),
        "reached": p99 < P99_MS and p50 / bare <= RATIO and html + styles < KILOBYTES,
    }  # fmt: skip


if __name__ == "__main__":
    asked = options(
        __doc__.splitlines()[0], ("--only", {"default": "", "help": "pages whose name matches this pattern"})
    )
    run(lambda: measured(asked.only), as_json=asked.json)
