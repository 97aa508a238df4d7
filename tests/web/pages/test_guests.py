"""The doors of a demo: accounts that one click opens, on this machine alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tests.client import http_client
from tests.web.pages.browsing import Browser
from tests.web.pages.test_escaped import addresses
from veza.app import build
from veza.app.sites import site_of
from veza.kit.clock import ManualClock
from veza.lab.demo.opening import PASSWORD, address_of
from veza.settings import Settings

PUBLIC = {"public_url": "https://music.example", "host": "127.0.0.1"}
NAMES = ("listener-1", "label", "operator", "moderator")


@asynccontextmanager
async def site(settings: Settings, clock: ManualClock) -> AsyncIterator[Browser]:
    veza = build(settings, clock=clock)
    async with http_client(veza.asgi, base_url=settings.base_url) as client:
        yield Browser(client, {"Accept": "text/html"})
    await veza.close()


async def test_a_demo_opens_its_accounts_by_one_click_each(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path, demo_data=True, demo_music=False)
    async with site(settings, clock) as browser:
        page = await browser.open("/sign-in?next=/cart")
        doors = [one.fields for one in page.forms if one.fields.get("password")]
    assert doors == [{"next": "/cart", "email": address_of(name), "password": PASSWORD} for name in NAMES]
    assert "no money is real" in page.text


@pytest.mark.parametrize("settings", [{}, PUBLIC], ids=["without a demo", "public"])
async def test_no_page_of_another_site_knows_an_account_of_the_demo(
    sqlite_url: str, tmp_path: Path, clock: ManualClock, settings: dict[str, str]
) -> None:
    async with site(Settings(database_url=sqlite_url, var_dir=tmp_path, **settings), clock) as browser:  # type: ignore[arg-type]
        looked = addresses({})
        for address in looked:
            html = (await browser.open(address)).html
            assert (PASSWORD in html, "demo.example" in html) == (False, False), address
    assert {"/", "/sign-in"} <= set(looked)


def test_a_public_site_has_no_doors_even_where_its_settings_contradict_each_other(clock: ManualClock) -> None:
    at_home = Settings(demo_data=True)
    assert len(site_of(at_home, clock).guests) == len(NAMES)
    for wrong in (PUBLIC, {"host": "0.0.0.0"}, {"stripe_secret_key": SecretStr("sk_test_x")}, {"demo_data": False}):
        assert site_of(at_home.model_copy(update=wrong), clock).guests == ()  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="DEMO_DATA"):
        Settings(demo_data=True, host="0.0.0.0")
