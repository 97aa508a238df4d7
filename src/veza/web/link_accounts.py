"""Whose account a mailed link is used for: one that is there, which its owner signs in to, or one that is made now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from uuid import UUID

from veza.accounts import people, sign_in, sign_up
from veza.accounts.facade import Accounts
from veza.accounts.second_factor import CodeNeeded
from veza.accounts.sign_in import Browser, Checked, WrongCredentials
from veza.kit.database import Session

Then: TypeAlias = Callable[[Session, UUID], Awaitable[None]]
LONGEST = 1_000
"""Letters of a challenge that a form carries to the second step."""


async def as_person(
    accounts: Accounts,
    browser: Browser,
    given: Mapping[str, str],
    then: Then,
    *,
    language: str,
    new_for: str | None = None,
) -> str | None:
    """Sign in, or sign up if there is no such account, and do `then` in the same transaction; raises what those raise.

    Where a second factor is wanted nothing is done yet: the challenge is returned that the form of the second step
    sends with the code. With `new_for` only that address may have a new account. The caller checks the link before: a
    visitor without a good link must not learn here whether there is an account.
    """
    if given["challenge"]:
        code = given.get("code", "").strip()
        async with sign_in.answered(accounts, given["challenge"], code, browser) as checked:
            await _accepted(accounts, checked, then)
        return None
    password, email = given.get("password", ""), people.clean_email(given["email"])
    async with accounts.database.read() as session:
        is_new = await people.by_email(session, email) is None
    if is_new and new_for in (None, email):
        wanted = await sign_up.prepare(accounts, email, given.get("name", ""), password, browser.address, language)
        async with accounts.database.write(_ACTOR) as session:
            added = await sign_up.finish(session, accounts, wanted)
            if added is None:  # a sign-up with this address came between our look and this
                raise WrongCredentials
            await then(session, added)
        return None
    try:
        async with sign_in.checked(accounts, email, password, None, browser) as checked:
            await _accepted(accounts, checked, then)
    except CodeNeeded:
        return await sign_in.challenge(accounts, checked)
    return None


_ACTOR = "account page"


async def _accepted(accounts: Accounts, checked: Checked, then: Then) -> None:
    async with accounts.database.write(_ACTOR) as session:
        await sign_in.accept(session, checked)
        await then(session, checked.person_id)
