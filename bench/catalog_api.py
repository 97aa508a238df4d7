"""How fast one server process answers from a catalogue of 100,000 tracks, beside the same SQL asked without it.

A real `veza serve` on PostgreSQL with 1,000 artists, 10,000 releases, 100,000 tracks and 300,000 tags; 8 connections
that are kept open and never wait. Each address is then compared with its own statements, executed bare by 8 asyncpg
connections.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from uuid import UUID

import aiohttp
import asyncpg
import httpx
from _stand import Result, database, missing, options, run, running
from sqlalchemy import event, insert

from veza.app import build
from veza.catalog import palettes, slugs
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover
from veza.catalog.releases import Release
from veza.catalog.slugs import Slug
from veza.catalog.tagging import Tagging
from veza.catalog.tracks import Track
from veza.kit.clock import SystemClock
from veza.kit.database import Base, Database, table_of
from veza.kit.ids import Ids
from veza.ops.observability import configure_logs
from veza.settings import Settings

ARTISTS, RELEASES_EACH, TRACKS_EACH = 1_000, 10, 10
TAGS = [f"tag{number}" for number in range(300)]
CONNECTIONS = 8
REQUESTS = 400
WARM = 40
P99_MS = 50
CHUNK = 2_000
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
SYLLABLES = "ba ko ri tu ve la mo shi an do el ny sa fe gra ul".split()

Rows = dict[type[Base], list[dict[str, Any]]]


def catalogue() -> Rows:
    """Every row of the catalogue; the same each time but for the ids."""
    chance, ids = random.Random(1), Ids(SystemClock(), random.Random(2))
    rows: Rows = {Artist: [], Cover: [], Release: [], Track: [], Slug: [], Tagging: []}

    def name() -> str:
        return " ".join("".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(2))

    def tagged(kind: str, about_id: UUID) -> list[str]:
        # A few tags are on very many, most on few.
        found = sorted({TAGS[min(int(chance.paretovariate(0.6)) - 1, len(TAGS) - 1)] for _ in range(4)})
        rows[Tagging] += [{"kind": kind, "tag": tag, "about_id": about_id} for tag in found]
        return found

    def addressed(kind: str, scope: UUID, target_id: UUID, slug: str) -> str:
        rows[Slug].append({
            "kind": kind, "scope": scope, "slug": slug, "target_id": target_id, "is_current": True, "since": BEGAN,
        })  # fmt: skip
        return slug

    for number in range(ARTISTS):
        artist_id, cover_id = ids.new(), ids.new()
        slug = addressed(slugs.ARTIST, slugs.EVERYWHERE, artist_id, f"artist-{number}")
        rows[Artist].append({
            "id": artist_id, "slug": slug, "name": name(), "bio": "A life. " * 20, "country": "DE",
            "currency": "EUR", "created_at": BEGAN + timedelta(hours=number), "tags": tagged("artist", artist_id),
        })  # fmt: skip
        rows[Cover].append({
            "id": cover_id, "artist_id": artist_id, "source_hash": cover_id.hex, "colour": "#204060",
            "sizes": [96, 256, 512], "objects": {}, "palette_version": palettes.VERSION, "created_at": BEGAN,
        })  # fmt: skip
        for count in range(RELEASES_EACH):
            release_id = ids.new()
            slug = addressed(slugs.RELEASE, artist_id, release_id, f"release-{count}")
            at = BEGAN + timedelta(minutes=chance.randrange(500_000))
            rows[Release].append({
                "id": release_id, "artist_id": artist_id, "slug": slug, "title": name(),
                "kind": "album", "status": "published", "version": 1, "description": "Words. " * 50, "licence": "",
                "tags": tagged("release", release_id), "cover_id": cover_id, "published_at": at,
                "created_at": at, "updated_at": at,
            })  # fmt: skip
            for position in range(1, TRACKS_EACH + 1):
                track_id = ids.new()
                rows[Track].append({
                    "id": track_id, "release_id": release_id, "artist_id": artist_id, "position": position,
                    "title": name(), "credits": [{"name": name(), "part": "voice"}], "explicit": False,
                    "tags": tagged("track", track_id), "duration_ms": 200_000, "listed_at": at, "created_at": at,
                })  # fmt: skip
    return rows


PLACES = [
    f"""
    UPDATE taggings SET listed_at = found.{at}, title_key = found.{key} FROM {table} AS found
    WHERE taggings.kind = '{kind}' AND taggings.about_id = found.id
    """
    for kind, table, at, key in (
        ("artist", "artists", "created_at", "name_key"),
        ("release", "releases", "published_at", "title_key"),
        ("track", "tracks", "listed_at", "title_key"),
    )
]


async def fill(url: str, rows: Rows) -> None:
    base = Database.open(url)
    async with base.engine.begin() as connection:
        for model, wanted in rows.items():
            for start in range(0, len(wanted), CHUNK):
                await connection.execute(insert(table_of(model)), wanted[start : start + CHUNK])
    await base.close()
    # Past the bound that statements of a server have: a busy machine takes minutes for these.
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    # Vacuumed as autovacuum does within a minute of so many new rows: in the middle of what is measured otherwise.
    for statement in (*PLACES, "VACUUM ANALYZE", "CHECKPOINT"):
        await connection.execute(statement)
    await connection.close()


def addresses(rows: Rows, cursors: dict[str, str]) -> dict[str, Callable[[random.Random], str]]:
    """What is asked, by a name; each time another row, tag or beginning."""

    def some(model: type[Base], column: str) -> Callable[[random.Random], str]:
        return lambda chance: quote(str(chance.choice(rows[model])[column]))

    artist, release, track = some(Artist, "id"), some(Release, "id"), some(Track, "id")
    slug = some(Artist, "slug")
    return {
        "tracks, newest": lambda _: "/tracks",
        "tracks, newest, 20 pages on": lambda _: f"/tracks?cursor={cursors['/tracks']}",
        "tracks, by title": lambda _: "/tracks?sort=title",
        "tracks, by title, 20 pages on": lambda _: f"/tracks?sort=title&cursor={cursors['/tracks?sort=title']}",
        "tracks, frequent tag": lambda _: f"/tracks?tag={TAGS[0]}",
        "tracks, any tag": lambda chance: f"/tracks?tag={chance.choice(TAGS)}",
        "tracks, tag, by title": lambda chance: f"/tracks?sort=title&tag={chance.choice(TAGS)}",
        "tracks, beginning with": lambda chance: f"/tracks?text={chance.choice(SYLLABLES)}",
        "tracks of an artist": lambda chance: f"/tracks?artist={artist(chance)}",
        "releases, newest": lambda _: "/releases",
        "releases, frequent tag": lambda _: f"/releases?tag={TAGS[0]}",
        "releases, any tag": lambda chance: f"/releases?tag={chance.choice(TAGS)}",
        "artists, by name": lambda _: "/artists?sort=name",
        "artists, any tag": lambda chance: f"/artists?tag={chance.choice(TAGS)}",
        "an artist's releases": lambda chance: f"/artists/{slug(chance)}/releases",
        "a track": lambda chance: f"/tracks/{track(chance)}",
        "a release": lambda chance: f"/releases/{release(chance)}",
        "a release by slug": lambda chance: (
            f"/artists/{slug(chance)}/releases/release-{chance.randrange(RELEASES_EACH)}"
        ),
        "an artist": lambda chance: f"/artists/{slug(chance)}",
    }  # fmt: skip


async def timed(works: Sequence[Callable[[], Awaitable[None]]], each: int) -> list[float]:
    """Every work `each` times, all at once; the milliseconds of each time, without the first ones."""

    async def repeat(work: Callable[[], Awaitable[None]]) -> list[float]:
        took: list[float] = []
        for _ in range(each + WARM // CONNECTIONS):
            began = time.perf_counter()
            await work()
            took.append((time.perf_counter() - began) * 1000)
        return took[WARM // CONNECTIONS :]

    return [one for took in await asyncio.gather(*map(repeat, works)) for one in took]


async def through_the_door(base: str, path: Callable[[random.Random], str]) -> list[float]:
    """The address over HTTP on CONNECTIONS kept connections."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:

        def one(seed: int) -> Callable[[], Awaitable[None]]:
            chance = random.Random(seed)

            async def ask() -> None:
                async with http.get(base + path(chance)) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise SystemExit(f"{answer.status} at {answer.url}: {await answer.text()}")

            return ask

        return await timed([one(seed) for seed in range(CONNECTIONS)], REQUESTS // CONNECTIONS)


class Bare:
    """The statements behind an address, executed by asyncpg alone."""

    def __init__(self, url: str, folder: Path, pool: asyncpg.Pool) -> None:
        settings = Settings(database_url=url.replace("+asyncpg", ""), var_dir=folder, log_level="error")
        configure_logs(settings)
        self._application = build(settings)
        self._pool = pool

    async def asked(self, path: str) -> list[tuple[str, tuple[Any, ...]]]:
        """What an address asks the database."""
        said: list[tuple[str, tuple[Any, ...]]] = []

        def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            said.append((statement, tuple(parameters)))

        engine = self._application.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", hear)
        transport = httpx.ASGITransport(app=self._application.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            (await client.get(f"/api/v1{path}")).raise_for_status()
        event.remove(engine, "before_cursor_execute", hear)
        return said

    async def timed(self, path: Callable[[random.Random], str]) -> list[float]:
        chance = random.Random(1)
        asked = [await self.asked(path(chance)) for _ in range(5)]

        def one(seed: int) -> Callable[[], Awaitable[None]]:
            mine = random.Random(seed)

            async def ask() -> None:
                async with self._pool.acquire() as connection, connection.transaction():
                    for statement, parameters in mine.choice(asked):
                        await connection.fetch(statement, *parameters)

            return ask

        return await timed([one(seed) for seed in range(CONNECTIONS)], REQUESTS // CONNECTIONS)

    async def close(self) -> None:
        await self._application.close()


async def _cursors(base: str) -> dict[str, str]:
    """The cursor 20 pages on, of each long list."""
    found: dict[str, str] = {}
    async with aiohttp.ClientSession() as http:
        for path in ("/tracks", "/tracks?sort=title"):
            cursor = ""
            for _ in range(20):
                mark = "&" if "?" in path else "?"
                async with http.get(f"{base}{path}{mark}limit=50{f'&cursor={cursor}' if cursor else ''}") as answer:
                    cursor = (await answer.json())["next_cursor"]
            found[path] = cursor
    return found


def _p99(took: Sequence[float]) -> float:
    return round(statistics.quantiles(took, n=100)[98], 1)


async def measured() -> Sequence[Result]:
    name = "catalogue, postgresql, 1 process, 8 connections"
    if missing("postgresql"):
        return [{"name": name, "skipped": missing("postgresql"), "reached": True}]
    rows = catalogue()
    results: list[Result] = []
    async with database("postgresql") as url:
        await fill(url, rows)
        settings = {"PORT": "0", "DATABASE_URL": url.replace("+asyncpg", "")}
        async with (
            running(["-m", "veza", "serve"], settings, "ready on") as server,
            asyncpg.create_pool(url.replace("+asyncpg", ""), min_size=CONNECTIONS, max_size=CONNECTIONS) as pool,
        ):
            base = server.line.split()[-1] + "/api/v1"
            with TemporaryDirectory(prefix="veza-bench-") as folder:
                bare = Bare(url, Path(folder), pool)
                for asked, path in addresses(rows, await _cursors(base)).items():
                    alone = await bare.timed(path)
                    before = server.cpu_seconds()
                    took = await through_the_door(base, path)
                    cpu_ms = (server.cpu_seconds() - before) * 1000 / (REQUESTS + WARM)
                    results.append({
                        "name": f"{name}: {asked}",
                        "tracks": len(rows[Track]),
                        "p50_ms": round(statistics.median(took), 1),
                        "p99_ms": _p99(took),
                        "server_cpu_ms": round(cpu_ms, 1),
                        "bare_sql_p50_ms": round(statistics.median(alone), 1),
                        "bare_sql_p99_ms": _p99(alone),
                        "reached": _p99(took) < P99_MS,
                    })  # fmt: skip
                await bare.close()
    return results


if __name__ == "__main__":
    asked = options(__doc__.splitlines()[0])
    run(measured, as_json=asked.json)
