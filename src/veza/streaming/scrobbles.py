"""Scrobbles: listens of people who want them in their ListenBrainz history, and the accounts there that they go to.

A row waits from the play on until it was sent, or may not be sent any more; the account's row is what a worker claims
(`scrobble_worker`). How an account is connected is in `listenbrainz_accounts`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Session
from veza.kit.insert_ignore import insert_ignore
from veza.kit.messages import Message, Packed, restored

ENOUGH = timedelta(minutes=4)
GIVEN_UP = timedelta(days=14)
"""After the hearing began: a server that is away for a holiday loses nothing."""
WAKE = "scrobbles"


class ListenBrainzAccount(Base):
    """Where a person's listens go: the user of `token` (sealed, `secret_box`) on the server at `api_url`.

    `due_at` is when listens are to be sent; null while none wait. `refused_at` is when the server knew the token no
    more: nothing is sent until the person connects again. `problem…` is why the last request failed; null once one
    did not.
    """

    __tablename__ = "listenbrainz_accounts"

    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("people.id"), primary_key=True)
    api_url: Mapped[str]
    token: Mapped[str]
    user_name: Mapped[str]
    connected_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    problem_id: Mapped[str | None]
    problem_fields: Mapped[Packed | None]
    due_at: Mapped[datetime | None]
    attempt: Mapped[int]
    tries: Mapped[int]

    __table_args__ = (Index(None, "due_at"),)

    @property
    def problem(self) -> Message | None:
        """Why the last request failed."""
        return None if self.problem_id is None else restored(self.problem_id, self.problem_fields)


class Scrobble(Base):
    """A hearing that is to be sent; it began at `listened_at`. `done_at` is null while it waits; the row stays for
    GIVEN_UP, so that a hearing that is told of again is not sent again."""

    __tablename__ = "scrobbles"

    hearing_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Uuid)
    track_id: Mapped[UUID]
    listened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "ix_scrobbles_waiting", "person_id", "listened_at",
            postgresql_where=text("done_at IS NULL"), sqlite_where=text("done_at IS NULL"),
        ),
        Index(None, "listened_at"),
    )  # fmt: skip


def enough(length: timedelta) -> timedelta:
    """How much of a track of this length is heard for a listen, as ListenBrainz has it: never less than for a play."""
    return min(ENOUGH, length / 2)


async def queue(
    session: Session, api_url: str, hearing_id: UUID, person_id: UUID, track_id: UUID, began_at: datetime
) -> None:
    """The hearing waits to be sent, if its person was connected to the server at `api_url` when it began."""
    mine = (
        ListenBrainzAccount.person_id == person_id,
        ListenBrainzAccount.api_url == api_url,
        ListenBrainzAccount.refused_at.is_(None),
        ListenBrainzAccount.connected_at <= began_at,
    )
    if await session.scalar(select(ListenBrainzAccount.person_id).where(*mine)) is None:
        return
    row = {"hearing_id": hearing_id, "person_id": person_id, "track_id": track_id, "listened_at": began_at}
    await insert_ignore(session, Scrobble, row)
    # After the row: a worker that saw none holds the account until it has written that nothing is due.
    idle = update(ListenBrainzAccount).where(*mine, ListenBrainzAccount.due_at.is_(None))
    await session.execute(idle.values(due_at=session.now))
    session.wake(WAKE)


async def forget(session: Session, person_id: UUID) -> None:
    """Nothing of the person's waits any more."""
    await session.execute(delete(Scrobble).where(Scrobble.person_id == person_id))


async def forget_person(session: Session, person_id: UUID) -> None:
    """The account goes, and what waits to be sent to it."""
    await forget(session, person_id)
    await session.execute(delete(ListenBrainzAccount).where(ListenBrainzAccount.person_id == person_id))
