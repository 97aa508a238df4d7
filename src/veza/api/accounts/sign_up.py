"""Signing up, and confirming an address."""

from __future__ import annotations

from litestar import Response
from msgspec import Struct

from veza.accounts import sign_up
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import (
    ACCEPTED_EXAMPLE,
    MAIL_IS_ON_ITS_WAY,
    Accepted,
    Email,
    Name,
    Password,
    Secret,
)
from veza.api.operations import one_shot, write
from veza.http.endpoints import Address, Language
from veza.http.errors.accounts import BAD_EMAIL, BAD_LINK, BAD_NAME, BAD_PASSWORD, EMAIL_TAKEN
from veza.http.idempotency import Idempotent, Reply
from veza.http.one_shot import OneShot
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.kit.database import Session

TAG = "accounts"


class SignUpRequest(Struct, forbid_unknown_fields=True):
    """Who wants an account."""

    email: Email
    name: Name
    password: Password


class LinkOpened(Struct, forbid_unknown_fields=True):
    """The secret of a one-time link."""

    token: Secret


SIGN_UP_EXAMPLE = {"email": "anna@example.org", "name": "Anna Berg", "password": "a tram full of cellos"}
LINK_EXAMPLE = {"token": "nTq3zW1v5b0Yd1J8wq2Qm0uXhCk9rLq4o7sPpE6aTzA"}


@one_shot.post(
    "/people",
    operation="signUp",
    summary="Sign up",
    permission=Permission.SIGN_IN,
    body=SIGN_UP_EXAMPLE,
    gives=(202, Accepted, "The same for every address; the mail says the rest.", ACCEPTED_EXAMPLE),
    problems=(BAD_EMAIL, BAD_NAME, BAD_PASSWORD, RATE_LIMITED),
)
async def sign_up_person(
    data: SignUpRequest, accounts: Accounts, one_shot: OneShot, address: Address, language: Language
) -> Accepted:
    """Opens an account and mails a link to confirm the address. One may sign in at once; some things wait for the
    confirmation. Where the address has an account already, only the mail says so."""
    wanted = await sign_up.prepare(accounts, data.email, data.name, data.password, address, language)
    await one_shot.run(lambda session: sign_up.finish(session, accounts, wanted))
    return Accepted(MAIL_IS_ON_ITS_WAY)


@write.post(
    "/email-confirmations",
    operation="confirmAddress",
    summary="Confirm an address",
    permission=Permission.SIGN_IN,
    body=LINK_EXAMPLE,
    gives=(204, None, "The address is confirmed, or changed."),
    problems=(BAD_LINK, EMAIL_TAKEN, NOT_FOUND),
)
async def confirm_address(session: Session, data: LinkOpened, address: Address) -> None:
    """Takes the `token` of a mailed link: the address of a new account is confirmed, or an account changes to its new
    address. No sign-in is needed."""
    await sign_up.confirm(session, data.token, address)


@write.post(
    "/me/email/confirmation-mails",
    operation="mailConfirmationAgain",
    summary="Mail the confirmation again",
    permission=Permission.CREDENTIALS,
    gives=(202, Accepted, "A new mail, unless the address is confirmed.", ACCEPTED_EXAMPLE),
    problems=(RATE_LIMITED, NOT_FOUND),
)
async def mail_again(identity: Identity, accounts: Accounts, idempotent: Idempotent) -> Response[Accepted]:
    """Mails another link to confirm the address; links mailed before are good for nothing any more."""

    async def work(session: Session) -> Reply:
        await sign_up.mail_again(session, accounts, identity.person)
        return Reply(202, Accepted(MAIL_IS_ON_ITS_WAY))

    return await idempotent.run(work, *await sign_up.mailing_again(accounts, identity.person))
