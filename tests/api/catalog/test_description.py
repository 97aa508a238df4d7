"""The catalogue's description is complete: every answer has an example that fits, every error a kind of its own."""

from __future__ import annotations

import inspect
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.api.catalog.conftest import Shelf
from veza.catalog import (
    artists,
    askers,
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


async def test_the_description_is_valid_and_every_answers_example_fits(shelf: Shelf) -> None:
    described = (await shelf.client.get("/api/openapi.json")).json()
    validate(described, cls=OpenAPIV31SpecValidator)
    checked = 0
    for path, item in described["paths"].items():
        for method, operation in item.items():
            for status, part in operation["responses"].items():
                for kind, content in part.get("content", {}).items():
                    if kind.startswith("image/"):
                        continue
                    examples = [one["value"] for one in content.get("examples", {}).values()]
                    assert examples, (method, path, status)
                    whole = {**content["schema"], "components": described["components"]}
                    for example in examples:
                        errors = [error.message for error in OAS31Validator(whole).iter_errors(example)]
                        assert errors == [], (method, path, status)
                        checked += 1
    assert checked > 150


async def test_every_operation_says_what_it_is_and_who_may(shelf: Shelf) -> None:
    described = (await shelf.client.get("/api/openapi.json")).json()
    tags = {tag["name"] for tag in described["tags"]}
    ids: list[str] = []
    for path, item in described["paths"].items():
        for method, operation in item.items():
            ids.append(operation["operationId"])
            assert set(operation["tags"]) <= tags, (method, path)
            assert operation["summary"], (method, path)
            assert len(operation["description"]) > 20, (method, path)
            if path.startswith("/api/v1") and method != "get":
                names = {parameter["name"] for parameter in operation["parameters"]}
                assert "Idempotency-Key" in names, (method, path)
                assert {"400", "401", "403", "409", "422", "503"} <= set(operation["responses"]), (method, path)
    assert len(ids) == len(set(ids)) == 35
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
        artists,
        askers,
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
