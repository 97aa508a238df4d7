"""The description is valid and complete, every example fits its shape, every error is translated."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.api.accounts.conftest import Desk
from veza.accounts import links, password_strength, passwords, people, roles, second_factor, sessions, sign_in, tokens
from veza.http.errors import accounts as errors
from veza.http.errors.table import ERRORS, KINDS
from veza.kit import limits


@pytest.fixture
async def described(desk: Desk) -> dict[str, Any]:
    schema: dict[str, Any] = (await desk.browser().client.get("/api/openapi.json")).json()
    return schema


def _examples(schema: dict[str, Any]) -> Iterator[tuple[str, Any, list[Any]]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            spoken = [("body", operation["requestBody"])] if "requestBody" in operation else []
            for where, part in [*spoken, *operation["responses"].items()]:
                for content in part.get("content", {}).values():
                    examples = [one["value"] for one in content.get("examples", {}).values()]
                    examples += content["schema"].get("examples", [])
                    yield f"{method} {path} {where}", content["schema"], examples


async def test_the_description_is_valid(described: dict[str, Any]) -> None:
    validate(described, cls=OpenAPIV31SpecValidator)


async def test_every_example_fits_its_shape_and_every_answer_has_one(described: dict[str, Any]) -> None:
    checked = 0
    for where, shape, examples in _examples(described):
        assert examples, f"{where} has no example"
        for example in examples:
            whole = {**shape, "components": described["components"]}
            assert [error.message for error in OAS31Validator(whole).iter_errors(example)] == [], where
            checked += 1
    assert checked > 200


async def test_every_operation_says_what_it_is(described: dict[str, Any]) -> None:
    ids = []
    for path, item in described["paths"].items():
        for method, operation in item.items():
            ids.append(operation["operationId"])
            assert operation["summary"], (method, path)
            assert len(operation["description"]) > 20, (method, path)
            if method != "get":
                names = {parameter["name"] for parameter in operation["parameters"]}
                assert "Idempotency-Key" in names, (method, path)
                assert {"403", "409", "422"} <= set(operation["responses"]), (method, path)
    assert len(ids) == len(set(ids))


async def test_every_shape_says_what_it_is(described: dict[str, Any]) -> None:
    for name, shape in described["components"]["schemas"].items():
        assert name.startswith("Page_") or "enum" in shape or len(shape["description"]) > 10, name


def test_every_error_of_the_room_is_translated() -> None:
    modules = (links, password_strength, passwords, people, roles, second_factor, sessions, sign_in, tokens, limits)
    for module in modules:
        for _, error in inspect.getmembers(module, inspect.isclass):
            if issubclass(error, Exception) and error.__module__ == module.__name__:
                assert any(issubclass(error, one) for one in ERRORS), error


def test_no_two_kinds_share_a_type() -> None:
    kinds = [kind.uri for kind in KINDS]
    assert len(kinds) == len(set(kinds))
    assert all(kind.example for kind in errors.KINDS)
