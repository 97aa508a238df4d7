"""Signing in, signing out, and who one is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import audit, sessions, sign_in
from veza.accounts.audit import Act
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Role
from veza.accounts.sign_in import Begun
from veza.api.accounts.cookies import Cookies
from veza.api.accounts.problems import CODE_NEEDED, WRONG_CODE, WRONG_CREDENTIALS
from veza.api.accounts.shapes import PERSON_ID, Code, Email, Password, nothing
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers
from veza.api.visitors import Visitor
from veza.http.limits import address_of
from veza.kit.database import Session

TAG = "sign-in"


class SignInRequest(Struct, forbid_unknown_fields=True):
    """Address and password; `code` where the account has a second factor."""

    email: Email
    password: Password
    code: Code | None = None


class WhoAmI(Struct, frozen=True):
    """Who asks: nobody we know when `person_id` is null and the roles say visitor. `withheld_roles` count once they
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


@post(
    "/session",
    operation_id="signIn",
    tags=[TAG],
    summary="Sign in",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201, SignedIn, "Signed in; the cookie is the session.", {"person_id": PERSON_ID},
        WRONG_CREDENTIALS, CODE_NEEDED, WRONG_CODE, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def sign_in_person(
    data: Annotated[SignInRequest, BodyKwarg(examples=[Example(value=SIGN_IN_EXAMPLE)])],
    request: Request[Any, Any, Any],
    accounts: NamedDependency[Accounts],
    cookie_jar: NamedDependency[Cookies],
    one_shot: NamedDependency[OneShot],
) -> Response[SignedIn]:
    """Begins a session and sets its cookie; one the browser had before ends. Answers the same, and takes as long,
    whether there is such an account or not. After too many failures it answers 429, which a device that signed in
    before does not notice when the failures are others'."""
    browser = cookie_jar.browser(request)
    async with sign_in.checked(accounts, data.email, data.password, data.code, browser) as checked:

        async def work(session: Session) -> Begun:
            before = cookie_jar.session(request)
            return await sign_in.begin(session, accounts, checked, browser, instead_of=before)

        begun = await one_shot.run(work)
    response = Response(SignedIn(checked.person_id), status_code=201, headers={"Cache-Control": "no-store"})
    cookie_jar.signed_in(request, response, begun)
    return response


@get(
    "/session",
    operation_id="whoAmI",
    tags=[TAG],
    summary="Who am I",
    responses=answers(200, WhoAmI, "Who asks.", WHO_EXAMPLE),
)
async def who_am_i(visitor: NamedDependency[Visitor]) -> WhoAmI:
    """Who is signed in here, with which roles; nobody is an answer, too."""
    order = list(Role).index
    roles, withheld = sorted(visitor.roles, key=order), sorted(visitor.withheld, key=order)
    return WhoAmI(visitor.person_id, roles, visitor.is_confirmed, withheld)


@delete(
    "/session",
    operation_id="signOut",
    tags=[TAG],
    summary="Sign out",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=nothing("Nobody is signed in here any more.", DONE_ALREADY, *WRITE_PROBLEMS),
)
async def sign_out(
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    cookie_jar: NamedDependency[Cookies],
    one_shot: NamedDependency[OneShot],
) -> Response[None]:
    """Ends this session and lets the browser forget it. Whoever is not signed in gets the same answer."""

    async def work(session: Session) -> None:
        secret = cookie_jar.session(request)
        if secret is None or visitor.session_id is None:
            return
        await sessions.end_secret(session, secret)
        audit.note(session, Act.SIGNED_OUT, visitor.person, address=address_of(request))

    await one_shot.run(work)
    response: Response[None] = Response(None, status_code=204)
    cookie_jar.signed_out(request, response)
    return response
