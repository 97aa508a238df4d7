"""The catalogue's part of the API: every handler names its permission, a cover is described as a picture."""

from __future__ import annotations

from typing import Any

from tests.api.catalog.conftest import Shelf
from veza.http.identity import permission_of


def test_every_handler_names_a_permission(shelf: Shelf) -> None:
    for route in shelf.litestar.routes:
        for handler in getattr(route, "route_handlers", ()):
            if route.path.startswith(("/api/v1", "/covers")) and handler.handler_name != "options_handler":
                permission_of(handler)


async def test_a_cover_is_described_as_a_picture(shelf: Shelf) -> None:
    described: dict[str, Any] = (await shelf.client.get("/api/openapi.json")).json()
    put = described["paths"]["/api/v1/releases/{release_id}/cover"]["put"]
    assert set(put["requestBody"]["content"]) == {"image/jpeg", "image/png", "image/webp"}
