"""A seller's and a buyer's open pages are told of what moved for them: by whom, of what, and at which cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import update

from tests import factories
from tests.browsers import chromium
from tests.money.acts import DAY, REVERSING
from tests.statements import counted
from tests.web.live_site import LiveSite
from tests.web.pages.conftest import Store, open_store
from tests.web.pages.studios import of_artist
from veza.accounts import roles
from veza.accounts.permissions import Role
from veza.market.orders import Order
from veza.market.refund_requests import RefundRequest
from veza.money.sellers import Seller
from veza.money.transfer_waits import wake_waiting_for
from veza.settings import Settings
from veza.web.live_topics import TOPICS

__all__ = ["chromium"]


@dataclass
class Told:
    """What each of these people was told last of each of these topics."""

    store: Store
    people: dict[str, UUID]
    known: dict[tuple[str, str], str]

    async def moved(self) -> set[tuple[str, str]]:
        """(who, topic) of each that is another one than at the last look, read as a process reads it."""
        found: dict[tuple[str, str], str] = {}
        async with self.store.shop.stage.database.read() as session:
            for name in ("sales", "orders"):
                states = await TOPICS[name].read(session, set(self.people.values()))
                found |= {(who, name): states[person] for who, person in self.people.items()}
        moved = {one for one, state in found.items() if self.known.get(one) != state}
        self.known = found
        return moved


SELLER, BUYER = ("seller", "sales"), ("buyer", "orders")


async def test_each_step_of_a_sale_and_its_refund_tells_the_two_it_concerns(any_store: Store) -> None:
    store, stage = any_store, any_store.shop.stage
    anna, other = await store.shop.artist("Anna"), await store.shop.artist("Ole")
    person, buyer = await store.reader()
    people = {"seller": anna.person, "other": other.person, "buyer": person, "bystander": await store.shop.person()}
    told = Told(store, people, {})
    await told.moved()
    assert await told.moved() == set()
    await store.buy(buyer, await anna.selling("Blue Hours", 700))
    assert await told.moved() == {SELLER, BUYER}
    order = f"/orders/{(await stage.one(Order)).id}"
    await buyer.send(await buyer.open(order), f"{order}/refund-requests", reason="the wrong one")
    assert await told.moved() == {SELLER, BUYER}
    request = await stage.one(RefundRequest)
    browser, path = of_artist(store, anna), f"/studio/{anna.id}/requests/{request.id}"
    sales = f"/studio/{anna.id}/sales"
    stage.sandbox.add_fault("error_503", path=REVERSING)
    await browser.send(await browser.open(sales), path, answer="of course", decision="grant")
    assert await told.moved() == {SELLER, BUYER}
    await stage.settle()
    assert await told.moved() == {SELLER, BUYER}
    # The share is taken back later: the buyer has nothing of it to see.
    assert (await browser.open(f"/studio/{anna.id}/money")).text.count("goes back for refunds") == 1
    await stage.pass_time(DAY)
    assert "goes back for refunds" not in (await browser.open(f"/studio/{anna.id}/money")).text
    assert await told.moved() == {SELLER}
    assert await told.moved() == set()


async def test_a_seller_who_is_paid_out_at_last_is_told_of_it(any_store: Store) -> None:
    anna = await any_store.shop.artist("Anna", onboarded=False)
    _, buyer = await any_store.reader()
    await any_store.buy(buyer, await anna.selling("Blue Hours", 700))
    told = Told(any_store, {"seller": anna.person}, {})
    await told.moved()
    stage = any_store.shop.stage
    account = {"stripe_account_id": str(stage.sandbox.new_account()["id"]), "transfers_active": True}
    async with stage.database.write("test") as session:
        await session.execute(update(Seller).values(account))
    assert await told.moved() == {SELLER}
    async with stage.database.write("test") as session:
        await wake_waiting_for(session, seller_id=str(anna.id))
    await stage.pass_time(DAY)
    assert await told.moved() == {SELLER}


async def test_all_who_listen_are_looked_for_together_in_three_statements(any_store: Store) -> None:
    stage = any_store.shop.stage
    artists = [await any_store.shop.artist(name) for name in ("Anna", "Ole", "Ida")]
    people = [await any_store.shop.person() for _ in range(3)]
    async with stage.database.read() as session:
        with counted(stage.database) as statements:
            for name in ("sales", "orders"):
                await TOPICS[name].read(session, {*people, *(one.person for one in artists)})
    assert len(statements) == 3


@pytest.fixture
async def file_store(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    async for one in open_store(sqlite_url, tmp_path, create_tables=False):
        yield one


@pytest.fixture
async def site(file_store: Store, sqlite_url: str, tmp_path: Path) -> AsyncIterator[LiveSite]:
    """A whole Veza that browsers reach, on the database of the shop, whose workers run when a test lets them."""
    stage = file_store.shop.stage
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path), stage.clock, stage.database)
    await site.start()
    yield site
    await site.stop()


async def asked_back(store: Store) -> Any:
    """An artist of whom a buyer asks the money of one of two things back."""
    anna = await store.shop.artist("Anna")
    async with store.shop.stage.database.write("test") as session:
        await roles.give(session, anna.person, Role.ARTIST, by="test")
    _, buyer = await store.reader()
    await store.buy(buyer, await anna.selling("Blue Hours", 700), await anna.selling("Stile", 800))
    order = f"/orders/{(await store.shop.stage.one(Order)).id}"
    await buyer.send(await buyer.open(order), f"{order}/refund-requests", reason="the wrong one")
    return anna


async def test_a_request_that_is_granted_moves_to_given_back_by_itself(
    file_store: Store, site: LiveSite, chromium: Browser
) -> None:
    anna = await asked_back(file_store)
    cookie = await factories.session(site.database, anna.person)
    page = await site.window(chromium, cookie)
    async with page.context.expect_event("response", lambda one: one.url.endswith("/live")):
        await page.goto(f"/studio/{anna.id}/sales")
    other = await page.context.new_page()
    await other.goto(f"/studio/{anna.id}/money")
    await expect(other.locator("h1")).to_contain_text("€13.50 is yours")
    await page.get_by_label("What the buyer is told").fill("of course")
    await page.get_by_role("button", name="Give it back").click()
    await expect(page.locator("#sold")).to_contain_text("the refund is under way")
    await page.evaluate("window.stays = true")
    await other.evaluate("window.stays = true")
    await file_store.shop.stage.settle()
    await expect(page.locator("#sold")).to_contain_text("given back", timeout=30_000)
    await expect(page.locator("#decisions .state")).to_have_text("given back", timeout=30_000)
    await expect(other.locator("h1")).to_contain_text("€7.20 is yours", timeout=30_000)
    for one in (page, other):
        assert await one.evaluate("window.stays")
    await page.context.close()


async def test_an_answer_that_is_being_typed_stays_when_something_is_sold(
    file_store: Store, site: LiveSite, chromium: Browser
) -> None:
    anna = await asked_back(file_store)
    page = await site.window(chromium, await factories.session(site.database, anna.person))
    async with page.context.expect_event("response", lambda one: one.url.endswith("/live")):
        await page.goto(f"/studio/{anna.id}/sales")
    await page.get_by_label("What the buyer is told").fill("of cou")
    _, buyer = await file_store.reader()
    await file_store.buy(buyer, await anna.selling("Gleis", 900))
    await expect(page.locator("#sold")).to_contain_text("Gleis", timeout=30_000)
    await expect(page.get_by_label("What the buyer is told")).to_have_value("of cou")
    await page.context.close()
