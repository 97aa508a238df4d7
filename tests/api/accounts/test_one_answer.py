"""One answer for one work, whether an address has an account or not: what is counted here is the work, not the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.api.accounts.conftest import EMAIL, PASSWORD, Browser, Desk
from tests.factories import QUICK
from tests.statements import counted
from veza.accounts.passwords import Passwords, Verified

UNKNOWN = "unknown@example.org"


class Counting(Passwords):
    """Counts what is slow."""

    def __init__(self, work: Counter[str]) -> None:
        super().__init__(QUICK)
        self._work = work

    async def make(self, password: str, own_words: Sequence[str], whom: str) -> str:
        self._work["hashed"] += 1
        return await super().make(password, own_words, whom)

    async def verify(self, stored: str | None, password: str, whom: str) -> Verified:
        self._work["verified"] += 1
        return await super().verify(stored, password, whom)


@contextmanager
def work_of(desk: Desk) -> Iterator[Counter[str]]:
    """Argon2 hashes, statements by what they do, and transactions, while the block runs."""
    work: Counter[str] = Counter()
    before = desk.accounts.passwords
    object.__setattr__(desk.accounts, "passwords", Counting(work))
    with counted(desk.database, with_begin=True) as statements:
        yield work
    for verb in (statement.split(maxsplit=1)[0] for statement in statements):
        work["BEGIN" if verb == "BEGIN" else "reads" if verb == "SELECT" else "writes"] += 1
    object.__setattr__(desk.accounts, "passwords", before)


async def _work(desk: Desk, browser: Browser, method: str, path: str, body: Any) -> tuple[int, Any, Counter[str]]:
    """The status, what was said, and the work it took."""
    with work_of(desk) as work:
        answer = await browser.send(method, path, body)
    said = {name: value for name, value in answer.json().items() if name != "request_id"}
    return answer.status_code, said, work


async def test_signing_in_with_a_wrong_password(any_desk: Desk) -> None:
    await any_desk.signed_up()
    known, unknown = [
        await _work(any_desk, any_desk.browser(), "POST", "/session", {"email": email, "password": "not the right one"})
        for email in (EMAIL, UNKNOWN)
    ]
    assert known == unknown
    assert known[2]["verified"] == 1


async def test_signing_up(any_desk: Desk) -> None:
    await any_desk.signed_up()
    known, unknown = [
        await _work(
            any_desk, any_desk.browser(), "POST", "/people", {"email": email, "name": "Anna", "password": PASSWORD}
        )
        for email in (EMAIL, UNKNOWN)
    ]
    assert known[:2] == unknown[:2]
    assert known[2]["hashed"] == unknown[2]["hashed"] == 1
    assert known[2].total() == unknown[2].total(), (known[2], unknown[2])


async def test_forgetting_the_password(any_desk: Desk) -> None:
    await any_desk.signed_up()
    known, unknown = [
        await _work(any_desk, any_desk.browser(), "POST", "/password-resets", {"email": email})
        for email in (EMAIL, UNKNOWN)
    ]
    assert known == unknown
    assert known[2]["verified"] == known[2]["hashed"] == 0
    assert len(await any_desk.mails(UNKNOWN)) == 0
    assert (await any_desk.mails(EMAIL))[-1].subject == "Set a new password"


@pytest.mark.parametrize("is_flooded", [False, True])
async def test_changing_to_an_address(any_desk: Desk, is_flooded: bool) -> None:
    await any_desk.signed_up("ben@example.org")
    browser = await any_desk.signed_up()
    for email in ("ben@example.org", UNKNOWN) if is_flooded else ():
        for number in range(6):
            await any_desk.browser(f"192.0.2.{number}").call("POST", "/password-resets", {"email": email}, expect=202)
    mails = len(await any_desk.mails())
    taken, free = [
        await _work(any_desk, browser, "PUT", "/me/email", {"email": email, "password": PASSWORD})
        for email in ("ben@example.org", UNKNOWN)
    ]
    assert taken[:2] == free[:2]
    assert taken[2] == free[2]
    assert len(await any_desk.mails()) - mails == (2 if is_flooded else 4)


async def test_asking_for_another_confirmation_mail(any_desk: Desk) -> None:
    confirmed = await any_desk.signed_up()
    fresh = await any_desk.signed_up("ben@example.org", confirmed=False)
    answers = [await browser.send("POST", "/me/email/confirmation-mails") for browser in (confirmed, fresh)]
    assert answers[0].json() == answers[1].json()
