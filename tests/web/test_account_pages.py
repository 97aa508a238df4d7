"""The links of mails: opening one changes nothing, its button does, once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select, update

from tests import factories
from tests.client import DEFAULT_URL, hidden_fields, http_client
from tests.pseudo_language import Pseudo, plain
from tests.web.emails import PASSWORD, Emails
from veza.accounts import people, roles, second_factor
from veza.accounts.emails import Addressee, password_changed
from veza.accounts.first_admin import admin_link
from veza.accounts.permissions import Role
from veza.accounts.roles import PersonRole
from veza.accounts.second_factor import STEP_SECONDS
from veza.app import build
from veza.catalog import invitations
from veza.catalog.artists import Artist, ArtistMember
from veza.catalog.limits import Limits
from veza.kit import mail, messages
from veza.kit.clock import ManualClock
from veza.kit.limits import Throttle
from veza.kit.listing import start_of
from veza.kit.mail import Mail
from veza.kit.secret import new_secret
from veza.library import shelf
from veza.library.grants import ItemKind
from veza.market import cart, checkout, products
from veza.market.cart import CartOwner
from veza.market.checkout import CheckoutRequest
from veza.market.orders import Order
from veza.market.products import PriceDraft, Pricing
from veza.settings import Settings


@pytest.fixture
async def emails(sqlite_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Emails]:
    veza = build(Settings(database_url=sqlite_url, var_dir=tmp_path), clock=clock)
    async with http_client(veza.asgi, base_url=DEFAULT_URL) as browser:
        yield Emails(veza.modules.accounts, veza.modules.market, browser)
    await veza.close()


async def test_opening_the_link_confirms_nothing_and_its_button_does_once(emails: Emails) -> None:
    link = await emails.signed_up()
    for _ in range(2):
        assert "This address is mine" in (await emails.browser.get(link)).text
    assert not await _is_confirmed(emails)
    assert "anna@example.org is the address of your account" in (await emails.press(link)).text
    assert await _is_confirmed(emails)
    again = await emails.press(link)
    assert again.status_code == 410
    assert "This link is used up" in again.text


async def test_a_new_password_is_set_by_the_link_and_a_bad_one_is_said(emails: Emails) -> None:
    await emails.signed_up()
    asked = {"Idempotency-Key": "forgot"}
    await emails.browser.post("/api/v1/password-resets", json={"email": "anna@example.org"}, headers=asked)
    link = await emails.newest_link()
    short = await emails.press(link, password="short")
    assert short.status_code == 422
    assert "New password, at least 12 characters" in short.text
    assert 'minlength="12"' in short.text
    assert "a password has 12 to 200 characters, this one has 5" in short.text.lower()
    assert "Your password is set" in (await emails.press(link, password="another long secret")).text
    signed_in = await emails.browser.post(
        "/api/v1/session",
        json={"email": "anna@example.org", "password": "another long secret"},
        headers={"Idempotency-Key": "in"},
    )
    assert signed_in.status_code == 201


async def test_a_reset_on_the_page_makes_the_device_known_while_strangers_guess(emails: Emails) -> None:
    await emails.signed_up()

    async def sign_in(number: int, password: str) -> int:
        asked = {"email": "anna@example.org", "password": password}
        headers = {"Idempotency-Key": f"sign-in-{number}"}
        return (await emails.browser.post("/api/v1/session", json=asked, headers=headers)).status_code

    assert [await sign_in(number, "a wrong guess") for number in range(10)] == [401] * 10
    assert await sign_in(11, PASSWORD) == 429
    await emails.browser.post(
        "/api/v1/password-resets", json={"email": "anna@example.org"}, headers={"Idempotency-Key": "forgot"}
    )
    await emails.press(await emails.newest_link(), password="another long secret")
    assert await sign_in(12, "another long secret") == 201


async def test_the_mail_about_a_changed_password_leads_to_a_link_to_set_a_new_one(emails: Emails) -> None:
    await emails.signed_up()
    async with emails.database.write("test") as session:
        to = Addressee(UUID(int=7), "anna@example.org", None)
        password_changed(session, "http://127.0.0.1:8000", to, tokens_revoked=0)
    async with emails.database.read() as session:
        told = (await mail.newest(session, 1))[0].text
    page = re.findall(r"http\S+", told)[0]
    assert "Your address" in (await emails.browser.get(page)).text
    sent = await emails.browser.post(page, data={"email": "Anna@example.org"})
    unknown = await emails.browser.post(page, data={"email": "nobody@example.org"})
    assert "A mail is on its way" in sent.text
    assert (sent.status_code, sent.text) == (unknown.status_code, unknown.text)
    newest = await emails.newest_link()
    assert "Your password is set" in (await emails.press(newest, password="yet another secret")).text


async def test_a_page_that_mails_says_when_to_come_again(emails: Emails) -> None:
    form = {"email": "nobody@example.org"}
    answers = [await emails.browser.post("/forgot-password", data=form) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert answers[-1].headers["retry-after"] == "30"
    assert "wait 30 s" in answers[-1].text


async def test_an_address_that_is_none_is_said_in_the_form_that_asks_for_a_link(emails: Emails) -> None:
    answer = await emails.browser.post("/forgot-password", data={"email": "anna"})
    assert answer.status_code == 422
    assert "This is no e-mail address" in answer.text


async def test_a_link_without_its_secret_leads_to_a_new_one(emails: Emails) -> None:
    assert 'action="/forgot-password"' in (await emails.browser.get("/reset-password")).text


async def test_another_sites_form_does_not_replace_what_a_device_is_known_by(emails: Emails) -> None:
    await emails.signed_up()
    await emails.browser.post(
        "/api/v1/password-resets", json={"email": "anna@example.org"}, headers={"Idempotency-Key": "forgot"}
    )
    page, _, token = (await emails.newest_link()).partition("?token=")
    form = {"token": token, "password": "another long secret"}
    answer = await emails.browser.post(page, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert "Your password is set" in answer.text
    assert "set-cookie" not in answer.headers


async def test_the_first_start_makes_an_account_admin_once(emails: Emails) -> None:
    link = await admin_link(emails.database, "http://127.0.0.1:8000")
    assert link is not None
    short = await emails.press(link, email="op@example.org", name="Op", password="short")
    assert short.status_code == 422
    assert [f'value="{kept}"' in short.text for kept in ("op@example.org", "Op", "short")] == [True, True, False]
    answer = await emails.press(link, email="op@example.org", name="Op", password=PASSWORD)
    assert "You are the first admin" in answer.text
    async with emails.database.read() as session:
        person = await people.by_email(session, "op@example.org")
        assert person is not None
        assert Role.ADMIN in (await roles.of(session, [person.id]))[person.id]
    assert await admin_link(emails.database, "http://127.0.0.1:8000") is None
    again = await emails.press(link, email="eve@example.org", name="Eve", password=PASSWORD)
    assert again.status_code == 410
    async with emails.database.read() as session:
        assert await people.by_email(session, "eve@example.org") is None


async def test_an_account_that_is_there_becomes_admin_with_its_own_password_only(emails: Emails) -> None:
    await emails.signed_up()
    link = await admin_link(emails.database, "http://127.0.0.1:8000")
    assert link is not None
    wrong = await emails.press(link, email="anna@example.org", password="not the password")
    assert wrong.status_code == 422
    assert "do not belong together" in wrong.text
    assert "You are the first admin" in (await emails.press(link, email="anna@example.org", password=PASSWORD)).text


async def test_right_passwords_on_these_pages_cost_no_tries(emails: Emails) -> None:
    await emails.signed_up()
    for number in range(12):
        link = await admin_link(emails.database, "http://127.0.0.1:8000")
        assert link is not None, number
        answer = await emails.press(link, email="anna@example.org", password=PASSWORD)
        assert "You are the first admin" in answer.text, (number, answer.text)
        async with emails.database.write("test") as session:
            for admin in await session.scalars(select(PersonRole).where(PersonRole.role == Role.ADMIN.value)):
                await session.delete(admin)
    async with emails.database.read() as session:
        spent = (await session.scalars(select(Throttle).where(Throttle.key.startswith("sign-in to")))).one()
    assert spent.spent_until_ms <= emails.database.clock.now().timestamp() * 1000


@pytest.mark.parametrize("page", ["confirm-address", "reset-password", "admin-claim", "invitation", "claim"])
async def test_a_made_up_link_is_told_so_and_changes_nothing(emails: Emails, page: str) -> None:
    link = f"http://127.0.0.1:8000/{page}?token=<b>{'x' * 5000}"
    answer = await emails.press(link, email="eve@example.org", name="Eve", password=PASSWORD)
    assert answer.status_code == 410
    assert "<b>" not in answer.text
    async with emails.database.read() as session:
        assert (await session.scalars(select(Mail))).all() == []


async def _bought(emails: Emails) -> str:
    """A buyer without an account got a release that is free; the link of their mail."""
    artist = await factories.artist(emails.database)
    release, _ = await factories.release(emails.database, artist, title="Gift", kind="single")
    rules = emails.market
    buyer = CartOwner(None, new_secret())
    async with emails.database.write("test") as session:
        found = await session.get_one(Artist, artist)
        free = PriceDraft(Pricing.FREE, 0, "EUR")
        product = await products.create(session, found, ItemKind.RELEASE, release, free, on_sale=True, rules=rules)
        held = await cart.ensure(session, buyer)
        await cart.add(session, held, buyer, product.id, None)
        wanted = CheckoutRequest("eve@example.org", "http://127.0.0.1/done", "http://127.0.0.1/cart", "one")
        await checkout.begin(session, held, buyer, wanted, rules)
    return await emails.newest_link()


async def test_what_was_bought_without_an_account_is_claimed_by_its_link_once(emails: Emails) -> None:
    await emails.signed_up()
    link = await _bought(emails)
    stranger = await emails.press(link, email="mallory@example.org", name="M", password=PASSWORD)
    assert stranger.status_code == 422
    assert "do not belong together" in stranger.text
    answer = await emails.press(link, email="eve@example.org", name="Eve", password=PASSWORD)
    assert "in the library of eve@example.org now" in answer.text
    async with emails.database.read() as session:
        person = await people.by_email(session, "eve@example.org")
        assert person is not None
        assert [one.title for one in await shelf.owned_by(session, person.id, start_of(shelf.SORTS, 10))] == ["Gift"]
    assert (await emails.press(link, email="anna@example.org", password=PASSWORD)).status_code == 410


async def test_the_page_behind_a_mailed_link_leads_to_the_receipt(emails: Emails) -> None:
    link = await _bought(emails)
    assert "receipt" not in (await emails.browser.get(link)).text  # it was free
    async with emails.database.write() as session:
        await session.execute(update(Order).values(receipt_year=2026, receipt_count=1))
        (order,) = (await session.scalars(select(Order))).all()
    page = (await emails.browser.get(link)).text
    for kind in ("html", "pdf"):
        assert f"/api/v1/cart/orders/{order.id}/receipt.{kind}?token={link.partition('token=')[2]}" in page
    assert "receipt" not in (await emails.browser.get(link + "x")).text


@pytest.mark.parametrize("page", ["/checkout/done", "/cart"])
async def test_the_ways_back_from_the_provider_lead_somewhere(emails: Emails, page: str) -> None:
    assert (await emails.browser.get(page)).status_code == 200


async def test_what_was_done_is_said_in_the_readers_language(emails: Emails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(messages.CATALOGUES, "fr", Pseudo())
    english = await emails.browser.get("/checkout/done")
    french = await emails.browser.get("/checkout/done", headers={"Accept-Language": "fr"})
    for said in ("Thank you", "without an account, you get a link to it by mail."):
        assert said in plain(english.text)
        assert said in plain(french.text)
        assert said not in french.text


async def _is_confirmed(emails: Emails) -> bool:
    async with emails.database.read() as session:
        person = await people.by_email(session, "anna@example.org")
    return person is not None and person.is_confirmed


async def test_who_has_no_admin_link_learns_nothing_about_accounts(emails: Emails) -> None:
    await emails.signed_up()
    said = []
    for email in ("anna@example.org", "nobody@example.org"):
        fields = {"token": "x" * 43, "email": email, "password": "not her password", "name": "Anna"}
        said.append(await emails.browser.post("/admin-claim", data=fields))
    assert [answer.status_code for answer in said] == [410, 410]
    assert said[0].text == said[1].text


async def _invited(emails: Emails, email: str) -> str:
    """An address is invited to an artist; the link of its mail."""
    artist = await factories.artist(emails.database, "Anna <3")
    async with emails.database.write("test") as session:
        found, base_url = await session.get_one(Artist, artist), "http://127.0.0.1:8000"
        await invitations.invite(session, found, email, "member", by=None, base_url=base_url, limits=Limits())
    return await emails.newest_link()


async def test_an_invitation_is_accepted_by_the_account_of_its_address_once(emails: Emails) -> None:
    await emails.signed_up()
    link = await _invited(emails, "anna@example.org")
    assert "You are invited" in (await emails.browser.get(link)).text
    wrong = await emails.press(link, email="anna@example.org", password="not the password")
    assert (wrong.status_code, "do not belong together" in wrong.text) == (422, True)
    answer = await emails.press(link, email="anna@example.org", password=PASSWORD)
    assert "anna@example.org may act for Anna &lt;3 from now on" in answer.text
    async with emails.database.read() as session:
        person = await people.by_email(session, "anna@example.org")
        assert person is not None
        theirs = select(Artist.name).join(ArtistMember).where(ArtistMember.person_id == person.id)
        assert (await session.scalars(theirs)).all() == ["Anna <3"]
        assert Role.ARTIST in (await roles.of(session, [person.id]))[person.id]
        assert person.is_confirmed
    assert (await emails.press(link, email="anna@example.org", password=PASSWORD)).status_code == 410


async def test_an_invitation_makes_an_account_for_its_own_address_only(emails: Emails) -> None:
    await emails.signed_up()
    link = await _invited(emails, "eve@example.org")
    stranger = await emails.press(link, email="mallory@example.org", name="M", password=PASSWORD)
    assert (stranger.status_code, "do not belong together" in stranger.text) == (422, True)
    other = await emails.press(link, email="anna@example.org", password=PASSWORD)
    assert (other.status_code, "another address" in other.text) == (422, True)
    answer = await emails.press(link, email="eve@example.org", name="Eve", password=PASSWORD)
    assert "eve@example.org may act for" in answer.text


async def test_a_second_factor_is_asked_for_by_a_step_of_its_own(emails: Emails) -> None:
    await emails.press(await emails.signed_up())
    link = await _invited(emails, "anna@example.org")
    async with emails.database.write("test") as session:
        person = await people.by_email(session, "anna@example.org")
        assert person is not None
        app = pyotp.TOTP((await second_factor.set_up(session, person.id)).secret, interval=STEP_SECONDS)
        await second_factor.confirm(session, person.id, app.at(session.now), "127.0.0.1")
        codes = await second_factor.renew_recovery_codes(session, person.id, "127.0.0.1")
    assert "second factor" not in (await emails.browser.get(link)).text
    asked = await emails.press(link, email="anna@example.org", password=PASSWORD)
    assert (asked.status_code, "Your password is right." in asked.text, PASSWORD in asked.text) == (200, True, False)
    address, fields = link.partition("?")[0], hidden_fields(asked)
    assert fields["email"] == "anna@example.org"
    wrong = await emails.browser.post(address, data={**fields, "code": "000000"})
    assert (wrong.status_code, "This code is wrong" in wrong.text) == (422, True)
    forged = await emails.browser.post(
        address, data={**fields, "challenge": fields["challenge"] + "x", "code": codes[0]}
    )
    assert (forged.status_code, 'name="password"' in forged.text) == (422, True)
    taken = await emails.browser.post(address, data={**hidden_fields(wrong), "code": codes[0]})
    assert "anna@example.org may act for Anna &lt;3 from now on" in taken.text
    again = await emails.browser.post(address, data={**fields, "code": codes[1]})
    assert again.status_code == 410
