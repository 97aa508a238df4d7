"""The OpenAPI description is valid, complete, and shown without asking any other server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar.routes import HTTPRoute
from msgspec import inspect
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.api.conftest import Door
from tests.api.test_permissions import SIGNED
from veza.accounts.permissions import PERMISSIONS, Role
from veza.app import build
from veza.http.identity import permission_of
from veza.settings import Settings


async def test_the_description_is_valid_openapi_3_1(sqlite_door: Door) -> None:
    async with sqlite_door.client() as client:
        schema = (await client.get("/api/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    validate(schema, cls=OpenAPIV31SpecValidator)


def test_the_real_applications_description_is_valid_and_every_operation_is_described(tmp_path) -> None:
    schema = build(Settings(var_dir=tmp_path)).litestar.openapi_schema.to_schema()
    validate(schema, cls=OpenAPIV31SpecValidator)
    tags = {tag["name"] for tag in schema["tags"]}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation.get("description") or operation.get("summary"), (method, path)
            assert set(operation["tags"]) <= tags, (method, path)
            body = operation.get("requestBody", {"content": {}})["content"].get("application/json")
            assert body is None or body["schema"]["examples"], (method, path)
            for status, response in operation["responses"].items():
                if status >= "400" and path.startswith("/api/v1"):
                    assert set(response["content"]) == {"application/problem+json"}, (method, path, status)


def test_every_write_takes_an_idempotency_key(tmp_path) -> None:
    schema = build(Settings(var_dir=tmp_path)).litestar.openapi_schema.to_schema()
    writes = {
        (method, path): {parameter["name"] for parameter in operation.get("parameters", ())}
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method != "get" and path.startswith("/api/v1")
    }
    assert len(writes) > 80
    without = {write for write, names in writes.items() if "Idempotency-Key" not in names}
    # The provider's own events have ids, by which they are told apart.
    assert without == {("post", "/api/v1/webhooks/stripe")}


def test_every_operation_says_who_may_call_it_as_the_table_of_permissions_does(tmp_path) -> None:
    litestar = build(Settings(var_dir=tmp_path, public_url="https://veza.test")).litestar
    schema = litestar.openapi_schema.to_schema()
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


async def test_every_parameter_is_described(tmp_path) -> None:
    transport = httpx.ASGITransport(app=build(Settings(var_dir=tmp_path)).asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://veza.test") as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    told = {
        (operation["operationId"], parameter["name"]): parameter.get("description")
        for item in paths.values()
        for operation in item.values()
        for parameter in operation.get("parameters", [])
    }
    assert {where for where, text in told.items() if not text} == set()
    assert told["showPayment", "payment_id"] == "The id of the payment."


async def test_the_page_flows_with_its_window_and_shows_code_as_code(sqlite_door: Door) -> None:
    async with sqlite_door.client(token=None) as client:
        page = (await client.get("/api/docs")).text
    flowing = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert "Every write takes an <code>Idempotency-Key</code>; a write with <code>If-Match</code> is done" in flowing
    assert "`" not in flowing


async def test_the_page_shows_every_shape_it_speaks_of(tmp_path) -> None:
    transport = httpx.ASGITransport(app=build(Settings(var_dir=tmp_path)).asgi)
    async with httpx.AsyncClient(transport=transport, base_url="http://veza.test") as client:
        page = (await client.get("/api/docs")).text
    spoken_of = set(re.findall(r'href="#shape-([^"]+)"', page))
    assert {"LineOfOrder", "CartItemShown"} <= spoken_of <= set(re.findall(r'<pre id="shape-([^"]+)"', page))
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


def test_every_list_of_a_body_says_how_many_it_may_have(tmp_path) -> None:
    """A fault of a list is looked for among so many: without a bound, among as many as fit into a body."""
    seen: set[type] = set()
    without = []
    for route in build(Settings(var_dir=tmp_path)).litestar.routes:
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
