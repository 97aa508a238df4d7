"""The lists of the API, read from its description: how each is sorted, and what it is filtered by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PAGING = ("cursor", "limit")
IN_ONE_ORDER = {
    "listChannelEvents": "events are read in the order they happened",
    "listPlaylistItems": "a playlist has the order its people gave it",
}
"""Lists that are read in pages and cannot be sorted, and why."""
WHOLE = {
    "listArtistMembers": "an artist has few people",
    "listArtistInvitations": "invitations and people of an artist are 50 at most",
    "listPlaylistPeople": "a playlist has few people",
    "showCart": "a cart holds at most 100 products, in the order they were added",
    "showBacklog": "one row for each kind of waiting work, and a bounded number of samples",
    "countComments": "one count for each id asked about",
    "countFollowers": "one count for each id asked about",
    "countLikes": "one count for each id asked about",
    "search": "at most 50 results of each kind, the best first; those of one kind go on with `after`, up to 1,000",
    "suggest": "at most eight suggestions",
    "showTimeline": "one payment's whole story, in the order it happened",
}
"""Lists without pages, and why: each has a bound."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: its path, the orders it can have (the first is the default), and the names of its filters."""

    operation: str
    path: str
    sorts: tuple[str, ...]
    filters: tuple[str, ...]


def lists_of(schema: Mapping[str, Any]) -> Iterator[Listed]:
    """Every list of an OpenAPI document that is read in pages, sorted by path."""
    for path, item in sorted(schema["paths"].items()):
        operation = item.get("get", {})
        asked = {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}
        if not set(PAGING) <= set(asked):
            continue
        filters = tuple(sorted(set(asked) - {*PAGING, "sort"}))
        yield Listed(operation["operationId"], path.removeprefix("/api/v1"), _sorts(asked.get("sort"), schema), filters)


def _sorts(parameter: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The default first."""
    if parameter is None:
        return ()
    said = parameter["schema"]
    if "$ref" in said:
        said = schema["components"]["schemas"][said["$ref"].rpartition("/")[2]]
    names = said.get("enum", ())
    first = parameter["schema"].get("default", names[0] if names else None)
    return (first, *(name for name in names if name != first))


def lists_page(schema: Mapping[str, Any]) -> str:
    """docs/api-lists.md."""
    rows = "".join(
        f"| `{one.path}` | {_names(one.sorts) or IN_ONE_ORDER[one.operation]} | {_names(one.filters) or '–'} |\n"
        for one in lists_of(schema)
    )
    whole = "".join(
        f"| `{path.removeprefix('/api/v1')}` | {WHOLE[item['get']['operationId']]} |\n"
        for path, item in sorted(schema["paths"].items())
        if item.get("get", {}).get("operationId") in WHOLE
    )
    return (
        "# The lists of the API\n\n"
        "Every list takes `limit` (1 to 200, 50 without it) and `cursor`: the `next_cursor` of the page before,\n"
        "unchanged, with the same filters and `sort`. Rows that are added or deleted in between shift no page: the\n"
        "cursor names the row after which the next page begins; rows that sort alike are sorted by their id. Without\n"
        "`sort` a list has the first order named here. An unknown value of a parameter is refused, and the answer\n"
        "names the known ones.\n\n"
        "This page is generated from the API's description (`/api/openapi.json`).\n\n"
        f"| list | sorted | filtered by |\n|---|---|---|\n{rows}\n"
        f"These lists have no pages:\n\n| list | because |\n|---|---|\n{whole}"
    )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
