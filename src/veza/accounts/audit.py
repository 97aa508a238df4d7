"""The audit log: what happened to accounts and to who acts for artists, by whom, from where.

Rows are only added, and swept when old.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.identity import actor_of
from veza.kit.database import Base, Session
from veza.kit.listing import Slice, by_age


class Act(StrEnum):
    """The acts that the audit log keeps."""

    SIGNED_UP = "signed up"
    SIGN_UP_AGAIN = "sign-up with an address that has an account"
    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    EMAIL_CONFIRMED = "address confirmed"
    EMAIL_CHANGE_ASKED = "change of address asked"
    EMAIL_CHANGED = "address changed"
    PASSWORD_CHANGED = "password changed"
    PASSWORD_RESET_ASKED = "password reset asked"
    PASSWORD_RESET = "password reset"
    PASSWORD_WRONG = "wrong password given again"
    CODE_WRONG = "wrong code given again"
    CODE_REUSED = "used code given again"
    PROOF_GIVEN = "proof given afresh"
    SECOND_FACTOR_ON = "second factor on"
    SECOND_FACTOR_OFF = "second factor off"
    RECOVERY_CODES_MADE = "recovery codes made"
    RECOVERY_CODE_USED = "recovery code used"
    TOKEN_MADE = "token made"
    TOKEN_REVOKED = "token revoked"
    ROLE_GIVEN = "role given"
    ROLE_TAKEN = "role taken"
    MEMBER_ADDED = "added to an artist"
    MEMBER_CHANGED = "part in an artist changed"
    MEMBER_REMOVED = "removed from an artist"
    FEE_SET = "fee of an artist set"
    HEARD = "heard a track that is not theirs, as staff"
    EXPORTED = "data exported"
    CHAT_MUTED = "muted in a channel"
    CHAT_MUTE_LIFTED = "mute in a channel lifted"
    CHAT_BANNED = "banned from a channel"
    CHAT_BAN_LIFTED = "ban from a channel lifted"
    CHAT_MODERATOR_APPOINTED = "made moderator of a channel"
    CHAT_MODERATOR_DISMISSED = "moderator of a channel no longer"
    CHAT_SLOWED = "channel slowed down"
    CHAT_MESSAGE_HIDDEN = "message of a channel hidden"
    CHAT_MESSAGE_SHOWN = "message of a channel shown again"
    SUSPENDED = "account suspended"
    SUSPENSION_LIFTED = "suspension lifted"
    DELETED = "account deleted"


class AuditEntry(Base):
    """One act. `person_id` is the person whose account it is about, `address` the network address of the request; both
    may be unknown."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    act: Mapped[str]
    person_id: Mapped[UUID | None]
    actor: Mapped[str]
    address: Mapped[str | None]
    detail: Mapped[str]


Index("ix_audit_log_person_id_id", AuditEntry.person_id, AuditEntry.id)
Index("ix_audit_log_act_id", AuditEntry.act, AuditEntry.id)


def note(session: Session, act: Act, person_id: UUID | None, *, address: str | None = None, detail: str = "") -> None:
    """Add an entry in this transaction. `detail` never holds a secret, a name or an e-mail address."""
    row = {
        "id": session.new_id(),
        "at": session.now,
        "act": act.value,
        "person_id": person_id,
        "actor": session.actor,
        "address": address,
        "detail": detail,
    }
    session.append(AuditEntry, row)


SORTS = by_age(AuditEntry.id)


async def entries(
    session: Session, page: Slice, *, person_id: UUID | None = None, act: str | None = None
) -> Sequence[AuditEntry]:
    """Entries, filtered by act and by the person whose account they are about."""
    query = select(AuditEntry)
    if person_id is not None:
        query = query.where(AuditEntry.person_id == person_id)
    if act is not None:
        query = query.where(AuditEntry.act == act)
    return (await session.scalars(page.of(query))).all()


async def forget_addresses(session: Session, person_id: UUID) -> None:
    """Delete the network addresses from the person's entries, which stay."""
    theirs = or_(AuditEntry.person_id == person_id, AuditEntry.actor == actor_of(person_id))
    await session.execute(update(AuditEntry).where(theirs).values(address=None))
