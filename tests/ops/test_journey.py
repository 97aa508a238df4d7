"""The whole story through the doors of one real server: three artists, one cart, one refund, and who lost what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests import factories, waiting
from tests.client import Client, hidden_fields
from tests.commands import Process
from tests.mailed import link_mailed
from veza.kit.database import Database

PASSWORD = "correct horse battery"
CARD = {"card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123", "email": ""}
SHOWS_SECONDS = 20
TOKEN = "the-operator-of-this-journey"


@dataclass
class Visitor(Client):
    """A visitor with a browser: pages and REST under one session."""

    email: str

    async def submit(self, url: str, **fields: str) -> httpx.Response:
        """Send the form of the page at `url`, its hidden fields as they are."""
        page = await self.client.get(url)
        assert page.status_code == 200, f"{url}: {page.status_code}"
        return await self.client.post(url, data=hidden_fields(page) | fields)


@dataclass
class Town:
    """The server, every visitor who came to it, and its database's file."""

    url: str
    visitors: list[Visitor]
    file: Path

    async def give_sound(self, release_id: UUID) -> None:
        """The story is about money: its songs are said to be there."""
        database = Database.open(f"sqlite+aiosqlite:///{self.file}")
        await factories.make_ready(database, release_id)
        await database.close()

    def visitor(self, email: str = "") -> Visitor:
        added = Visitor(httpx.AsyncClient(base_url=self.url, timeout=20), email)
        self.visitors.append(added)
        return added

    async def signed_up(self, name: str) -> Visitor:
        """Signs up, opens the mail that came to the mailbox, presses its page's one button, and signs in."""
        person = self.visitor(f"{name}@story.example")
        await person.call(
            "POST", "/people", {"email": person.email, "name": name.title(), "password": PASSWORD}, expect=202
        )
        await person.submit(await link_mailed(person.client, TOKEN, person.email, "/confirm-address"))
        await person.call("POST", "/session", {"email": person.email, "password": PASSWORD}, expect=201)
        assert (await person.call("GET", "/me"))["email_confirmed_at"]
        return person


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    settings = {"PORT": "0", "LOG_LEVEL": "warning", "OPERATOR_TOKEN": TOKEN, "VAT_RATE_BPS": "2000"}
    server = Process("server", ("serve", "--migrate"), tmp_path, settings)
    ready = await server.start(r"ready on (\S+)")
    made = Town(ready[1], [], tmp_path / "var" / "veza.db")
    try:
        yield made
    finally:
        for visitor in made.visitors:
            await visitor.client.aclose()
        await server.stop()


async def until(what: str, look: Callable[[], Awaitable[bool]]) -> None:
    """Workers and webhooks take their moment."""
    await waiting.until(look, what, every=0.05, within=SHOWS_SECONDS)


async def published(town: Town, person: Visitor, name: str, price_minor: int) -> tuple[str, str]:
    """An artist whose account the provider knows, with a release on sale: (artist, product)."""
    artist = await person.call("POST", "/artists", {"name": name, "country": "DE", "currency": "EUR"}, expect=201)
    proof = (await person.call("POST", "/me/proofs", {"password": PASSWORD}, expect=201))["proof"]
    page = f"/artists/{artist['id']}/onboarding"
    link = await person.call("POST", page, {}, headers={"X-Veza-Proof": proof})
    back = await person.submit(link["onboarding_url"], name=name, iban="DE89 3704 0044 0532 0130 00", terms="yes")
    assert back.has_redirect_location
    assert (await person.client.get(back.headers["location"])).status_code == 200

    release = await person.call(
        "POST", f"/artists/{artist['id']}/releases", {"title": f"{name}’s Album", "kind": "album"}, expect=201
    )
    await person.call("POST", f"/releases/{release['id']}/tracks", {"title": "One"}, expect=201)
    await town.give_sound(UUID(release["id"]))
    await person.call("POST", f"/releases/{release['id']}/publish", expect=200)
    wanted = {"kind": "release", "item_id": release["id"], "pricing": "fixed", "price_minor": price_minor}
    product = await person.call("POST", f"/artists/{artist['id']}/products", {**wanted, "on_sale": True}, expect=201)

    async def may_be_paid() -> bool:
        payouts = await person.call("GET", f"/artists/{artist['id']}/payouts")
        return payouts["transfers_active"] is True

    await until(f"{name} can be paid", may_be_paid)
    return artist["id"], product["id"]


