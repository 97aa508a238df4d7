"""The settings: what one changes of one's own account, each change that matters with the password once more."""

from __future__ import annotations

import json
import re

import pyotp
import pytest

from tests.web.pages.browsing import Page
from tests.web.pages.whole import PASSWORD, Reader, Whole
from veza.accounts import people, sessions
from veza.accounts.people import UnknownPerson
from veza.accounts.second_factor import STEP_SECONDS
from veza.community import preferences
from veza.community.preferences import Channel, NoticeKind, Pace
from veza.web.interrupted import unpacked

PAGES = ("", "/password", "/second-factor", "/sessions", "/tokens", "/mails", "/listenbrainz", "/data")
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


def secrets_of(page: Page) -> list[str]:
    """What a page shows once."""
    return SECRET.findall(page.html)


async def test_each_page_of_the_settings_leads_to_all_others_and_a_visitor_signs_in_first(whole: Whole) -> None:
    reader, visitor = await whole.reader("Mara & <b>"), whole.visitor()
    for address in (f"/account{one}" for one in PAGES):
        page = await reader.open(address)
        assert page.status == 200, address
        assert page.html.count("<h1") == 1
        assert {f"/account{one}" for one in PAGES} | {"/preferences"} <= set(page.links)
        assert "Come in" in (await visitor.open(address)).text
    preferences_page = await visitor.open("/preferences")
    assert preferences_page.status == 200
    assert "/account" not in preferences_page.links


async def test_a_name_an_address_and_a_password_are_changed(whole: Whole) -> None:
    reader = await whole.reader(email="mara@example.org")
    page = await reader.open("/account")
    assert "mara@example.org confirmed" in page.text
    page = await reader.send(page, "/account/name", name="Mara Lind")
    assert (page.form("/account/name").fields["name"], page.toast) == ("Mara Lind", "Others see your new name now.")
    page = await reader.send(page, "/account/address", email="new@example.org", password="not my password at all")
    assert (page.status, page.form("/account/address").fields["email"]) == (422, "new@example.org")
    assert "This is not your password." in page.text
    page = await reader.send(page, "/account/address", email="new@example.org", password=PASSWORD)
    assert "A mail is on its way to new@example.org" in page.toast

    elsewhere, page = await whole.signed_in(reader.person), await reader.open("/account/password")  # type: ignore[arg-type]
    page = await reader.send(page, "/account/password", current=PASSWORD, new="short")
    assert "12 to 200 characters" in page.text
    page = await reader.send(page, "/account/password", current=PASSWORD, new="a ferry full of harps")
    assert "Your password is changed" in page.toast
    assert "Come in" in (await elsewhere.open("/account")).text


async def test_browsers_are_signed_out_one_by_one_and_all_at_once(whole: Whole) -> None:
    reader = await whole.reader()
    assert reader.person is not None
    second, third = [await whole.signed_in(reader.person, agent) for agent in ("Lynx <2>", "Opera")]
    page = await reader.open("/account/sessions")
    assert "Lynx &lt;2&gt;" in page.text
    page = await reader.send(page, next(one.action for one in page.forms if one.action.endswith("/end")))
    assert page.toast == "That browser is signed out."
    page = await reader.send(page, "/account/sessions/end")
    assert "You are signed in nowhere else" in page.text
    for other in (second, third):
        assert "Come in" in (await other.open("/account")).text


async def test_a_token_is_shown_once_works_for_its_scopes_and_is_revoked(whole: Whole) -> None:
    reader = await whole.reader()
    page = await reader.open("/account/tokens")
    assert "what your roles let you do" not in page.text  # no scope for what this person has no roles for
    page = await reader.send(page, "/account/tokens", name="backup", password=PASSWORD, scope_read=None)
    assert (page.status, "choose at least one thing" in page.text.lower()) == (422, True)
    page = await reader.send(page, "/account/tokens", name="backup", password=PASSWORD, scope_read="yes")
    (text,) = secrets_of(page)
    bearer = {"Authorization": f"Bearer {text}"}
    assert (await whole.visitor().client.get("/api/v1/me", headers=bearer)).json()["name"] == "Mara"
    page = await reader.open("/account/tokens")
    assert (secrets_of(page), text in page.html, f"…{text[-4:]}" in page.text) == ([], False, True)
    page = await reader.send(page, next(one.action for one in page.forms if one.action.endswith("/revoke")))
    assert "You have no token" in page.text
    assert (await whole.visitor().client.get("/api/v1/me", headers=bearer)).status_code == 401


