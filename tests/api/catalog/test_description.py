"""The catalogue's description is complete: every answer has an example that fits, every error a kind of its own."""

from __future__ import annotations

import inspect
from typing import Any

from tests.api.catalog.conftest import Shelf
from veza.catalog import (
    acting,
    artists,
    covers,
    invitations,
    members,
    pictures,
    publishing,
    releases,
    slugs,
    text_fields,
    tracks,
)
from veza.http.errors import catalog as catalog_errors
from veza.http.errors.table import ERRORS, KINDS
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


def test_every_error_of_the_room_is_translated_and_no_two_kinds_share_a_type() -> None:
    for module in (
        acting,
        artists,
        covers,
        invitations,
        members,
        pictures,
        publishing,
        releases,
        slugs,
        tracks,
        text_fields,
    ):
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, Exception) and error.__module__ == module.__name__:
                assert any(issubclass(error, one) for one in ERRORS), error
    slugs_used = [kind.slug for kind in KINDS]
    assert len(slugs_used) == len(set(slugs_used))
    assert all(kind.example for kind in catalog_errors.KINDS)
