"""Search over REST: results by kind in the shapes of their lists, facets, pages of one kind, suggestions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests import factories
from tests.api.visitors import by_header
from tests.applications import Made, application
from tests.client import Client, http_client
from tests.search.shop import hide, publish
from veza.api.application import api_v1, web_application
from veza.api.search.routes import SEARCH_TAGS, search_routes
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.subscriptions import Subscriptions
from veza.search.facade import SEARCHES, Search
from veza.search.keeping import search_acts, search_subscriptions


@dataclass
class Finder(Client):
    """Search with a client."""

    database: Database


def _application(database: Any, search: Any) -> Made:
    return web_application(database, [api_v1(by_header, search_routes(search))], SEARCH_TAGS)


@pytest.fixture
async def finder(database_url: str, clock: ManualClock) -> AsyncIterator[Finder]:
    heard = Subscriptions(inside=search_subscriptions(), after=search_acts())
    database = Database.open(database_url, clock=clock, subscriptions=heard)
    with application(_application, database, Search(database)) as (asgi, _):
        async with http_client(asgi) as client:
            yield Finder(client, database)
    await database.close()


async def test_results_come_by_kind_in_the_shapes_of_their_lists(finder: Finder) -> None:
    made = await publish(finder.database, tags=["dub"], language="fr")
    found = await finder.call("GET", "/search?q=zorblax")
    assert [one["name"] for one in found["artists"]] == ["Zorblax"]
    assert [(one["title"], one["artist_name"]) for one in found["releases"]] == [("Quuxmoor", "Zorblax")]
    assert {one["id"] for one in found["tracks"]} == {str(one) for one in made.tracks}
    assert found["playlists"] == found["people"] == found["more"] == []
    assert found["next_cursor"] is None


async def test_facets_count_what_was_found_and_narrow_it(finder: Finder) -> None:
    await publish(finder.database, tags=["dub"], language="fr")
    facets = (await finder.call("GET", "/search?q=zorblax"))["facets"]
    assert facets["kind"] == [
        {"value": "track", "count": 2}, {"value": "artist", "count": 1}, {"value": "release", "count": 1},
    ]  # fmt: skip
    assert facets["tag"] == [{"value": "dub", "count": 1}, {"value": "skronk", "count": 1}]
    assert facets["language"] == [{"value": "fr", "count": 3}]
    assert facets["format"] == [{"value": "album", "count": 3}]
    assert (facets["total"], facets["is_more"]) == (4, False)
    narrowed = await finder.call("GET", "/search?q=zorblax&tag=dub")
    assert [one["title"] for one in narrowed["releases"]] == ["Quuxmoor"]
    assert narrowed["artists"] == narrowed["tracks"] == []
    nothing = await finder.call("GET", "/search?tag=no-such-tag")
    assert nothing["facets"]["total"] == 0


async def test_one_kind_is_read_in_pages(finder: Finder) -> None:
    artist = await factories.artist(finder.database, "Zorblax")
    await factories.release(finder.database, artist, *(f"Wibblefen {number}" for number in range(25)))
    async with finder.database.write() as session:
        await session.execute(text("UPDATE tracks SET listed_at = created_at"))
    await Search(finder.database).rebuild(lambda _: None)
    seen: list[str] = []
    address = "/search?q=wibblefen&kind=track&limit=10"
    page = await finder.call("GET", address)
    assert page["more"] == ["track"]
    while page["next_cursor"] is not None:
        seen += [one["id"] for one in page["tracks"]]
        page = await finder.call("GET", f"{address}&after={page['next_cursor']}")
    seen += [one["id"] for one in page["tracks"]]
    assert len(seen) == len(set(seen)) == 25


async def test_a_cursor_belongs_to_its_query_and_needs_a_kind(finder: Finder) -> None:
    await finder.refused("GET", "/search?q=a&kind=track&after=AAAA", None, 400, "bad-cursor")
    assert "kind" in await finder.refused("GET", "/search?q=a&after=AAAA", None, 400, "invalid-request")


@pytest.mark.parametrize(
    "query", ["kind=song", "limit=0", "limit=51", "price=cheap!", f"q={'x' * 201}", "language=%00"]
)
async def test_what_makes_no_sense_is_refused(finder: Finder, query: str) -> None:
    await finder.refused("GET", f"/search?{query}", None, 400, "invalid-request")


async def test_what_is_hidden_is_not_shown_even_where_the_index_has_it(finder: Finder) -> None:
    made = await publish(finder.database)
    await hide(finder.database, "track", made.tracks[0])
    found = await finder.call("GET", "/search?q=zorblax")
    assert [one["id"] for one in found["tracks"]] == [str(made.tracks[1])]
    async with finder.database.write() as session:
        # As nothing of ours would: the index hears nothing of it.
        await session.execute(text("UPDATE releases SET status = 'withdrawn'"))
    found = await finder.call("GET", "/search?q=zorblax")
    assert found["tracks"] == found["releases"] == []
    assert (await finder.call("GET", "/search/suggestions?q=quux"))["suggestions"] == []


async def test_suggestions_are_of_every_kind_the_best_first(finder: Finder) -> None:
    made = await publish(finder.database)
    found = (await finder.call("GET", "/search/suggestions?q=zorb"))["suggestions"]
    assert next((one["kind"], one["name"], one["by"]) for one in found) == ("artist", "Zorblax", "")
    assert {one["id"] for one in found} == {str(one) for one in (made.artist, made.release, *made.tracks)}
    track = next(one for one in found if one["kind"] == "track")
    assert (track["by"], track["artist_slug"], track["slug"]) == ("Zorblax", "zorblax", None)
    assert (await finder.call("GET", "/search/suggestions"))["suggestions"] == []


async def test_answers_are_kept_shortly_and_by_all(finder: Finder) -> None:
    for path in ("/search?q=a", "/search/suggestions?q=a"):
        answer = await finder.client.get(f"/api/v1{path}")
        assert answer.headers["cache-control"] == "public, max-age=10"


async def test_one_network_asks_at_a_pace(finder: Finder) -> None:
    for _ in range(SEARCHES.burst):
        await finder.call("GET", "/search/suggestions?q=a")
    await finder.refused("GET", "/search?q=a", None, 429, "rate-limited")


async def test_a_person_is_shown_with_nothing_but_the_name(finder: Finder) -> None:
    from veza.accounts import people

    who: UUID = await factories.person(finder.database, "Brindlequist")
    async with finder.database.write() as session:
        await people.choose_findable(session, who, True)
    found = await finder.call("GET", "/search?q=brindlequist")
    assert found["people"] == [{"id": str(who), "name": "Brindlequist"}]
