"""A forgotten password: ask for a link, and set a new one with it."""

from __future__ import annotations

from litestar import Response
from msgspec import Struct

from veza.accounts import credentials, people
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import ACCEPTED_EXAMPLE, MAIL_IS_ON_ITS_WAY, Accepted, Email, Password, Secret
from veza.api.accounts.sign_up import LINK_EXAMPLE
from veza.api.operations import one_shot, write
from veza.http.endpoints import Address
from veza.http.errors.accounts import BAD_EMAIL, BAD_LINK, BAD_PASSWORD
from veza.http.one_shot import OneShot
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.http.requests import DoorRequest
from veza.http.session_cookies import Cookies
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


@write.post(
    "/password-resets",
    operation="forgotPassword",
    summary="Ask for a new password",
    permission=Permission.SIGN_IN,
    body={"email": "anna@example.org"},
    gives=(202, Accepted, "The same for every address.", ACCEPTED_EXAMPLE),
    spends=lambda address: (credentials.asking(address),),
    problems=(BAD_EMAIL,),
)
async def forgot_password(session: Session, data: PasswordForgotten, address: Address) -> Accepted:
    """Mails a link to set a new password, when there is such an account; the answer and its duration do not tell."""
    email = people.clean_email(data.email)
    await credentials.forgot(session, email, address)
    return Accepted(MAIL_IS_ON_ITS_WAY)


@one_shot.post(
    "/password-resets/complete",
    operation="resetPassword",
    summary="Set a new password",
    permission=Permission.SIGN_IN,
    body=RESET_EXAMPLE,
    gives=(204, None, "The password is set; sign in with it."),
    problems=(BAD_LINK, BAD_PASSWORD, RATE_LIMITED, NOT_FOUND),
)
async def reset_password(
    data: PasswordReset,
    request: DoorRequest,
    accounts: Accounts,
    cookie_jar: Cookies,
    one_shot: OneShot,
    address: Address,
) -> Response[None]:
    """Takes the `token` of the mailed link. Every session of the account ends and every API token is revoked, a mail
    says so; its address counts as confirmed, and this device is known from now on, so that failures of others do not
    keep it from signing in."""
    hashed = await credentials.prepare_reset(accounts, data.token, data.password, address)
    person_id = await one_shot.run(lambda session: credentials.reset(session, accounts, data.token, hashed, address))
    response: Response[None] = Response(None, status_code=204)
    before = cookie_jar.browser(request).device_cookie
    cookie_jar.known_device(request, response, accounts.devices.reached_by_mail(before, person_id))
    return response
