"""A buyer finds in their cart what they put there before signing in, by whichever way they signed in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyotp
import pytest

from tests import factories
from tests.client import DEFAULT_URL, Client, http_client
from tests.migrated import put_migrated
from veza.app import Veza, build
from veza.kit import mail
from veza.market.products import Product
from veza.settings import Settings

EMAIL, PASSWORD = "anna@example.org", "a tram full of cellos"


@pytest.fixture
async def veza(tmp_path: Path) -> AsyncIterator[Veza]:
    settings = Settings(var_dir=put_migrated(tmp_path))
    veza = build(settings)
    yield veza
    await veza.close()


@asynccontextmanager
async def _browser(veza: Veza) -> AsyncIterator[Client]:
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as client:
        yield Client(client)


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


async def _signed_up(veza: Veza, browser: Client) -> None:
    await browser.post("/people", {"email": EMAIL, "name": "Anna", "password": PASSWORD}, expect=202)
    async with veza.database.read() as session:
        (letter,) = [one for one in await mail.newest(session, 9) if one.to == EMAIL]
    token = re.search(r"token=(\S+)", letter.text)
    assert token is not None
    await browser.post("/email-confirmations", {"token": token[1]}, expect=204)
    await browser.post("/session", {"email": EMAIL, "password": PASSWORD}, expect=201)


async def _fill(browser: Client, product: str) -> None:
    """As a browser does it: the first look gives a cookie, the next request carries it."""
    await browser.get("/cart")
    await browser.post("/cart/items", {"product_id": product}, expect=200)


async def _held(browser: Client) -> list[str]:
    return [item["title"] for item in (await browser.get("/cart"))["items"]]


async def test_a_cart_comes_along_when_signing_up_and_when_signing_in_with_a_second_factor(veza: Veza) -> None:
    product = await _product(veza)
    async with _browser(veza) as new, _browser(veza) as other, _browser(veza) as third:
        await _fill(new, product)
        await _signed_up(veza, new)
        assert await _held(new) == ["Gift"]
        begun = await new.post("/me/second-factor", {"password": PASSWORD}, expect=201)
        code = pyotp.TOTP(begun["secret"]).now()
        made = await new.post("/me/second-factor/confirmation", {"code": code}, expect=201)
        assert (await new.call("DELETE", f"/cart/items/{product}"))["items"] == []
        for browser, recovery in ((other, made["recovery_codes"][0]), (third, made["recovery_codes"][1])):
            await _fill(browser, product)
            await browser.post("/session", {"email": EMAIL, "password": PASSWORD}, expect=401)
            await browser.post("/session", {"email": EMAIL, "password": PASSWORD, "code": recovery}, expect=201)
            # The third browser's cart holds the same thing again: it is there once.
            assert await _held(browser) == ["Gift"]
        assert await _held(new) == ["Gift"]
