"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and ten recovery codes for when it is lost.

The shared secret of TOTP is sealed, because codes are computed from it; recovery codes are hashed.
"""

from __future__ import annotations

import hmac
import io
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
import segno
from sqlalchemy import BigInteger, ForeignKey, Index, Uuid, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import audit, emails, people, sessions
from veza.accounts.audit import Act
from veza.accounts.emails import Addressee
from veza.kit.database import Base, Session, table_of
from veza.kit.messages import gettext
from veza.kit.secret import digest

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A phone's clock may be this many steps off (RFC 6238, section 5.2, recommends one)."""
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4
ISSUER = "Veza"


class SecondFactor(Base):
    """`confirmed_at` is null until the app has given a first right code; no step up to `last_step` counts again.

    `secret` is sealed (`secret_box`).
    """

    __tablename__ = "second_factors"

    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"), primary_key=True)
    secret: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One recovery code; `used_at` is null until it was used."""

    __tablename__ = "recovery_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"))
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


Index("uq_recovery_codes_person_id_code_hash", RecoveryCode.person_id, RecoveryCode.code_hash, unique=True)


class CodeNeeded(Exception):
    """The password is right, and a code is needed as well."""

    def __init__(self) -> None:
        super().__init__(gettext("a code of your authenticator app, or a recovery code, is needed as well"))


class WrongCode(Exception):
    """The code does not fit, or was used before."""

    def __init__(self) -> None:
        super().__init__(gettext("this code is wrong or was used already: wait for the next one"))


class CodeReused(WrongCode):
    """The code fits and was used before: a thief may have read it. The answer is that of a wrong one."""


class AlreadyOn(Exception):
    """There is a second factor; it has to be turned off first."""

    def __init__(self) -> None:
        super().__init__(gettext("the second factor is on already: turn it off before setting up another app"))


class NotOn(Exception):
    """There is no second factor, or none that waits to be confirmed."""

    def __init__(self) -> None:
        super().__init__(gettext("there is no second factor: set one up first"))


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What an authenticator app needs: the secret to type, the URI, and a QR code of it as SVG."""

    secret: str
    uri: str
    qr_svg: str


async def set_up(session: Session, person_id: UUID) -> Provisioning:
    """Make a secret that waits for its first right code; one that waited before is replaced.

    Raises AlreadyOn, NotConfirmed (an unconfirmed address may be a stranger's).
    """
    person = await people.lock(session, person_id)
    if not person.is_confirmed:
        raise people.NotConfirmed
    row = await session.get(SecondFactor, person_id)
    if row is not None and row.confirmed_at is not None:
        raise AlreadyOn
    secret = pyotp.random_base32()
    sealed = session.box.seal(secret)
    if row is None:
        session.add(SecondFactor(person_id=person_id, secret=sealed, created_at=session.now, last_step=0))
    else:
        row.secret, row.created_at, row.last_step = sealed, session.now, 0
    await session.flush()
    return provisioning(secret, person.email or "")


def provisioning(secret: str, email: str) -> Provisioning:
    """What an authenticator app needs to take over a secret, in base32."""
    uri = pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)
    return Provisioning(secret, uri, _qr(uri))


async def confirm(
    session: Session, person_id: UUID, code: str, address: str, *, session_id: UUID | None = None
) -> list[str]:
    """Turn it on with a first right code, which counts for the session `session_id`; returns the recovery codes.

    Raises NotOn, AlreadyOn, WrongCode.
    """
    row = await _locked(session, person_id)
    if row is None:
        raise NotOn
    if row.confirmed_at is not None:
        raise AlreadyOn
    _take_step(session, row, code)
    row.confirmed_at = session.now
    await session.flush()
    if session_id is not None:
        await sessions.code_given(session, session_id)
    audit.note(session, Act.SECOND_FACTOR_ON, person_id, address=address)
    return await _new_recovery_codes(session, person_id)


async def is_on(session: Session, person_id: UUID) -> bool:
    mine = select(SecondFactor.person_id).where(
        SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_not(None)
    )
    return (await session.execute(mine)).first() is not None


