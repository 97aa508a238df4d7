"""A forgotten password: ask for a link, and set a new one with it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import credentials, people
from veza.accounts.facade import Accounts
from veza.api.accounts.cookies import Cookies
from veza.api.accounts.problems import BAD_EMAIL, BAD_LINK, BAD_PASSWORD
from veza.api.accounts.shapes import ACCEPTED_EXAMPLE, MAIL_IS_ON_ITS_WAY, Accepted, Email, Password, Secret, nothing
from veza.api.accounts.sign_up import LINK_EXAMPLE
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.http.limits import address_of
from veza.kit.database import Session

TAG = "sign-in"


class PasswordForgotten(Struct, forbid_unknown_fields=True):
    """Whose password is forgotten."""

    email: Email


class PasswordReset(Struct, forbid_unknown_fields=True):
    """The secret of the mailed link, and the new password."""

    token: Secret
    password: Password


RESET_EXAMPLE = {**LINK_EXAMPLE, "password": "a ferry full of harps"}


@post(
    "/password-resets",
    status_code=202,
    operation_id="forgotPassword",
    tags=[TAG],
    summary="Ask for a new password",
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        202, Accepted, "The same for every address.", ACCEPTED_EXAMPLE, BAD_EMAIL, RATE_LIMITED, *WRITE_PROBLEMS
    ),
)
async def forgot_password(
    data: Annotated[PasswordForgotten, BodyKwarg(examples=[Example(value={"email": "anna@example.org"})])],
    request: Request[Any, Any, Any],
    idempotent: NamedDependency[Idempotent],
) -> Response[Accepted]:
    """Mails a link to set a new password, when there is such an account; the answer and its duration do not tell."""
    email, address = people.clean_email(data.email), address_of(request)

    async def work(session: Session) -> Reply:
        await credentials.forgot(session, email, address)
        return Reply(202, Accepted(MAIL_IS_ON_ITS_WAY))

    return await idempotent.run(work, credentials.asking(address))


@post(
    "/password-resets/complete",
    status_code=204,
    operation_id="resetPassword",
    tags=[TAG],
    summary="Set a new password",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=nothing(
        "The password is set; sign in with it.",
        BAD_LINK,
        BAD_PASSWORD,
        RATE_LIMITED,
        NOT_FOUND,
        DONE_ALREADY,
        *WRITE_PROBLEMS,
    ),
)
async def reset_password(
    data: Annotated[PasswordReset, BodyKwarg(examples=[Example(value=RESET_EXAMPLE)])],
    request: Request[Any, Any, Any],
    accounts: NamedDependency[Accounts],
    cookie_jar: NamedDependency[Cookies],
    one_shot: NamedDependency[OneShot],
) -> Response[None]:
    """Takes the `token` of the mailed link. Every session of the account ends and every API token is revoked, a mail
    says so; its address counts as confirmed, and this device is known from now on, so that nobody's failures keep it
    from signing in."""
    hashed = await credentials.prepare_reset(accounts, data.token, data.password, address_of(request))

    async def work(session: Session) -> UUID:
        return await credentials.reset(session, accounts, data.token, hashed, address_of(request))

    person_id = await one_shot.run(work)
    response: Response[None] = Response(None, status_code=204)
    before = cookie_jar.browser(request).device_cookie
    cookie_jar.known_device(request, response, accounts.devices.reached_by_mail(before, person_id))
    return response
