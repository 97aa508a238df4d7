"""The second step of signing in: a page that asks for the code after the password, by plain forms."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pyotp
import pytest

from tests.web.pages.browsing import Page
from tests.web.pages.whole import PASSWORD, Reader, Whole
from veza.accounts import audit, passwords, second_factor
from veza.accounts.audit import Act
from veza.accounts.challenges import LASTS
from veza.accounts.limits import CODE_OF_ACCOUNT
from veza.accounts.second_factor import STEP_SECONDS
from veza.kit.listing import Slice

EMAIL = "mara@example.org"


@dataclass
class Mara:
    """A person with a second factor, whose app shows `code` now; she is signed in nowhere."""

    whole: Whole
    person: UUID
    app: pyotp.TOTP

    @property
    def code(self) -> str:
        return str(self.app.at(self.whole.clock.now()))


@pytest.fixture
async def mara(whole: Whole) -> Mara:
    person = (await whole.reader(email=EMAIL)).person
    assert person is not None
    async with whole.database.write("test") as session:
        app = pyotp.TOTP((await second_factor.set_up(session, person)).secret, interval=STEP_SECONDS)
        await second_factor.confirm(session, person, app.at(whole.clock.now()), "127.0.0.1")
    whole.clock.advance(timedelta(seconds=3 * STEP_SECONDS))  # the code that was used is over
    return Mara(whole, person, app)


async def asked(whole: Whole, address: str = "/sign-in?next=/orders") -> tuple[Reader, Page]:
    """A new browser after the first step."""
    reader = whole.visitor()
    page = await reader.send(await reader.open(address), "/sign-in", email=EMAIL, password=PASSWORD)
    assert (page.status, "Your password is right." in page.text) == (200, True)
    return reader, page


async def test_a_code_of_the_app_leads_to_where_the_reader_was_going(whole: Whole, mara: Mara) -> None:
    reader, page = await asked(whole)
    assert PASSWORD not in page.html
    assert "Come in" in (await reader.open("/account")).text, "a password alone opens nothing"
    answer = await reader.post(page, "/sign-in/code", code=mara.code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    assert "Mara" in (await reader.open("/account")).html


async def test_a_wrong_code_changes_nothing_and_one_for_recovery_is_taken_after_it(whole: Whole, mara: Mara) -> None:
    async with whole.database.write("test") as session:
        codes = await second_factor.renew_recovery_codes(session, mara.person, "127.0.0.1")
    reader, page = await asked(whole)
    page = await reader.send(page, "/sign-in/code", code="000000")
    assert (page.status, "This code is wrong" in page.text) == (422, True)
    page = await reader.send(page, "/sign-in/code", code=codes[0].upper())
    assert "Mara" in (await reader.open("/account")).html
    async with whole.database.read() as session:
        acts = [one.act for one in await audit.entries(session, Slice(audit.SORTS["newest"], 9, None))]
        assert await second_factor.recovery_codes_left(session, mara.person) == 9
    assert acts[:3] == [Act.SIGNED_IN, Act.RECOVERY_CODE_USED, Act.SIGN_IN_FAILED]


async def test_after_ten_wrong_codes_a_right_one_is_not_taken_for_some_minutes(whole: Whole, mara: Mara) -> None:
    reader, page = await asked(whole)
    for _ in range(CODE_OF_ACCOUNT.burst):
        page = await reader.send(page, "/sign-in/code", code="000000")
        assert page.status == 422
    refused = await reader.send(page, "/sign-in/code", code=mara.code)
    assert (refused.status, "retry-after" in refused.answer.headers) == (429, True)
    whole.clock.advance(CODE_OF_ACCOUNT.per)
    reader, page = await asked(whole)
    await reader.send(page, "/sign-in/code", code=mara.code)
    assert "Mara" in (await reader.open("/account")).html


@pytest.mark.parametrize("change", ["time", "password", "signature"])
async def test_a_challenge_ends_with_its_time_and_with_the_password_and_loses_no_text(
    whole: Whole, mara: Mara, change: str
) -> None:
    reader, page = await asked(whole)
    typed, sent = '["/tracks/1/comments", {"text": "What a turn!"}]', page.form("/sign-in/code")
    sent.names.append("interrupted")
    if change == "time":
        whole.clock.advance(LASTS + timedelta(seconds=1))
    elif change == "signature":
        sent.fields["challenge"] += "x"
    else:
        async with whole.database.write("test") as session:
            await passwords.replace(session, mara.person, "another hash")
    over = await reader.send(page, sent, code=mara.code, interrupted=typed)
    assert (over.status, "sign in again" in over.text.lower()) == (422, True)
    fields = over.form("/sign-in").fields
    assert (html.unescape(fields["interrupted"]), fields["next"]) == (typed, "/orders")


async def test_the_second_step_begins_with_the_first(whole: Whole) -> None:
    answer = await whole.visitor().client.get("/sign-in/code", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
