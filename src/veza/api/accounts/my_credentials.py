"""Changing one's own password and address."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import credentials, people, reauthentication
from veza.accounts.facade import Accounts
from veza.api.accounts.problems import BAD_EMAIL, BAD_PASSWORD, PROOF_PROBLEMS
from veza.api.accounts.shapes import (
    ACCEPTED_EXAMPLE,
    MAIL_IS_ON_ITS_WAY,
    Accepted,
    Code,
    Email,
    Password,
    ProofGiven,
    nothing,
)
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.api.visitors import Visitor
from veza.http.limits import address_of
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


@put(
    "/me/password",
    status_code=204,
    operation_id="changePassword",
    tags=[TAG],
    summary="Change one's password",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=nothing("The password is changed.",
        *PROOF_PROBLEMS, BAD_PASSWORD, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS
    ),
)  # fmt: skip
async def change_password(
    data: Annotated[PasswordRequest, BodyKwarg(examples=[Example(value=PASSWORD_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[None]:
    """Sets a new password and ends every session but this one. Every API token is revoked too, because whoever knew the
    old password may have made some; `keep_tokens` says that nobody did. A mail says what ended."""
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.current, data.code, address) as proof:
        new = await credentials.prepare_password(accounts, proof, data.new)

        async def work(session: Session) -> None:
            await credentials.change_password(
                session,
                accounts,
                proof,
                new,
                keep=visitor.session_id,
                keep_tokens=data.keep_tokens,
                address=address,
            )

        await one_shot.run(work)
    return Response(None, status_code=204)


@put(
    "/me/email",
    status_code=202,
    operation_id="changeAddress",
    tags=[TAG],
    summary="Change one's address",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        202, Accepted, "The new address got a link, and a confirmed old one a notice.", ACCEPTED_EXAMPLE,
        BAD_EMAIL, *PROOF_PROBLEMS, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def change_email(
    data: Annotated[EmailRequest, BodyKwarg(examples=[Example(value=EMAIL_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Accepted:
    """Mails a link to the new address; the account changes to it when the link is opened (`/email-confirmations`).
    The old address gets a notice, unless it was never confirmed: so an address that was mistyped at sign-up is mended.
    The answer does not tell whether the new address has an account."""
    email, address = people.clean_email(data.email), address_of(request)
    changing = credentials.changing_address(visitor.person)
    await limits.demand_left(accounts.database, changing)  # before a password is hashed
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> Accepted:
            await credentials.ask_email_change(session, accounts, proof, email, address)
            return Accepted(MAIL_IS_ON_ITS_WAY)

        return await one_shot.run(work, changing)