async def test_a_second_factor_is_set_up_asked_for_at_sign_in_renewed_and_turned_off(whole: Whole) -> None:
    reader = await whole.reader(email="mara@example.org")
    page = await reader.send(
        await reader.open("/account/second-factor"), "/account/second-factor/set-up", password=PASSWORD
    )
    (shown,) = secrets_of(page)
    app = pyotp.TOTP(shown.replace(" ", ""), interval=STEP_SECONDS)
    assert "<svg" in page.html
    assert re.fullmatch(r"(\w{4} ){7}\w{4}", shown)
    page = await reader.send(page, "/account/second-factor/first-code", code="000000")
    assert (page.status, secrets_of(page)) == (422, [shown])  # a wrong code begins nothing anew
    page = await reader.send(page, "/account/second-factor/first-code", code=app.at(whole.clock.now()))
    codes = secrets_of(page)
    assert len(codes) == 10
    assert "10 recovery codes are left" in (await reader.open("/account/second-factor")).text

    late = whole.visitor()
    page = await late.open("/sign-in")
    page = await late.send(page, "/sign-in", email="mara@example.org", password=PASSWORD)
    await late.send(page, "/sign-in/code", code=codes[0])
    page = await late.open("/account/second-factor")
    assert "9 recovery codes are left" in page.text
    page = await late.send(page, "/account/second-factor/recovery-codes", password=PASSWORD, code=codes[1])
    fresh = secrets_of(page)
    assert not set(fresh) & set(codes)
    page = await late.open("/account/second-factor")
    form = page.form("/account/second-factor/recovery-codes")
    sent = {**form.fields, "password": PASSWORD, "code": fresh[0]}
    await late.client.post(
        "/account/second-factor/off", data=sent, headers={**late.who, "Sec-Fetch-Site": "same-origin"}
    )
    assert "Set it up" in (await late.open("/account/second-factor")).text


async def test_mails_of_a_kind_are_stopped_and_started_again(whole: Whole) -> None:
    reader = await whole.reader()
    assert reader.person is not None
    for box, pace in ((None, Pace.NEVER), ("yes", Pace.AT_ONCE)):
        await reader.send(await reader.open("/account/mails"), "/account/mails", sale=box)
        async with whole.database.read() as session:
            chosen = await preferences.of_person(session, reader.person)
        assert chosen.pop((NoticeKind.SALE, Channel.MAIL)) is pace
        assert set(chosen.values()) == {Pace.AT_ONCE}


async def test_ones_data_comes_as_a_file_and_the_account_goes_with_a_password_alone(whole: Whole) -> None:
    reader = await whole.reader(email="mara@example.org")
    assert reader.person is not None
    page = await reader.open("/account/data")
    export = await reader.post(page, "/account/data/export")
    assert export.headers["content-disposition"].startswith("attachment")
    assert json.loads(export.text)["account"]["email"] == "mara@example.org"
    page = await reader.send(page, "/account/data/delete", password=PASSWORD)
    assert "say that you know what goes" in page.text.lower()
    page = await reader.send(page, "/account/data/delete", password=PASSWORD, sure="yes")
    assert page.toast == "Your account is gone."
    assert "Come in" in (await reader.open("/account")).text
    async with whole.database.read() as session:
        with pytest.raises(UnknownPerson):
            await people.find(session, reader.person)


async def ended(whole: Whole, reader: Reader) -> None:
    """The reader's session ends while a page is open."""
    async with whole.database.write("test") as session:
        await sessions.end_all(session, reader.person)  # type: ignore[arg-type]


async def test_a_session_that_ends_while_a_form_is_filled_loses_no_text(whole: Whole) -> None:
    reader, (_, track) = await whole.reader(email="mara@example.org"), await whole.track()
    page = await reader.open(f"/tracks/{track}")
    await ended(whole, reader)
    said = 'What a turn! "<b>ב\u202e\n' + "ع" * 1900
    page = await reader.send(page, f"/tracks/{track}/comments", text=said, at="0:10")
    assert (page.status, "Your session has ended" in page.text) == (401, True)
    page = await reader.send(page, "/sign-in", email="mara@example.org", password="a wrong one entirely")
    assert page.status == 422
    page = await reader.send(page, "/sign-in", email="mara@example.org", password=PASSWORD)
    assert "You are in again" in page.text
    assert "<b>" not in page.html.partition("<main")[2]
    page = await reader.send(page, f"/tracks/{track}/comments")
    assert "ع" * 1900 in page.text


async def test_no_secret_is_carried_through_signing_in_and_nothing_of_another_site(whole: Whole) -> None:
    reader = await whole.reader(email="mara@example.org")
    page = await reader.open("/account")
    await ended(whole, reader)
    page = await reader.send(page, "/account/address", email="new@example.org", password=PASSWORD)
    assert ("new@example.org" in page.html, PASSWORD in page.html) == (True, False)
    for made_up in ('["//evil.test/x", {"a": "bc"}]', '["/x", {"a": 1}]', "[]", '["/x"]', "{", '["", {}]', '"/x"'):
        assert unpacked(made_up) is None, made_up


async def test_the_colours_of_covers_are_switched_off_in_this_browser(whole: Whole) -> None:
    reader, (release, _) = whole.visitor(), await whole.track()
    page = await reader.open("/preferences")
    assert page.form("/preferences").fields["colours"] == "on"
    assert "/palettes/" in (await reader.open(f"/releases/{release}")).html
    page = await reader.send(page, "/preferences", colours="off")
    assert page.form("/preferences").fields["colours"] == "off"
    assert "/palettes/" not in (await reader.open(f"/releases/{release}")).html
    await reader.send(page, "/preferences", colours="on")
    assert (await reader.open("/preferences")).form("/preferences").fields["colours"] == "on"
