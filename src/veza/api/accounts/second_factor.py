"""One's own second factor: set up an authenticator app, confirm it, recovery codes, turn it off."""

from __future__ import annotations

from msgspec import Struct

from veza.accounts import reauthentication, second_factor
from veza.accounts.facade import Accounts
from veza.accounts.identity import Identity
from veza.accounts.limits import CODE_AGAIN
from veza.accounts.permissions import Permission
from veza.api.accounts.shapes import PROOF_EXAMPLE, Code, Reauthenticated
from veza.api.operations import one_shot, read
from veza.api.shapes import show
from veza.http.endpoints import Address
from veza.http.errors.accounts import NO_SECOND_FACTOR, NOT_CONFIRMED, SECOND_FACTOR_ON, WRONG_CODE
from veza.http.one_shot import OneShot
from veza.http.problems import NOT_FOUND, RATE_LIMITED
from veza.kit import limits
from veza.kit.database import Session

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


@read(
    "/me/second-factor",
    operation="showSecondFactor",
    summary="Show one's second factor",
    permission=Permission.CREDENTIALS,
    gives=(SecondFactorResponse, "Its state.", {"is_on": True, "recovery_codes_left": 10}),
)
async def show_second_factor(session: Session, identity: Identity) -> SecondFactorResponse:
    """Whether signing in takes a code of an authenticator app, and how many recovery codes were not used yet."""
    return SecondFactorResponse(
        await second_factor.is_on(session, identity.person),
        await second_factor.recovery_codes_left(session, identity.person),
    )


@one_shot.post(
    "/me/second-factor",
    operation="beginSecondFactor",
    summary="Set up a second factor",
    permission=Permission.CREDENTIALS,
    body=PROOF_EXAMPLE,
    gives=(201, SecondFactorBegun, "What the app needs; nothing is on yet.", BEGUN_EXAMPLE),
    problems=(SECOND_FACTOR_ON, NOT_CONFIRMED),
)
async def begin_second_factor(session: Session, identity: Identity, proof: Reauthenticated) -> SecondFactorBegun:
    """Makes a secret for an authenticator app. It is on once a first code is confirmed
    (`/me/second-factor/confirmation`); until then another call replaces the secret."""
    made = await second_factor.set_up(session, identity.person)
    await reauthentication.demand(session, proof)
    return show(SecondFactorBegun, made)


@one_shot.post(
    "/me/second-factor/confirmation",
    operation="confirmSecondFactor",
    summary="Turn the second factor on",
    permission=Permission.CREDENTIALS,
    body={"code": "123456"},
    gives=(201, RecoveryCodes, "It is on; keep these codes.", CODES_EXAMPLE),
    problems=(WRONG_CODE, SECOND_FACTOR_ON, NO_SECOND_FACTOR, NOT_FOUND, RATE_LIMITED),
)
async def confirm_second_factor(
    data: FirstCode, identity: Identity, accounts: Accounts, one_shot: OneShot, address: Address
) -> RecoveryCodes:
    """Turns the second factor on with a first code of the app, and gives ten recovery codes, shown this once."""
    tried = CODE_AGAIN.of(identity.person)
    await limits.spend_now(accounts.database, identity.actor, tried)

    async def work(session: Session) -> RecoveryCodes:
        this = identity.session_id
        codes = await second_factor.confirm(session, identity.person, data.code, address, session_id=this)
        await limits.restore(session, tried)
        await second_factor.tell(session, accounts.rules.base_url, identity.person, is_on=True)
        return RecoveryCodes(codes)

    return await one_shot.run(work)


@one_shot.post(
    "/me/second-factor/recovery-codes",
    operation="renewRecoveryCodes",
    summary="Make new recovery codes",
    permission=Permission.CREDENTIALS,
    body=PROOF_EXAMPLE,
    gives=(201, RecoveryCodes, "The new codes; the old ones are void.", CODES_EXAMPLE),
    problems=(NO_SECOND_FACTOR,),
)
async def renew_recovery_codes(
    session: Session, identity: Identity, proof: Reauthenticated, address: Address
) -> RecoveryCodes:
    """Ten new recovery codes, shown this once; those given before work no more."""
    await reauthentication.demand(session, proof)
    return RecoveryCodes(await second_factor.renew_recovery_codes(session, identity.person, address))


@one_shot.delete(
    "/me/second-factor",
    operation="endSecondFactor",
    summary="Turn the second factor off",
    permission=Permission.CREDENTIALS,
    body=PROOF_EXAMPLE,
    gives=(204, None, "Signing in takes the password only."),
    problems=(NO_SECOND_FACTOR,),
)
async def end_second_factor(
    session: Session, identity: Identity, proof: Reauthenticated, accounts: Accounts, address: Address
) -> None:
    """Turns it off, with the password and a code; a recovery code will do when the app is lost. A mail says so."""
    await reauthentication.demand(session, proof)
    await second_factor.turn_off(session, identity.person, address)
    await second_factor.tell(session, accounts.rules.base_url, identity.person, is_on=False)
