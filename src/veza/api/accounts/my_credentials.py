"""Changing one's own password and address."""

from __future__ import annotations

from msgspec import Struct

from veza.accounts import credentials, people, reauthentication
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import (
    ACCEPTED_EXAMPLE,
    MAIL_IS_ON_ITS_WAY,
    Accepted,
    Code,
    Email,
    Password,
    ProofGiven,
)
from veza.api.operations import one_shot
from veza.http.endpoints import Address
from veza.http.errors.accounts import BAD_EMAIL, BAD_PASSWORD, CODE_NEEDED, WRONG_CODE, WRONG_PASSWORD
from veza.http.one_shot import OneShot
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.kit import limits
from veza.kit.database import Session

TAG = "accounts"


class PasswordRequest(Struct, forbid_unknown_fields=True):
    """The password as it is, and as it is to be; `code` where one's account has a second factor. API tokens are revoked
    unless `keep_tokens`."""

    current: Password
    new: Password
    code: Code | None = None
    keep_tokens: bool = False


class EmailRequest(ProofGiven, forbid_unknown_fields=True, kw_only=True):
    """The new address, with one's password once more, and `code` where one's account has a second factor."""

    email: Email


PASSWORD_EXAMPLE = {
    "current": "a tram full of cellos",
    "new": "a ferry full of harps",
    "code": "123456",
    "keep_tokens": False,
}
EMAIL_EXAMPLE = {"email": "anna@berg.example", "password": "a tram full of cellos", "code": "123456"}


@one_shot.put(
    "/me/password",
    operation="changePassword",
    summary="Change one's password",
    permission=Permission.CREDENTIALS,
    body=PASSWORD_EXAMPLE,
    gives=(204, None, "The password is changed."),
    problems=(WRONG_PASSWORD, CODE_NEEDED, WRONG_CODE, BAD_PASSWORD, NOT_FOUND, RATE_LIMITED),
)
async def change_password(
    data: PasswordRequest, identity: Identity, accounts: Accounts, one_shot: OneShot, address: Address
) -> None:
    """Sets a new password and ends every session but this one. Every API token is revoked too, because a thief of the
    old password may have made some; `keep_tokens` keeps them. A mail says what ended."""
    async with reauthentication.given(accounts, identity.person, data.current, data.code, address) as proof:
        new = await credentials.prepare_password(accounts, proof, data.new)

        async def work(session: Session) -> None:
            this, keep_tokens = identity.session_id, data.keep_tokens
            await credentials.change_password(
                session, accounts, proof, new, keep=this, keep_tokens=keep_tokens, address=address
            )

        await one_shot.run(work)


@one_shot.put(
    "/me/email",
    operation="changeAddress",
    summary="Change one's address",
    permission=Permission.CREDENTIALS,
    body=EMAIL_EXAMPLE,
    gives=(202, Accepted, "The new address got a link, and a confirmed old one a notice.", ACCEPTED_EXAMPLE),
    problems=(BAD_EMAIL, WRONG_PASSWORD, CODE_NEEDED, WRONG_CODE, NOT_FOUND, RATE_LIMITED),
)
async def change_email(
    data: EmailRequest, identity: Identity, accounts: Accounts, one_shot: OneShot, address: Address
) -> Accepted:
    """Mails a link to the new address; the account changes to it when the link is opened (`/email-confirmations`).
    The old address gets a notice, unless it was never confirmed: so an address that was mistyped at sign-up is mended.
    The answer does not tell whether the new address has an account."""
    email = people.clean_email(data.email)
    changing = credentials.changing_address(identity.person)
    await limits.demand_left(accounts.database, changing)  # before a password is hashed
    async with reauthentication.given(accounts, identity.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> Accepted:
            await credentials.ask_email_change(session, accounts, proof, email, address)
            return Accepted(MAIL_IS_ON_ITS_WAY)

        return await one_shot.run(work, changing)
