"""The listeners' part of the API description is valid and complete, and every error of their modules is translated."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest

from tests.api.listeners.conftest import Hall
from tests.factories import person
from veza.catalog import visibility
from veza.community import comments, playlist_items, playlist_people, playlists
from veza.http.errors import community as errors
from veza.http.errors.table import ERRORS, KINDS
from veza.http.identity import permission_of
from veza.kit import text
from veza.moderation import claims, decisions, hiding, notices, reporting, reports, subjects

ROOMS: tuple[ModuleType, ...] = (
    claims, comments, decisions, hiding, notices, playlist_items, playlist_people, playlists, reporting, reports,
    subjects, text, visibility,
)  # fmt: skip
LISTS = ("/playlists", "/me/playlists", "/me/follows", "/me/likes", "/me/feed", "/me/reports", "/me/notices",
         "/moderation/reports", "/moderation/log")  # fmt: skip


def test_every_handler_names_a_permission(hall: Hall) -> None:
    names = {
        permission_of(handler).value
        for route in hall.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if route.path.startswith("/api/v1/") and "OPTIONS" not in handler.http_methods
    }
    assert names == {"browse", "listen", "say", "report", "moderate", "own account"}


def test_every_error_of_the_rooms_is_translated() -> None:
    for module in ROOMS:
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, Exception) and error.__module__ == module.__name__:
                assert error in ERRORS, error


def test_no_two_kinds_share_a_type() -> None:
    kinds = [kind.uri for kind in KINDS]
    assert len(kinds) == len(set(kinds))
    assert all(kind.example for kind in errors.KINDS)


@pytest.mark.parametrize("path", LISTS)
async def test_no_list_takes_a_damaged_cursor_or_an_unknown_parameter(hall: Hall, path: str) -> None:
    mara = await person(hall.database)
    how: dict[str, Any] = {"by": mara, "roles": ("moderator",), "status": 400}
    for cursor in ("x", "AAAA", ""):
        await hall.refused("GET", path, kind="bad-cursor", cursor=cursor, **how)
    for name in ("limit", "page"):
        answer = await hall.send("GET", path, by=mara, roles=("moderator",), **{name: "0"})
        assert answer.json()["type"] == "urn:veza:problem:invalid-request"


async def test_no_cursor_shows_another_persons_list(hall: Hall) -> None:
    mara, ben = await person(hall.database), await person(hall.database, "Ben")
    for _ in range(2):
        await hall.post("/playlists", {"title": "x"}, by=mara)
    cursor = (await hall.get("/me/playlists", by=mara, limit=1))["next_cursor"]
    await hall.refused("GET", "/me/playlists", status=400, kind="bad-cursor", by=ben, limit=1, cursor=cursor)
