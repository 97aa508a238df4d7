"""One's own second factor: set up an authenticator app, confirm it, recovery codes, turn it off."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import emails, people, reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.limits import CODE_AGAIN
from veza.accounts.second_factor import Provisioning
from veza.api.accounts.problems import NO_SECOND_FACTOR, NOT_CONFIRMED, PROOF_PROBLEMS, SECOND_FACTOR_ON, WRONG_CODE
from veza.api.accounts.shapes import PROOF_EXAMPLE, Code, ProofGiven, nothing
from veza.api.one_shot import DONE_ALREADY, ONE_SHOT_DEPENDENCY, OneShot
from veza.api.problems import NOT_FOUND, RATE_LIMITED
from veza.api.shapes import WRITE_PROBLEMS, answers, show
from veza.api.visitors import Visitor
from veza.http.limits import address_of
from veza.kit import limits
from veza.kit.database import Session
from veza.kit.limits import Allowance

TAG = "second factor"


class SecondFactorResponse(Struct, frozen=True):
    """Whether signing in takes a code, and how many recovery codes are left."""

    is_on: bool
    recovery_codes_left: int


class SecondFactorBegun(Struct, frozen=True):
    """What an authenticator app needs: the secret to type, the `otpauth` address, and a QR code of it as SVG."""

    secret: str
    uri: str
    qr_svg: str


class FirstCode(Struct, forbid_unknown_fields=True):
    """The code the app shows now."""

    code: Code


class RecoveryCodes(Struct, frozen=True):
    """Ten codes, each for one sign-in without the app. They are shown this once."""

    recovery_codes: list[str]


CODES_EXAMPLE = {"recovery_codes": ["abcd-efgh-jkmn-pqrs"]}
BEGUN_EXAMPLE = {
    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "uri": "otpauth://totp/Veza:anna%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Veza",
    "qr_svg": "<svg…</svg>",
}
NO_STORE = {"Cache-Control": "no-store"}


@get(
    "/me/second-factor",
    operation_id="showSecondFactor",
    tags=[TAG],
    summary="Show one's second factor",
    responses=answers(200, SecondFactorResponse, "Its state.", {"is_on": True, "recovery_codes_left": 10}),
)
async def show_second_factor(
    visitor: NamedDependency[Visitor], accounts: NamedDependency[Accounts]
) -> SecondFactorResponse:
    """Whether signing in takes a code of an authenticator app, and how many recovery codes were not used yet."""
    async with accounts.database.read() as session:
        return SecondFactorResponse(
            await second_factor.is_on(session, visitor.person),
            await second_factor.recovery_codes_left(session, visitor.person),
        )


@post(
    "/me/second-factor",
    operation_id="beginSecondFactor",
    tags=[TAG],
    summary="Set up a second factor",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201, SecondFactorBegun, "What the app needs; nothing is on yet.", BEGUN_EXAMPLE,
        *PROOF_PROBLEMS, SECOND_FACTOR_ON, NOT_CONFIRMED, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def begin_second_factor(
    data: Annotated[ProofGiven, BodyKwarg(examples=[Example(value=PROOF_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[SecondFactorBegun]:
    """Makes a secret for an authenticator app. It is on once a first code is confirmed
    (`/me/second-factor/confirmation`); until then another call replaces the secret."""
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address_of(request)) as proof:

        async def work(session: Session) -> Provisioning:
            made = await second_factor.set_up(session, visitor.person)
            await reauthentication.demand(session, proof)
            return made

        made = await one_shot.run(work)
    return Response(show(SecondFactorBegun, made), status_code=201, headers=NO_STORE)


@post(
    "/me/second-factor/confirmation",
    operation_id="confirmSecondFactor",
    tags=[TAG],
    summary="Turn the second factor on",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201, RecoveryCodes, "It is on; keep these codes.", CODES_EXAMPLE,
        WRONG_CODE, SECOND_FACTOR_ON, NO_SECOND_FACTOR, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def confirm_second_factor(
    data: Annotated[FirstCode, BodyKwarg(examples=[Example(value={"code": "123456"})])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[RecoveryCodes]:
    """Turns the second factor on with a first code of the app, and gives ten recovery codes, shown this once."""
    spent = await _spend(accounts, visitor)

    async def work(session: Session) -> RecoveryCodes:
        codes = await second_factor.confirm(
            session, visitor.person, data.code, address_of(request), session_id=visitor.session_id
        )
        await limits.restore(session, spent)
        await _tell(session, accounts, visitor, is_on=True)
        return RecoveryCodes(codes)

    return Response(await one_shot.run(work), status_code=201, headers=NO_STORE)


@post(
    "/me/second-factor/recovery-codes",
    operation_id="renewRecoveryCodes",
    tags=[TAG],
    summary="Make new recovery codes",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=answers(
        201, RecoveryCodes, "The new codes; the old ones are void.", CODES_EXAMPLE,
        *PROOF_PROBLEMS, NO_SECOND_FACTOR, NOT_FOUND, RATE_LIMITED, DONE_ALREADY, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def renew_recovery_codes(
    data: Annotated[ProofGiven, BodyKwarg(examples=[Example(value=PROOF_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[RecoveryCodes]:
    """Ten new recovery codes, shown this once; those given before work no more."""
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> RecoveryCodes:
            await reauthentication.demand(session, proof)
            return RecoveryCodes(await second_factor.renew_recovery_codes(session, visitor.person, address))

        return Response(await one_shot.run(work), status_code=201, headers=NO_STORE)


@delete(
    "/me/second-factor",
    operation_id="endSecondFactor",
    tags=[TAG],
    summary="Turn the second factor off",
    dependencies=ONE_SHOT_DEPENDENCY,
    responses=nothing(
        "Signing in takes the password only.",
        *PROOF_PROBLEMS,
        NO_SECOND_FACTOR,
        NOT_FOUND,
        RATE_LIMITED,
        DONE_ALREADY,
        *WRITE_PROBLEMS,
    ),
)
async def end_second_factor(
    data: Annotated[ProofGiven, BodyKwarg(examples=[Example(value=PROOF_EXAMPLE)])],
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Visitor],
    accounts: NamedDependency[Accounts],
    one_shot: NamedDependency[OneShot],
) -> Response[None]:
    """Turns it off, with the password and a code; a recovery code will do when the app is lost. A mail says so."""
    address = address_of(request)
    async with reauthentication.given(accounts, visitor.person, data.password, data.code, address) as proof:

        async def work(session: Session) -> None:
            await reauthentication.demand(session, proof)
            await second_factor.turn_off(session, visitor.person, address)
            await _tell(session, accounts, visitor, is_on=False)

        await one_shot.run(work)
    return Response(None, status_code=204)


async def _spend(accounts: Accounts, visitor: Visitor) -> Allowance:
    """One try of a first code; raises RateLimited."""
    code = CODE_AGAIN.of(visitor.person)
    await limits.spend_now(accounts.database, visitor.actor, code)
    return code


async def _tell(session: Session, accounts: Accounts, visitor: Visitor, *, is_on: bool) -> None:
    email = (await people.find(session, visitor.person)).email
    if email is not None:
        emails.second_factor_changed(session, accounts.rules.base_url, visitor.person, email, is_on=is_on)