async def recovery_codes_left(session: Session, person_id: UUID) -> int:
    mine = (
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    )
    return int((await session.execute(mine)).scalar_one())


async def demand(session: Session, person_id: UUID, code: str | None, address: str) -> bool:
    """Pass if the person has no second factor, or if the code is right and unused; uses the code up.

    Returns whether a code was given and used. Raises CodeNeeded without one, WrongCode for one that does not fit,
    CodeReused for one that did.
    """
    row = await _locked(session, person_id)
    if row is None or row.confirmed_at is None:
        return False
    if not code:
        raise CodeNeeded
    given = "".join(code.split()).lower()
    if given.isdecimal() and given.isascii():
        _take_step(session, row, given)
        await session.flush()
        return True
    mine = (RecoveryCode.person_id == person_id, RecoveryCode.code_hash == _code_hash(person_id, given))
    unused = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None))
    if (await session.execute(unused.values(used_at=session.now).returning(RecoveryCode.id))).first() is None:
        was_used = (await session.execute(select(RecoveryCode.id).where(*mine))).first() is not None
        raise CodeReused if was_used else WrongCode
    audit.note(session, Act.RECOVERY_CODE_USED, person_id, address=address)
    return True


async def turn_off(session: Session, person_id: UUID, address: str) -> None:
    """For a person who has just reauthenticated (`reauthentication`); raises NotOn."""
    if not await is_on(session, person_id):
        raise NotOn
    await forget(session, person_id)
    audit.note(session, Act.SECOND_FACTOR_OFF, person_id, address=address)


async def renew_recovery_codes(session: Session, person_id: UUID, address: str) -> list[str]:
    """Make ten new codes; the old ones become invalid. For a person who has just reauthenticated.

    Raises NotOn.
    """
    if not await is_on(session, person_id):
        raise NotOn
    audit.note(session, Act.RECOVERY_CODES_MADE, person_id, address=address)
    return await _new_recovery_codes(session, person_id)


async def tell(session: Session, base_url: str, person_id: UUID, *, is_on: bool) -> None:
    """A mail to the person: it was turned on, or off."""
    person = await people.find(session, person_id)
    if person.email is not None:
        to = Addressee(person.id, person.email, person.language)
        emails.second_factor_changed(session, base_url, to, is_on=is_on)


async def forget(session: Session, person_id: UUID) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    await session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    await sessions.codes_count_no_more(session, person_id)


async def _locked(session: Session, person_id: UUID) -> SecondFactor | None:
    return await session.get(SecondFactor, person_id, with_for_update=True, populate_existing=True)


def _take_step(session: Session, row: SecondFactor, code: str) -> None:
    """Use up the step `code` belongs to; raises WrongCode, and CodeReused for a used one (RFC 6238, 5.2)."""
    totp = pyotp.TOTP(session.box.open(row.secret), interval=STEP_SECONDS)
    current = int(session.now.timestamp()) // STEP_SECONDS
    given = "".join(code.split())
    steps = range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1)
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode())]
    if not fitting:
        raise WrongCode
    unused = [step for step in fitting if step > row.last_step]
    if not unused:
        raise CodeReused
    row.last_step = unused[0]


async def _new_recovery_codes(session: Session, person_id: UUID) -> list[str]:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    rows = [
        {"id": session.new_id(), "person_id": person_id, "code_hash": _code_hash(person_id, code), "used_at": None}
        for code in codes
    ]
    await session.execute(insert(table_of(RecoveryCode)), rows)
    return codes


def _recovery_code() -> str:
    """79 random bits in four groups, from letters and digits that are not mistaken for each other."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def _code_hash(person_id: UUID, code: str) -> str:
    return digest(f"{person_id} {code.replace('-', '')}")


def _qr(uri: str) -> str:
    image = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(image, kind="svg", scale=5, xmldecl=False, light="#fff")
    return image.getvalue().decode().strip()
