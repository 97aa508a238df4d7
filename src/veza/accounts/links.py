"""One-time links: a secret sent by mail (or printed at the first start) that allows one thing, once, for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.messages import gettext
from veza.kit.secret import digest, new_secret


class Purpose(StrEnum):
    """What a link allows."""

    CONFIRM = "confirm"
    CHANGE_EMAIL = "change"
    RESET = "reset"
    ADMIN = "admin"
    RECOVERY = "recovery"
    PROOF = "proof"


LASTS: dict[Purpose, timedelta] = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.RESET: timedelta(hours=1),
    Purpose.ADMIN: timedelta(days=1),
    Purpose.RECOVERY: timedelta(minutes=15),
    Purpose.PROOF: timedelta(minutes=5),
}


class Link(Base):
    """An unused link; `email` is the address it was sent to, `person_id` the person it is about."""

    __tablename__ = "links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("people.id"))
    email: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


Index("ix_links_person_id", Link.person_id)
Index("ix_links_expires_at", Link.expires_at)


class BadLink(Exception):
    """The link was used, has expired, was replaced by a newer one, or never was."""

    def __init__(self) -> None:
        super().__init__(
            gettext("this link was used already, is too old, or was replaced by a newer one: ask for a new one")
        )


def make(session: Session, purpose: Purpose, person_id: UUID | None, email: str | None = None) -> str:
    """A new link; returns its secret, of which only the hash is stored."""
    secret = new_secret()
    session.add(
        Link(
            id=session.new_id(),
            secret_hash=digest(secret),
            purpose=purpose.value,
            person_id=person_id,
            email=email,
            created_at=session.now,
            expires_at=session.now + LASTS[purpose],
        )
    )
    return secret


async def look(session: Session, secret: str, *purposes: Purpose) -> Link:
    """The link, if it is still good; raises BadLink."""
    return await _good(session, secret, purposes, locked=False)


async def use(session: Session, secret: str, *purposes: Purpose) -> Link:
    """Use the link up in this transaction; of two requests at once one gets BadLink."""
    link = await _good(session, secret, purposes, locked=True)
    await session.delete(link)
    await session.flush()
    return link


async def forget(session: Session, person_id: UUID, *purposes: Purpose) -> None:
    """Make the unused links of these purposes (of all, if none is named) invalid."""
    mine = delete(Link).where(Link.person_id == person_id)
    if purposes:
        mine = mine.where(Link.purpose.in_([purpose.value for purpose in purposes]))
    await session.execute(mine)


async def forget_admin_links(session: Session) -> None:
    await session.execute(delete(Link).where(Link.purpose == Purpose.ADMIN.value))


async def _good(session: Session, secret: str, purposes: tuple[Purpose, ...], *, locked: bool) -> Link:
    query = select(Link).where(Link.secret_hash == digest(secret))
    if locked:
        query = query.with_for_update()
    link = (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if link is None or link.purpose not in purposes or link.expires_at <= session.now:
        raise BadLink
    return link
