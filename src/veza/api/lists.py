"""The lists of the API, read from its description: how each is sorted, and what it is filtered by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PAGING = ("cursor", "limit")
IN_ONE_ORDER = {
    "listPlaylistItems": "a playlist has the order its people gave it",
}
"""Lists that are read in pages and cannot be sorted, and why."""
WHOLE = {
    "listArtistMembers": "an artist has few people",
    "listArtistInvitations": "invitations and people of an artist are 50 at most",
    "listPlaylistPeople": "a playlist is kept by few people",
    "showCart": "a cart holds at most 100 things, in the order they were put in",
    "showBacklog": "one row for each kind of waiting work, and a bounded number of samples",
    "countComments": "one count for each id asked about",
    "countFollowers": "one count for each id asked about",
    "countLikes": "one count for each id asked about",
    "showTimeline": "one payment's whole story, in the order it happened",
}
"""Lists that always come whole, and why: nothing in them grows without end."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: where, the orders it can come in (the first unless told otherwise), and the names of its filters."""

    operation: str
    path: str
    sorts: tuple[str, ...]
    filters: tuple[str, ...]


def lists_of(schema: Mapping[str, Any]) -> Iterator[Listed]:
    """Every list of an OpenAPI document that is read in pages, by its address."""
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
        "Every list takes `limit` (1 to 200, 50 without it) and `cursor`: the `next_cursor` of the page before, as it\n"
        "came, with the same filters and `sort`. Rows that come and go meanwhile shift no page: the cursor names the\n"
        "row to go on after, and rows that are alike in what they are sorted by go by their id. The first of the\n"
        "orders is how a list comes without `sort`. A value a parameter cannot have is refused with those it can.\n\n"
        "This page is generated from the API's description (`/api/openapi.json`).\n\n"
        f"| list | sorted | filtered by |\n|---|---|---|\n{rows}\n"
        f"These come whole:\n\n| list | because |\n|---|---|\n{whole}"
    )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
