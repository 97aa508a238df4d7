"""However somebody signs in, what they put in their cart before is theirs at the next look."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest

from tests import factories
from veza.app import Veza, build
from veza.kit import mail
from veza.market.products import Product
from veza.ops.migrations import migrate
from veza.settings import Settings

EMAIL, PASSWORD = "anna@example.org", "a tram full of cellos"


@pytest.fixture
async def veza(tmp_path: Path) -> AsyncIterator[Veza]:
    settings = Settings(var_dir=tmp_path)
    await asyncio.to_thread(migrate, settings)
    veza = build(settings)
    yield veza
    await veza.close()


def _browser(veza: Veza) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=veza.asgi, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000/api/v1")


async def _post(browser: httpx.AsyncClient, path: str, body: Any, expect: int) -> Any:
    answer = await browser.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.status_code == expect, answer.text
    return answer.json() if answer.content else None


async def _product(veza: Veza) -> str:
    artist_id = await factories.artist(veza.database)
    release_id, _ = await factories.release(veza.database, artist_id, title="Gift")
    async with veza.database.write() as session:
        product_id, now = session.new_id(), session.now
        session.add(
            Product(
                id=product_id, artist_id=artist_id, kind="release", item_id=release_id, release_id=release_id,
                pricing="fixed", price_minor=900, currency="EUR", on_sale=True, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    return str(product_id)


async def _signed_up(veza: Veza, browser: httpx.AsyncClient) -> None:
    await _post(browser, "/people", {"email": EMAIL, "name": "Anna", "password": PASSWORD}, 202)
    async with veza.database.read() as session:
        (letter,) = [one for one in await mail.newest(session, 9) if one.to == EMAIL]
    token = re.search(r"token=(\S+)", letter.text)
    assert token is not None
    await _post(browser, "/email-confirmations", {"token": token[1]}, 204)
    await _post(browser, "/session", {"email": EMAIL, "password": PASSWORD}, 201)


async def _fill(browser: httpx.AsyncClient, product: str) -> None:
    """As a browser does it: the first look gives a cookie, the next request carries it."""
    await browser.get("/cart")
    await _post(browser, "/cart/items", {"product_id": product}, 200)


async def _held(browser: httpx.AsyncClient) -> list[str]:
    return [item["title"] for item in (await browser.get("/cart")).json()["items"]]


async def test_a_cart_comes_along_when_signing_up_and_when_signing_in_with_a_second_factor(veza: Veza) -> None:
    product = await _product(veza)
    async with _browser(veza) as new, _browser(veza) as other, _browser(veza) as third:
        await _fill(new, product)
        await _signed_up(veza, new)
        assert await _held(new) == ["Gift"]
        begun = await _post(new, "/me/second-factor", {"password": PASSWORD}, 201)
        code = pyotp.TOTP(begun["secret"]).now()
        made = await _post(new, "/me/second-factor/confirmation", {"code": code}, 201)
        emptied = await new.delete(f"/cart/items/{product}", headers={"Idempotency-Key": str(uuid4())})
        assert emptied.json()["items"] == []
        for browser, recovery in ((other, made["recovery_codes"][0]), (third, made["recovery_codes"][1])):
            await _fill(browser, product)
            await _post(browser, "/session", {"email": EMAIL, "password": PASSWORD}, 401)
            await _post(browser, "/session", {"email": EMAIL, "password": PASSWORD, "code": recovery}, 201)
            # The third browser's cart holds the same thing again: it is there once.
            assert await _held(browser) == ["Gift"]
        assert await _held(new) == ["Gift"]
