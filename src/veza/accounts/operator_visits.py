"""The operator's visits to the pages: one row while a browser is signed in, so that signing out ends it everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Index, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts.secret import digest
from veza.kit.database import Base, Session, table_of


class OperatorVisit(Base):
    """One browser that gave the operator token; `secret_hash` is of what its cookie holds."""

    __tablename__ = "operator_visits"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


Index("ix_operator_visits_expires_at", OperatorVisit.expires_at)


async def begin(session: Session, secret: str, lasts: timedelta) -> None:
    """Sign the browser with this cookie in."""
    row = {"secret_hash": digest(secret), "created_at": session.now, "expires_at": session.now + lasts}
    await session.execute(insert(table_of(OperatorVisit)).values(row))


async def is_open(session: Session, secret: str) -> bool:
    """Whether the browser with this cookie is signed in."""
    mine = select(OperatorVisit.secret_hash).where(
        OperatorVisit.secret_hash == digest(secret), OperatorVisit.expires_at > session.now
    )
    return (await session.execute(mine)).first() is not None


async def end(session: Session, secret: str) -> None:
    """Make every copy of this cookie invalid."""
    await session.execute(delete(OperatorVisit).where(OperatorVisit.secret_hash == digest(secret)))
