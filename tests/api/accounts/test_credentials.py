"""Passwords and addresses change only for whom they belong to, and everything old is good for nothing then."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.api.accounts.conftest import EMAIL, PASSWORD, TOKEN_WANTED, Browser, Desk

NEW = "a ferry full of harps"


async def test_a_forgotten_password_is_set_anew_by_mail_and_every_session_ends(any_desk: Desk) -> None:
    browser = await any_desk.signed_up(confirmed=False)
    guest = any_desk.browser()
    await guest.call("POST", "/password-resets", {"email": EMAIL.upper()}, expect=202)
    wanted = {"token": await any_desk.mailed_token(), "password": NEW}
    await guest.refused("POST", "/password-resets/complete", {**wanted, "password": "short"}, 422, "bad-password")
    await guest.call("POST", "/password-resets/complete", wanted, expect=204)
    await browser.get("/me", expect=401)
    await guest.refused("POST", "/session", {"email": EMAIL, "password": PASSWORD}, 401, "wrong-credentials")
    await guest.sign_in(password=NEW)
    assert (await guest.get("/me"))["email_confirmed_at"] is not None
    await guest.refused("POST", "/password-resets/complete", wanted, 422, "bad-link")
    assert (await any_desk.mails(EMAIL))[-1].subject == "Your password was changed"


async def _script(desk: Desk, browser: Browser) -> Browser:
    made = await browser.call("POST", "/me/tokens", TOKEN_WANTED, expect=201)
    return desk.browser(headers={"Authorization": f"Bearer {made['token']}"})


async def test_a_reset_revokes_every_token_and_says_so(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    scripts = [await _script(any_desk, browser) for _ in range(2)]
    guest = any_desk.browser()
    await guest.call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    wanted = {"token": await any_desk.mailed_token(), "password": NEW}
    await guest.call("POST", "/password-resets/complete", wanted, expect=204)
    for script in scripts:
        await script.get("/me", expect=401)
    assert "2 API tokens were revoked" in (await any_desk.mails(EMAIL))[-1].text
    (act,) = (await any_desk.operator().get("/audit", act="password reset"))["items"]
    assert act["detail"] == "sessions ended: 1, tokens revoked: 2"


async def test_a_new_password_revokes_tokens_unless_they_are_to_be_kept(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    script = await _script(any_desk, browser)
    kept = {"current": PASSWORD, "new": NEW, "keep_tokens": True}
    await browser.call("PUT", "/me/password", kept, expect=204)
    await script.get("/me")
    assert "token" not in (await any_desk.mails(EMAIL))[-1].text
    await browser.call("PUT", "/me/password", {"current": NEW, "new": PASSWORD}, expect=204)
    await script.get("/me", expect=401)
    assert "an API token was revoked" in (await any_desk.mails(EMAIL))[-1].text
    acts = (await any_desk.operator().get("/audit", act="password changed"))["items"]
    assert [act["detail"] for act in acts] == [f"sessions ended: 0, tokens revoked: {count}" for count in (1, 0)]


async def test_asking_for_a_reset_tells_no_visitor_who_has_an_account(desk: Desk) -> None:
    await desk.signed_up()
    browser = desk.browser()
    known = await browser.send("POST", "/password-resets", {"email": EMAIL})
    unknown = await browser.send("POST", "/password-resets", {"email": "nobody@example.org"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert await desk.mails("nobody@example.org") == []


async def test_of_two_resets_with_one_link_at_the_same_instant_one_counts(any_desk: Desk) -> None:
    await any_desk.signed_up()
    browser = any_desk.browser()
    await browser.call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    token = await any_desk.mailed_token()
    passwords = [NEW, "a barge full of flutes"]
    sent = [browser.send("POST", "/password-resets/complete", {"token": token, "password": one}) for one in passwords]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [204, 422]


async def test_a_reset_link_lasts_an_hour(desk: Desk) -> None:
    await desk.signed_up()
    browser = desk.browser()
    await browser.call("POST", "/password-resets", {"email": EMAIL}, expect=202)
    wanted = {"token": await desk.mailed_token(), "password": NEW}
    desk.clock.advance(timedelta(hours=1))
    await browser.refused("POST", "/password-resets/complete", wanted, 422, "bad-link")


async def test_a_new_password_ends_every_session_but_this_one(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    elsewhere = any_desk.browser()
    await elsewhere.sign_in()
    await browser.refused("PUT", "/me/password", {"current": "wrong one here", "new": NEW}, 422, "wrong-password")
    await browser.refused("PUT", "/me/password", {"current": PASSWORD, "new": EMAIL}, 422, "bad-password")
    await browser.call("PUT", "/me/password", {"current": PASSWORD, "new": NEW}, expect=204)
    await browser.get("/me")
    await elsewhere.get("/me", expect=401)
    await elsewhere.sign_in(password=NEW)


async def test_a_stolen_session_cannot_guess_the_password_for_long(desk: Desk) -> None:
    browser = await desk.signed_up()
    wrong = {"current": "wrong one here", "new": NEW}
    statuses = [(await browser.send("PUT", "/me/password", wrong)).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


async def test_a_new_address_counts_once_its_own_mail_was_opened(any_desk: Desk) -> None:
    browser = await any_desk.signed_up()
    await browser.refused(
        "PUT", "/me/email", {"email": "anna@new.example", "password": "wrong one here"}, 422, "wrong-password"
    )
    await browser.call("PUT", "/me/email", {"email": "Anna@New.example", "password": PASSWORD}, expect=202)
    assert (await browser.get("/me"))["email"] == EMAIL
    assert (await any_desk.mails(EMAIL))[-1].subject == "Your address is to be changed"
    token = await any_desk.mailed_token("anna@new.example")
    await any_desk.browser().call("POST", "/email-confirmations", {"token": token}, expect=204)
    assert (await browser.get("/me"))["email"] == "anna@new.example"
    await any_desk.browser().sign_in("anna@new.example")
    await any_desk.browser().refused(
        "POST", "/session", {"email": EMAIL, "password": PASSWORD}, 401, "wrong-credentials"
    )


async def test_an_address_that_has_an_account_is_not_told_apart(any_desk: Desk) -> None:
    await any_desk.signed_up("ben@example.org")
    browser = await any_desk.signed_up()
    taken = await browser.send("PUT", "/me/email", {"email": "ben@example.org", "password": PASSWORD})
    free = await browser.send("PUT", "/me/email", {"email": "free@example.org", "password": PASSWORD})
    assert (taken.status_code, taken.content) == (free.status_code, free.content) == (202, free.content)
    assert (await any_desk.mails("ben@example.org"))[-1].subject == "You have an account already"


async def test_two_people_changing_to_one_address_at_the_same_instant_are_one_change_and_one_refusal(
    any_desk: Desk,
) -> None:
    anna, ben = await any_desk.signed_up(), await any_desk.signed_up("ben@example.org")
    tokens = []
    for browser in (anna, ben):
        await browser.call("PUT", "/me/email", {"email": "both@example.org", "password": PASSWORD}, expect=202)
        tokens.append(await any_desk.mailed_token("both@example.org"))
    guest = any_desk.browser()
    answers = await asyncio.gather(*(guest.send("POST", "/email-confirmations", {"token": one}) for one in tokens))
    assert sorted(answer.status_code for answer in answers) == [204, 409]


async def test_an_account_with_an_unconfirmed_address_changes_no_credentials(desk: Desk) -> None:
    browser = await desk.signed_up(confirmed=False)
    await browser.refused("POST", "/me/tokens", TOKEN_WANTED, 403, "address-not-confirmed")
    await browser.refused("POST", "/me/second-factor", {"password": PASSWORD}, 403, "address-not-confirmed")


async def test_an_address_that_was_mistyped_at_sign_up_is_mended(any_desk: Desk) -> None:
    browser = await any_desk.signed_up("anna@exmaple.org", confirmed=False)
    mistyped = await any_desk.mailed_token("anna@exmaple.org")
    await browser.call("PUT", "/me/email", {"email": EMAIL, "password": PASSWORD}, expect=202)
    assert len(await any_desk.mails("anna@exmaple.org")) == 1
    mended = await any_desk.mailed_token(EMAIL)
    await any_desk.browser().call("POST", "/email-confirmations", {"token": mended}, expect=204)
    me = await browser.get("/me")
    assert (me["email"], me["email_confirmed_at"] is not None) == (EMAIL, True)
    stranger = any_desk.browser()
    await stranger.refused("POST", "/email-confirmations", {"token": mistyped}, 422, "bad-link")
    await stranger.refused(
        "POST", "/session", {"email": "anna@exmaple.org", "password": PASSWORD}, 401, "wrong-credentials"
    )


async def test_who_confirms_an_address_ends_a_change_that_was_asked_for_before(any_desk: Desk) -> None:
    squatter = await any_desk.signed_up(confirmed=False)
    theirs = await any_desk.mailed_token()
    await squatter.call("PUT", "/me/email", {"email": "mallory@example.org", "password": PASSWORD}, expect=202)
    change = await any_desk.mailed_token("mallory@example.org")
    await any_desk.browser().call("POST", "/email-confirmations", {"token": theirs}, expect=204)
    await squatter.refused("POST", "/email-confirmations", {"token": change}, 422, "bad-link")
    assert (await squatter.get("/me"))["email"] == EMAIL
