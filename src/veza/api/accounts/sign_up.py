"""Signing up, and confirming an address."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import sign_up
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Permission
from veza.api.accounts.problems import BAD_EMAIL, BAD_LINK, BAD_NAME, BAD_PASSWORD, EMAIL_TAKEN
from veza.api.accounts.shapes import (
    ACCEPTED_EXAMPLE,
    MAIL_IS_ON_ITS_WAY,
    Accepted,
    Email,
    Name,
    Password,
    Secret,
    nothing,
)
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.api.visitors import Visitor, needs
from veza.http.limits import address_of
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


@post(
    "/people",
    status_code=202,
    operation_id="signUp",
    tags=[TAG],
    summary="Sign up",
    opt=needs(Permission.SIGN_IN),
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        202, Accepted, "The same for every address; the mail says the rest.", ACCEPTED_EXAMPLE,
        BAD_EMAIL, BAD_NAME, BAD_PASSWORD, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def sign_up_person(
    data: Annotated[SignUpRequest, BodyKwarg(examples=[Example(value=SIGN_UP_EXAMPLE)])],
    request: Request[Any, Any, Any],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Accepted:
    """Opens an account and mails a link to confirm the address. One may sign in at once; some things wait for the
    confirmation. Whoever has an account with this address already is told so by mail, and only there."""
    wanted = await sign_up.prepare(accounts, data.email, data.name, data.password, address_of(request))

    async def work(session: Session) -> Accepted:
        await sign_up.finish(session, accounts, wanted)
        return Accepted(MAIL_IS_ON_ITS_WAY)

    return await one_shot.run(work)


@post(
    "/email-confirmations",
    status_code=204,
    operation_id="confirmAddress",
    tags=[TAG],
    summary="Confirm an address",
    opt=needs(Permission.SIGN_IN),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=nothing("The address is confirmed, or changed.", BAD_LINK, EMAIL_TAKEN, NOT_FOUND, *WRITE_PROBLEMS),
)
async def confirm_address(
    data: Annotated[LinkOpened, BodyKwarg(examples=[Example(value=LINK_EXAMPLE)])],
    request: Request[Any, Any, Any],
    idempotent: NamedDependency[Idempotent],
) -> Response[None]:
    """Takes the `token` of a mailed link: the address of a new account is confirmed, or an account changes to its new
    address. Nobody needs to be signed in."""

    async def work(session: Session) -> Reply:
        await sign_up.confirm(session, data.token, address_of(request))
        return Reply(204, None)

    return await idempotent.run(work)


@post(
    "/me/email/confirmation-mails",
    status_code=202,
    operation_id="mailConfirmationAgain",
    tags=[TAG],
    summary="Mail the confirmation again",
    opt=needs(Permission.CREDENTIALS),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        202, Accepted, "A new mail, unless the address is confirmed.", ACCEPTED_EXAMPLE,
        RATE_LIMITED, NOT_FOUND, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def mail_again(
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    idempotent: NamedDependency[Idempotent],
) -> Response[Accepted]:
    """Mails another link to confirm the address; links mailed before are good for nothing any more."""

    async def work(session: Session) -> Reply:
        await sign_up.mail_again(session, accounts, visitor.person)
        return Reply(202, Accepted(MAIL_IS_ON_ITS_WAY))

    return await idempotent.run(work, *await sign_up.mailing_again(accounts, visitor.person))
