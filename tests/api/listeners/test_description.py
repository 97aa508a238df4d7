"""The listeners' part of the API: every handler names its permission, no list takes a cursor that is not its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.listeners.conftest import Hall
from tests.factories import person
from veza.http.identity import permission_of

LISTS = ("/playlists", "/me/playlists", "/me/follows", "/me/likes", "/me/feed", "/me/reports", "/me/notices",
         "/channels", "/me/blocks", "/moderation/reports", "/moderation/log")  # fmt: skip


def test_every_handler_names_a_permission(hall: Hall) -> None:
    names = {
        permission_of(handler).value
        for route in hall.litestar.routes
        for handler in getattr(route, "route_handlers", ())
        if route.path.startswith("/api/v1/") and "OPTIONS" not in handler.http_methods
    }
    assert names == {"browse", "listen", "say", "report", "moderate", "own account"}


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
