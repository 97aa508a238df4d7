"""Signing in, signing out, and who one is."""

from __future__ import annotations

from uuid import UUID

from litestar import Response
from msgspec import Struct

from veza.accounts import audit, sessions, sign_in
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission, Role
from veza.api.accounts.shapes import PERSON_ID, Code, Email, Password
from veza.api.operations import one_shot, read
from veza.http.endpoints import Address
from veza.http.errors.accounts import ACCOUNT_SUSPENDED, CODE_NEEDED, WRONG_CODE, WRONG_CREDENTIALS
from veza.http.one_shot import OneShot
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.http.requests import DoorRequest
from veza.http.session_cookies import Cookies
from veza.kit.database import Session

TAG = "sign-in"


class SignInRequest(Struct, forbid_unknown_fields=True):
    """Address and password; `code` where the account has a second factor."""

    email: Email
    password: Password
    code: Code | None = None


class WhoAmI(Struct, frozen=True):
    """Who asks: a visitor when `person_id` is null. `withheld_roles` count once they
    have signed in with a second factor."""

    person_id: UUID | None
    roles: list[Role]
    is_confirmed: bool
    withheld_roles: list[Role]


class SignedIn(Struct, frozen=True):
    """Who has signed in; the session itself is in the cookie."""

    person_id: UUID


SIGN_IN_EXAMPLE = {"email": "anna@example.org", "password": "a tram full of cellos", "code": "123456"}
WHO_EXAMPLE = {"person_id": PERSON_ID, "roles": ["listener", "artist"], "is_confirmed": True, "withheld_roles": []}


@one_shot.post(
    "/session",
    operation="signIn",
    summary="Sign in",
    permission=Permission.SIGN_IN,
    body=SIGN_IN_EXAMPLE,
    gives=(201, SignedIn, "Signed in; the cookie is the session.", {"person_id": PERSON_ID}),
    problems=(WRONG_CREDENTIALS, CODE_NEEDED, WRONG_CODE, ACCOUNT_SUSPENDED, NOT_FOUND, RATE_LIMITED),
)
async def sign_in_person(
    data: SignInRequest, request: DoorRequest, accounts: Accounts, cookie_jar: Cookies, one_shot: OneShot
) -> Response[SignedIn]:
    """Begins a session and sets its cookie; one the browser had before ends. Answers the same, and takes as long,
    whether there is such an account or not. After too many failures it answers 429, which a device that signed in
    before does not notice when the failures are others'."""
    browser, before = cookie_jar.browser(request), cookie_jar.session(request)
    async with sign_in.checked(accounts, data.email, data.password, data.code, browser) as checked:
        begun = await one_shot.run(
            lambda session: sign_in.begin(session, accounts, checked, browser, instead_of=before)
        )
    response = Response(SignedIn(checked.person_id), status_code=201)
    cookie_jar.signed_in(request, response, begun)
    return response


@read(
    "/session",
    operation="whoAmI",
    summary="Who am I",
    permission=Permission.SIGN_IN,
    gives=(WhoAmI, "Who asks.", WHO_EXAMPLE),
)
async def who_am_i(identity: Identity) -> WhoAmI:
    """Who is signed in here, with which roles; a visitor is told so."""
    order = list(Role).index
    roles, withheld = sorted(identity.roles, key=order), sorted(identity.withheld, key=order)
    return WhoAmI(identity.person_id, roles, identity.is_confirmed, withheld)


@one_shot.delete(
    "/session",
    operation="signOut",
    summary="Sign out",
    permission=Permission.SIGN_IN,
    gives=(204, None, "This browser is signed out."),
)
async def sign_out(
    session: Session, request: DoorRequest, identity: Identity, cookie_jar: Cookies, address: Address
) -> Response[None]:
    """Ends this session and lets the browser forget it. A visitor gets the same answer."""
    secret = cookie_jar.session(request)
    if secret is not None and identity.session_id is not None:
        await sessions.end_secret(session, secret)
        audit.note(session, Act.SIGNED_OUT, identity.person, address=address)
    return cookie_jar.signed_out(request)
