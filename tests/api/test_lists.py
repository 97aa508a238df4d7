"""Every list of the whole API, by its description: read in pages, sorted, and never without a reason otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.api.conftest import Whole
from tests.api.market.conftest import open_shop
from tests.api.walk import operations
from tests.api.world import World, filled, params_for
from veza.api.lists import IN_ONE_ORDER, WHOLE, Listed, lists_of
from veza.market.listings import BY_PRICE

SOME = 5
MANY_PAGES = 5
"""In so many pages at least is a long list read; a short one in pages of two rows."""
PARTS = {
    "showArtist", "showPerson", "showRelease", "showReleaseOfArtist", "showTrack", "showMe", "whoAmI", "showOrder",
    "showPayment", "showPayouts", "showRefund", "showReport", "showSeller", "showTransfer", "showNoticePreferences",
    "showAudio", "checkMasters", "listDownloadFormats", "showReleaseDownload", "showWaveform", "showUpload",
    "showChannel", "showMessage",
}  # fmt: skip
"""One thing with its parts, which are bounded: an order's lines, a release's tracks, a pace for each kind of
notice and channel, the versions of a track's audio, the formats of a download, 1,800 points, an upload's notes, the
people of a direct channel, what a message mentions."""


@pytest.fixture(scope="module")
def schema(whole: Whole) -> dict[str, Any]:
    return whole.schema


def _answers_a_list(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Whether the answer, or something right in it, is a list."""

    def resolved(found: Mapping[str, Any]) -> Mapping[str, Any]:
        name = found.get("$ref", "").rpartition("/")[2]
        return schema["components"]["schemas"][name] if name else found

    content = operation["responses"]["200"].get("content", {})
    answer = resolved(content.get("application/json", {}).get("schema", {}))
    inside = [resolved(one) for one in answer.get("properties", {}).values()]
    return any(one.get("type") == "array" for one in (answer, *inside))


def _listing(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for method, path, operation in operations(schema):
        if method == "get" and path.startswith("/api/v1/") and _answers_a_list(schema, operation):
            yield operation["operationId"], operation


def test_every_list_takes_a_cursor_a_limit_and_a_sort(schema: dict[str, Any]) -> None:
    lacking = {}
    for operation_id, operation in _listing(schema):
        takes = {one["name"] for one in operation.get("parameters", [])}
        wanted = {"cursor", "limit"} | (set() if operation_id in IN_ONE_ORDER else {"sort"})
        if operation_id not in PARTS | set(WHOLE) and not wanted <= takes:
            lacking[operation_id] = sorted(wanted - takes)
    assert lacking == {}


def test_every_exemption_is_still_one(schema: dict[str, Any]) -> None:
    takes = {name: {one["name"] for one in found.get("parameters", [])} for name, found in _listing(schema)}
    assert {name for name in PARTS | set(WHOLE) if "cursor" in takes.get(name, {"cursor"})} == set()
    assert {name for name in IN_ONE_ORDER if "sort" in takes.get(name, {"sort"})} == set()


def test_every_list_says_which_order_it_comes_in_and_has_at_least_one_other(schema: dict[str, Any]) -> None:
    found = list(lists_of(schema))
    assert len(found) > 30
    for one in found:
        if one.operation not in IN_ONE_ORDER:
            assert len(one.sorts) >= 2, one
            assert None not in one.sorts


async def test_every_order_of_every_list_shows_each_row_once_page_by_page(database_url: str) -> None:
    async for shop in open_shop(database_url, create_tables=False):
        world = await filled(shop, SOME)
        for one in lists_of(world.litestar.openapi_schema.to_schema()):
            whole = {sort: await _rows(world, one, sort, 200) for sort in one.sorts or (None,)}
            for sort, found in whole.items():
                assert len(found) >= SOME, (one.operation, sort)
                # Everything here was made at a few instants and has few prices: ties are broken by the id.
                limit = max(2, len(found) // MANY_PAGES)
                assert await _rows(world, one, sort, limit) == found, (one.operation, sort)
            for up, down in (("oldest", "newest"), ("cheapest", "dearest")):
                if up in whole:
                    assert whole[up] == whole[down][::-1], one.operation
        await world.close()


async def _rows(world: World, one: Listed, sort: str | None, limit: int) -> list[Any]:
    """The whole list in this order, page by page."""
    asked = {**params_for(world, one.operation), "limit": limit, **({"sort": sort} if sort else {})}
    if sort in BY_PRICE:
        asked["currency"] = "EUR"
    found: list[Any] = []
    for _ in range(200):
        address = f"/api/v1{one.path.format(**world.ids)}"
        answer = await world.client.get(address, headers=world.who, params=asked)
        assert answer.status_code == 200, (one.operation, sort, answer.text)
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        asked["cursor"] = answer.json()["next_cursor"]
    raise AssertionError(f"the pages of {one.operation} do not end")