async def owned(person: Visitor) -> list[str]:
    return sorted(one["title"] for one in (await person.call("GET", "/library"))["items"])


async def test_three_artists_one_cart_and_exactly_one_thing_goes_back(town: Town) -> None:
    names = ("Anna", "Ben", "Cleo")
    people = [await town.signed_up(name.lower()) for name in names]
    acts = [
        await published(town, who, name, 1000 * i) for i, (who, name) in enumerate(zip(people, names, strict=True), 1)
    ]

    buyer = await town.signed_up("buyer")
    for _, product_id in acts:
        await buyer.call("POST", "/cart/items", {"product_id": product_id}, expect=200)
    checkout = await buyer.call("POST", "/cart/checkout", {}, expect=201)
    (opened,) = checkout["orders"]
    paid = await buyer.submit(opened["checkout_url"], **CARD)
    assert "Thank you" in (await buyer.client.get(paid.headers["location"])).text

    everything = [f"{name}’s Album" for name in names]

    async def has_everything() -> bool:
        return await owned(buyer) == everything

    await until("the buyer owns all three", has_everything)
    order = await buyer.call("GET", f"/orders/{opened['id']}")
    assert (order["status"], order["amount_minor"]) == ("paid", 6000)
    page = await buyer.client.get(f"/api/v1/orders/{order['id']}/receipt.html")
    assert all(one in page.text for one in (*everything, "60.00 EUR", "VAT 20 %", "10.00 EUR"))
    pdf = await buyer.client.get(f"/api/v1/orders/{order['id']}/receipt.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")

    operator = town.visitor()
    operator.client.headers["Authorization"] = f"Bearer {TOKEN}"

    async def transfers() -> dict[str, str]:
        items = (await operator.call("GET", "/transfers"))["items"]
        return {one["seller_id"]: one["status"] for one in items}

    async def all_sent() -> bool:
        return list((await transfers()).values()) == ["completed"] * 3

    await until("all three artists have their share", all_sent)

    line = next(one for one in order["lines"] if one["title"] == "Ben’s Album")
    wanted = {"line_id": line["id"], "reason": "meant the other Ben"}
    asked = await buyer.call("POST", f"/orders/{order['id']}/refund-requests", wanted, expect=201)
    for stranger, told in ((people[0], 404), (people[2], 404), (buyer, 403)):
        await stranger.call("POST", f"/refund-requests/{asked['id']}/grant", {"answer": "not mine"}, expect=told)
    await people[1].call("POST", f"/refund-requests/{asked['id']}/grant", {"answer": "of course"}, expect=200)

    async def has_two() -> bool:
        return await owned(buyer) == ["Anna’s Album", "Cleo’s Album"]

    await until("exactly Ben’s album is gone", has_two)

    async def bens_is_back() -> bool:
        return (await transfers())[acts[1][0]] == "reversed"

    await until("Ben’s share was taken back", bens_is_back)
    assert await transfers() == {acts[0][0]: "completed", acts[1][0]: "reversed", acts[2][0]: "completed"}
    reversed_minor = [
        [one["amount_minor"] for one in (await who.call("GET", f"/artists/{artist_id}/reversals"))["items"]]
        for who, (artist_id, _) in zip(people, acts, strict=True)
    ]
    assert reversed_minor == [[], [1800], []]
    order = await buyer.call("GET", f"/orders/{order['id']}")
    assert order["status"] == "partly_refunded"
    assert {one["title"]: one["refunded_minor"] for one in order["lines"]} == {
        "Anna’s Album": 0, "Ben’s Album": 2000, "Cleo’s Album": 0,
    }  # fmt: skip
    page = await buyer.client.get(f"/api/v1/orders/{order['id']}/receipt.html")
    assert "20.00 EUR" in page.text
    assert (await operator.call("GET", "/findings"))["items"] == []
