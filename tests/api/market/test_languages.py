"""A buyer is written to in the language of the request that checked out, whichever request causes the mail."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from tests.api.market.conftest import OPERATOR, Shop, anonymous
from tests.api.visitors import visiting
from tests.pseudo_language import Pseudo, plain
from veza.kit import messages
from veza.kit.mail import Mail
from veza.kit.messages import render
from veza.kit.moves import history_of
from veza.library.grants import Grant, GrantChange
from veza.market.orders import Order

ADDRESS = "bo@example.org"
FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}


async def test_the_language_of_a_buyer_without_an_account_stays_on_the_order(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    order = await shop.buy({**anonymous(), **FRENCH}, await act.selling(), email=ADDRESS)
    assert (await shop.stage.one(Order)).language == "fr"
    assert shop.mail_languages == ["fr"]
    asked = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    path = f"/cart/orders/{order['id']}/refund-requests?token={shop.claim_token()}"
    made = await shop.post(path, asked, by={**anonymous(), "Accept-Language": "de"}, expect=201)
    await shop.post(f"/refund-requests/{made['id']}/grant", {"answer": "of course"}, by=act.who, expect=200)
    await shop.stage.settle()
    told = [row.language for row in await shop.stage.all(Mail) if row.to == ADDRESS]
    assert told == ["fr", "fr"]  # granted, and went back
    assert {row.language for row in await shop.stage.all(Mail) if row.to != ADDRESS} == {"en"}  # the artist's people
    assert (await shop.stage.one(Order)).language == "fr"


async def test_a_buyer_with_an_account_is_written_to_in_its_language_else_in_the_orders(shop: Shop) -> None:
    act = await shop.artist()
    known, new = await shop.person("known@example.org", language="de"), await shop.person("new@example.org")
    for person in (known, new):
        await shop.buy({**visiting(person), **FRENCH}, await act.selling(str(person)))
    told = {row.to: row.language for row in await shop.stage.all(Mail)}
    assert (told["known@example.org"], told["new@example.org"]) == ("de", "fr")


async def test_the_link_of_a_redeemed_code_is_in_the_language_of_the_request(shop: Shop) -> None:
    act = await shop.artist()
    wanted = {"kind": "release", "item_id": str(await act.release()), "count": 1, "note": "for the record fair"}
    made = await shop.post(f"/artists/{act.id}/download-codes", wanted, by=act.who, expect=201)
    code = {"code": made["codes"][0], "email": ADDRESS}
    await shop.post("/download-codes/redeem", code, by={**anonymous(), **FRENCH}, expect=200)
    assert shop.mail_languages == ["fr"]


async def test_what_one_is_to_a_track_is_said_in_the_readers_language(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    act = await shop.artist()
    release = await act.release()
    path = f"/library/tracks/{(await act.tracks(release))[0].id}"
    buyer = visiting(await shop.person())
    await shop.buy(buyer, await act.product(release))
    for who, english in ((buyer, "owned"), (act.who, "their own artist's"), ({}, "published, not owned")):
        assert plain((await shop.get(path, by=who))["because"]) == english
        french = (await shop.get(path, by={**who, **FRENCH}))["because"]
        assert (french[:1], plain(french)) == ("⟦", english)


async def test_a_grant_keeps_its_reasons_as_messages(any_shop: Shop) -> None:
    shop = any_shop
    act = await shop.artist()
    order = await shop.buy(visiting(await shop.person()), await act.selling())
    line = order["lines"][0]["id"]
    await shop.post(f"/order-lines/{line}/refund", {"answer": "of course"}, by=OPERATOR, expect=202)
    await shop.stage.settle()
    async with shop.stage.database.read() as session:
        grant = (await session.scalars(select(Grant))).one()
        changes = (await session.scalars(select(GrantChange).order_by(GrantChange.id))).all()
    back = "the buyer got the money for it back"
    assert [(one.what, plain(one.reason)) for one in changes] == [("given", f"order {order['id']}"), ("revoked", back)]
    assert grant.why_revoked is not None
    assert plain(grant.why_revoked) == back
    assert grant.why_revoked == changes[1].reason
    assert render(changes[0].reason, "en") != changes[0].because_id


async def test_why_something_cannot_be_bought_is_said_in_the_readers_language(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    act = await shop.artist()
    buyer = visiting(await shop.person())
    sold = await act.selling()
    await shop.post("/cart/items", {"product_id": sold}, by=buyer, expect=200)
    (order,) = await shop.check_out(buyer)
    await shop.send("PATCH", f"/products/{sold}", {"on_sale": False}, by=act.who)
    await shop.stage.settle()
    french = (await shop.get("/cart", by={**buyer, **FRENCH}))["items"][0]["refusal"]
    english = plain(french)
    assert (french[:1], english.endswith("is not on sale")) == ("⟦", True)
    assert plain((await shop.get(f"/products/{sold}", by=FRENCH))["refusal"]) == english
    async with shop.stage.database.read() as session:
        last = (await history_of(session, UUID(order["id"])))[-1]
    assert (last.because_id, plain(last.reason)) == ("“{title}” by {artist} is not on sale", english)
