"""The OpenAPI description is valid, complete, and shown without asking any other server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar.routes import HTTPRoute
from msgspec import inspect
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.api.conftest import Door, Whole
from tests.api.walk import SIGNED
from veza.accounts.permissions import PERMISSIONS, Role
from veza.http.identity import permission_of


async def test_the_description_is_valid_openapi_3_1(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        schema = (await client.get("/api/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    validate(schema, cls=OpenAPIV31SpecValidator)


def test_every_operation_says_who_may_call_it_as_the_table_of_permissions_does(whole: Whole) -> None:
    litestar, schema = whole.litestar, whole.schema
    assert schema["components"]["securitySchemes"]["session"]["name"] == "__Host-veza"
    described = 0
    for route in litestar.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/api/v1") or route.path in SIGNED:
            continue
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                rule = PERMISSIONS[permission_of(handler)]
                security = schema["paths"][route.path_format][method.lower()]["security"]
                assert ({} in security) is (Role.VISITOR in rule.roles), (method, route.path)
                assert [one["token"] for one in security if "token" in one] == ([[rule.scope]] if rule.scope else [])
                assert {"session": []} in security
                described += 1
    assert described > 100


async def test_a_write_is_described_with_its_key_and_its_problems(sqlite_door: Door) -> None:
    operation = sqlite_door.litestar.openapi_schema.to_schema()["paths"]["/api/v1/wishes"]["post"]
    header = next(parameter for parameter in operation["parameters"] if parameter["name"] == "Idempotency-Key")
    assert header["in"] == "header"
    assert header["required"] is True
    assert operation["security"] == [{"token": ["admin"]}, {"session": []}]
    for status in ("400", "401", "409", "503"):
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


async def test_the_page_flows_with_its_window_and_shows_code_as_code(sqlite_door: Door) -> None:
    async with sqlite_door.client(token=None) as client:
        page = (await client.get("/api/docs")).text
    flowing = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert "Every write takes an <code>Idempotency-Key</code>; a write with <code>If-Match</code> is done" in flowing
    assert "`" not in flowing


def test_the_page_shows_every_shape_it_speaks_of(whole: Whole) -> None:
    page = whole.page
    spoken_of = set(re.findall(r'href="#shape-([^"]+)"', page))
    assert {"LineOfOrder", "CartItemResponse"} <= spoken_of <= set(re.findall(r'<pre id="shape-([^"]+)"', page))
    assert "#/components/" not in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= {
        name.replace(" ", "%20") for name in re.findall(r'id="([^"]+)"', page)
    }


@pytest.mark.parametrize("path", ["/api/docs", "/api"])
async def test_the_page_shows_every_operation_and_loads_nothing(sqlite_door: Door, path: str) -> None:
    async with sqlite_door.client(token=None) as client:
        page = (await client.get(path)).text
    assert "/api/v1/wishes" in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)


def test_every_list_of_a_body_says_how_many_it_may_have(whole: Whole) -> None:
    """A fault of a list is looked for among so many: without a bound, among as many as fit into a body."""
    seen: set[type] = set()
    without = []
    for route in whole.litestar.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.parsed_data_field is not None:
                forms = [inspect.type_info(handler.parsed_data_field.annotation)]
                without += [f"{route.path} {found}" for found in _unbounded(forms, seen)]
    assert len(seen) > 50
    assert without == []


def _unbounded(forms: list[inspect.Type], seen: set[type]) -> Iterator[inspect.Type]:
    for form in forms:
        match form:
            case inspect.Metadata():
                yield from _unbounded([form.type], seen)
            case inspect.UnionType():
                yield from _unbounded(list(form.types), seen)
            case inspect.StructType() if form.cls not in seen:
                seen.add(form.cls)
                yield from _unbounded([field.type for field in form.fields], seen)
            case inspect.CollectionType() | inspect.DictType():
                if form.max_length is None:
                    yield form
                inner = [form.key_type, form.value_type] if isinstance(form, inspect.DictType) else [form.item_type]
                yield from _unbounded(inner, seen)
