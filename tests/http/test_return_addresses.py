"""A provider's page sends people back to our own addresses, and to those on a list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin
from uuid import uuid4

import pytest
from litestar.routes import HTTPRoute
from msgspec import Struct
from msgspec.structs import fields

from tests.client import http_client
from veza.api.shapes import Url
from veza.app import build
from veza.http.return_addresses import FIELDS, ReturnAddresses
from veza.ops.operator_token import operator_token
from veza.settings import Settings, SettingsError

ADDRESSES = ReturnAddresses("https://veza.example", ("https://shop.example", "http://localhost:3000"))


@pytest.mark.parametrize(
    "address",
    [
        "https://veza.example/checkout/done",
        "https://veza.example",
        "HTTPS://Veza.Example:443/x?y=https://evil.example",
        "https://veza.example./x",
        "https://shop.example/thanks#paid",
        "http://localhost:3000/",
    ],
)
def test_our_own_and_listed_addresses_are_taken(address: str) -> None:
    assert ADDRESSES.leads_back(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://veza.example/",
        "https://veza.example:8443/",
        "https://veza.example.evil.example/",
        "https://evil.example/https://veza.example",
        "https://veza.example@evil.example/",
        "https://veza.example:443@evil.example/",
        "https://evil.example\\@veza.example/",
        "https:\\\\veza.example",
        "https://veza.example\t.evil.example/",
        "//veza.example/",
        "javascript:alert(1)//veza.example",
        "https:///veza.example",
        "https://veza.example%2eevil.example/",
        "https://[::1/",
        "https://veza.example:port/",
        "https://sub.shop.example/",
        "http://localhost:3001/",
    ],
)
def test_anything_else_is_not(address: str) -> None:
    assert not ADDRESSES.leads_back(address)


async def test_every_route_that_takes_such_an_address_refuses_a_strangers(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path)
    veza = build(settings)
    headers = {"Authorization": f"Bearer {operator_token(settings)}"}
    walked = []
    async with http_client(veza.asgi, base_url=settings.base_url, headers=headers) as client:
        for method, path, taken in _taking_addresses(veza.litestar):
            walked.append(path)
            body = dict.fromkeys(taken, "https://evil.example/thanks")
            key = {"Idempotency-Key": str(uuid4())}
            answer = await client.request(method, path, json=body, headers=key)
            told = {error["pointer"]: error["message"] for error in answer.json()["errors"]}
            assert answer.status_code == 400
            assert {f"/{name}" for name in taken} <= set(told)
            assert all("RETURN_ADDRESSES" in told[f"/{name}"] for name in taken)
    await veza.close()
    assert len(walked) == 4


def _taking_addresses(litestar: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Every write with a web address in its body: method, an address that fits, and the names of the fields."""
    for route in litestar.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            data = handler.parsed_data_field
            if data is None or not (isinstance(data.annotation, type) and issubclass(data.annotation, Struct)):
                continue
            names = [field.encode_name for field in fields(data.annotation) if _is_address(field.type)]
            assert set(names) <= set(FIELDS), "http/return_addresses.py knows every field that holds an address"
            if names:
                path = route.path_format.replace("{artist_id}", str(uuid4()))
                yield next(iter(handler.http_methods - {"OPTIONS"})), path, names


def _is_address(annotation: Any) -> bool:
    if annotation == Url or (hasattr(annotation, "__metadata__") and annotation.__metadata__[0] == Url.__metadata__[0]):
        return True
    return get_origin(annotation) is not None and any(_is_address(one) for one in get_args(annotation))


@pytest.mark.parametrize("listed", ["shop.example", "https://shop.example/path", "ftp://shop.example", "https://"])
def test_a_list_that_names_no_address_is_refused_at_the_start(listed: str) -> None:
    with pytest.raises((ValueError, SettingsError), match=r"https://shop\.example"):
        Settings(return_addresses=listed)
