"""Who is told what by mail: sellers of sales and refund requests, buyers of what they bought and got back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests import factories
from tests.api.market.conftest import OPERATOR, Act, Shop, anonymous
from tests.api.visitors import visiting
from veza.accounts import roles
from veza.accounts.permissions import Role
from veza.community.notices import STOP_PAGE
from veza.kit.mail import Mail, OpenedMail, opened
from veza.kit.messages import Message
from veza.market import refund_notices
from veza.market.refund_requests import RefundRequest
from veza.money.findings import Finding

BUYER, LABEL = "buyer@example.org", "label@example.org"


async def _mails(shop: Shop, to: str) -> list[OpenedMail]:
    async with shop.stage.database.read() as session:
        rows = await session.scalars(select(Mail).where(Mail.to == to).order_by(Mail.id))
        return [opened(session.box, row) for row in rows]


async def _subjects(shop: Shop, to: str) -> list[str]:
    return [one.subject for one in await _mails(shop, to)]


async def _labels_artist(shop: Shop, name: str = "Anna Berg", person: UUID | None = None) -> tuple[Act, UUID]:
    """An artist of whom `label@` is one of the people."""
    act = await shop.artist(name)
    label = person or await shop.person(LABEL)
    await factories.member(shop.stage.database, act.id, label)
    return act, label


async def _stop(shop: Shop, one: OpenedMail) -> None:
    token = one.text.rpartition(f"{STOP_PAGE}?token=")[2].strip()
    async with shop.stage.database.write() as session:
        await shop.rules.notices.stop(session, token)


async def _ask(shop: Shop, buyer: dict[str, str], order: Any) -> Any:
    wanted = {"line_id": order["lines"][0]["id"], "reason": "bought by mistake"}
    return await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=buyer, expect=201)


async def test_a_label_gets_one_mail_for_a_sale_of_two_of_its_artists_with_each_share(any_shop: Shop) -> None:
    first, label = await _labels_artist(any_shop)
    second, _ = await _labels_artist(any_shop, "Bo Lind", label)
    other = await any_shop.artist("Cy Dahl")
    things = [
        await first.selling("Blue Hours", 1000),
        await second.selling("Red Days", 500),
        await other.selling("Far"),
    ]
    await any_shop.buy(visiting(await any_shop.person(BUYER)), *things)
    (sold,) = await _mails(any_shop, LABEL)
    assert sold.subject == "Sold: Blue Hours and 1 more"
    assert "Blue Hours · Anna Berg: 10.00 EUR, the artist's share 9.00 EUR" in sold.text
    assert "Red Days · Bo Lind: 5.00 EUR, the artist's share 4.50 EUR" in sold.text
    assert "Far" not in sold.text
    assert BUYER not in sold.text


async def test_a_buyer_is_confirmed_what_was_bought_and_where_the_receipt_is(any_shop: Shop) -> None:
    act = await any_shop.artist()
    order = await any_shop.buy(visiting(await any_shop.person(BUYER)), await act.selling())
    (told,) = await _mails(any_shop, BUYER)
    assert told.subject == "What you bought at Veza"
    assert "You paid 10.00 EUR for:\n\n- Blue Hours · Anna Berg: 10.00 EUR\n" in told.text
    assert f"/api/v1/orders/{order['id']}/receipt.pdf" in told.text


async def test_who_has_no_confirmed_address_is_told_of_no_sale(shop: Shop) -> None:
    act = await shop.artist()
    await factories.member(shop.stage.database, act.id, await shop.person(LABEL, confirmed=False))
    await shop.buy(visiting(await shop.person()), await act.selling())
    assert await _mails(shop, LABEL) == []


async def test_what_is_bought_twice_is_no_sale_and_the_buyer_is_told_that_it_goes_back(shop: Shop) -> None:
    act, _ = await _labels_artist(shop)
    product = await act.selling()
    buyer = visiting(await shop.person(BUYER))
    await shop.post("/cart/items", {"product_id": product}, by=buyer, expect=200)
    (first,) = await shop.check_out(buyer)
    other = await act.selling("Red Days")
    await shop.post("/cart/items", {"product_id": other}, by=buyer, expect=200)
    (second,) = await shop.check_out(buyer)
    await shop.pay(first, second)
    sold = [one.text.partition("\n\nIt is order")[0] for one in await _mails(shop, LABEL)]
    assert sum(text.count("Blue Hours") for text in sold) == 1
    assert "which goes back to you by itself" in (await _mails(shop, BUYER))[1].text
    assert "10.00 EUR went back to you" in await _subjects(shop, BUYER)


async def test_a_stopped_kind_is_sent_no_more_and_the_others_still_are(any_shop: Shop) -> None:
    act, _ = await _labels_artist(any_shop)
    buyer = visiting(await any_shop.person(BUYER))
    order = await any_shop.buy(buyer, await act.selling())
    (sold,) = await _mails(any_shop, LABEL)
    await _stop(any_shop, sold)
    await _stop(any_shop, sold)
    await any_shop.buy(buyer, await act.selling("Red Days"))
    await _ask(any_shop, buyer, order)
    assert await _subjects(any_shop, LABEL) == ["Sold: Blue Hours", "A refund is asked for: Blue Hours"]


async def test_a_deadline_is_told_in_each_recipients_zone(any_shop: Shop) -> None:
    zones = {LABEL: "Asia/Tokyo", "second@example.org": None}
    act = await any_shop.artist()
    for email, zone in zones.items():
        person = await factories.person(any_shop.stage.database, email=email, time_zone=zone)
        await factories.member(any_shop.stage.database, act.id, person)
    buyer = visiting(await any_shop.person(BUYER))
    await _ask(any_shop, buyer, await any_shop.buy(buyer, await act.selling()))
    request = await any_shop.stage.one(RefundRequest)
    for email, zone in zones.items():
        (asked,) = [one for one in await _mails(any_shop, email) if "is asked for" in one.subject]
        told = request.answer_by.astimezone(ZoneInfo(zone or "UTC"))
        named = f"({zone})" if zone else "UTC"
        assert f"decline it by {told:%Y-%m-%d %H:%M} {named}." in asked.text


async def test_a_request_is_mailed_with_its_deadline_then_reminded_then_told_to_the_admins(any_shop: Shop) -> None:
    act, _ = await _labels_artist(any_shop)
    admin = await any_shop.person("admin@example.org")
    async with any_shop.stage.database.write() as session:
        await roles.give(session, admin, Role.ADMIN, by="test")
    buyer = visiting(await any_shop.person(BUYER))
    asked = await _ask(any_shop, buyer, await any_shop.buy(buyer, await act.selling()))
    database, rules = any_shop.stage.database, any_shop.rules
    request = await any_shop.stage.one(RefundRequest)
    assert request.answer_by - request.created_at == timedelta(days=7)
    (mailed,) = [one for one in await _mails(any_shop, LABEL) if "is asked for" in one.subject]
    assert "bought by mistake" in mailed.text
    assert f"by {request.answer_by:%Y-%m-%d %H:%M} UTC. It is refund request {asked['id']}" in mailed.text
    assert await refund_notices.sweep(database, rules) == 0
    any_shop.stage.clock.advance(timedelta(days=5))
    assert [await refund_notices.sweep(database, rules) for _ in range(2)] == [1, 0]
    assert (await _subjects(any_shop, LABEL))[-1] == "A refund request waits for you: Blue Hours"
    any_shop.stage.clock.advance(timedelta(days=2))
    assert [await refund_notices.sweep(database, rules) for _ in range(2)] == [1, 0]
    assert await _subjects(any_shop, "admin@example.org") == ["A refund request was not answered: Blue Hours"]
    any_shop.stage.clock.advance(timedelta(days=30))
    assert await refund_notices.sweep(database, rules) == 0


async def test_a_request_that_no_notice_can_tell_of_is_a_finding_and_the_others_are_told(any_shop: Shop) -> None:
    shop = any_shop
    act, _ = await _labels_artist(shop)
    for title in ("First", "Second", "Third"):
        buyer = visiting(await shop.person(f"{title.lower()}@example.org"))
        await _ask(shop, buyer, await shop.buy(buyer, await act.selling(title)))
    notices = shop.rules.notices

    class Picky:
        """Cannot say one of the titles."""

        async def mail(self, session: Any, people: Any, kind: Any, subject: Message, text: Message, **more: Any) -> Any:
            if "Second" in str(subject):
                raise ValueError(subject)
            return await notices.mail(session, people, kind, subject, text, **more)

    shop.stage.clock.advance(timedelta(days=5))
    picky: Any = Picky()
    rules = replace(shop.rules, notices=picky)
    assert [await refund_notices.sweep(shop.stage.database, rules) for _ in range(2)] == [2, 0]
    waits = [one for one in await _subjects(shop, LABEL) if "waits for you" in one]
    assert sorted(waits) == [f"A refund request waits for you: {title}" for title in ("First", "Third")]
    (finding,) = await shop.stage.all(Finding)
    assert (finding.kind, "the reminder of refund request" in finding.message) == ("run_failed", True)
    shop.stage.clock.advance(timedelta(days=1))
    assert await refund_notices.sweep(shop.stage.database, shop.rules) == 1


async def test_an_answered_request_reminds_of_nothing(shop: Shop) -> None:
    act, _ = await _labels_artist(shop)
    buyer = visiting(await shop.person(BUYER))
    asked = await _ask(shop, buyer, await shop.buy(buyer, await act.selling()))
    await shop.post(
        f"/refund-requests/{asked['id']}/decline", {"answer": "you heard it to the end"}, by=act.who, expect=200
    )
    shop.stage.clock.advance(timedelta(days=9))
    assert await refund_notices.sweep(shop.stage.database, shop.rules) == 0


async def test_a_buyer_is_told_the_answer_and_that_the_money_went(any_shop: Shop) -> None:
    act = await any_shop.artist()
    buyer = visiting(await any_shop.person(BUYER))
    asked = await _ask(any_shop, buyer, await any_shop.buy(buyer, await act.selling()))
    path = f"/refund-requests/{asked['id']}"
    await any_shop.post(f"{path}/decline", {"answer": "you heard it to the end"}, by=act.who, expect=200)
    await any_shop.post(f"{path}/ask-again", {"reason": "the second song cuts off"}, by=buyer, expect=200)
    await any_shop.post(f"{path}/grant", {"answer": "of course"}, by=act.who, expect=200)
    await any_shop.stage.settle()
    told = (await _mails(any_shop, BUYER))[1:]
    assert [one.subject for one in told] == [
        "Your refund is declined: Blue Hours", "Your refund is granted: Blue Hours", "10.00 EUR went back to you",
    ]  # fmt: skip
    assert "you heard it to the end" in told[0].text
    assert "You may ask once more" in told[0].text
    assert "10.00 EUR for “Blue Hours” · Anna Berg goes back to you" in told[1].text
    assert "of course" in told[1].text
    assert "- Blue Hours · Anna Berg: 10.00 EUR" in told[2].text


async def test_a_refund_that_fails_days_later_is_told_to_the_buyer_and_the_artist(shop: Shop) -> None:
    act, _ = await _labels_artist(shop)
    buyer = visiting(await shop.person(BUYER))
    asked = await _ask(shop, buyer, await shop.buy(buyer, await act.selling()))
    granted = await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "of course"}, by=act.who, expect=200)
    await shop.stage.settle()
    await shop.fail_refund_later(granted["refund_id"])
    for to in (BUYER, LABEL):
        assert (await _subjects(shop, to))[-1] == "The refund did not arrive: Blue Hours"
    assert "the buyer's bank did not take the money" in (await _mails(shop, LABEL))[-1].text


async def test_a_buyer_without_an_account_hears_of_the_refund_until_the_address_refuses(any_shop: Shop) -> None:
    act = await any_shop.artist()
    things = [await act.selling("Blue Hours"), await act.selling("Red Days")]
    orders = [
        await any_shop.buy(anonymous(f"a-cart-token-of-one-browser-alone-{i:04}"), thing, email=BUYER)
        for i, thing in enumerate(things)
    ]
    assert (
        await _mails(any_shop, BUYER) == []
    )  # the link to what was bought is another mail, and no preference stops it
    assert [to for to, *_ in any_shop.mails] == [BUYER, BUYER]
    back = "/order-lines/{}/refund"
    await any_shop.post(back.format(orders[0]["lines"][0]["id"]), {"answer": "kindness"}, by=OPERATOR, expect=202)
    await any_shop.stage.settle()
    told = await _mails(any_shop, BUYER)
    assert [one.subject for one in told] == ["You get your money back: Blue Hours", "10.00 EUR went back to you"]
    assert "kindness" in told[0].text
    await _stop(any_shop, told[0])
    await any_shop.post(back.format(orders[1]["lines"][0]["id"]), {"answer": "kindness"}, by=OPERATOR, expect=202)
    await any_shop.stage.settle()
    assert len(await _mails(any_shop, BUYER)) == 2
