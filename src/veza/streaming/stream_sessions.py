"""Stream sessions: a person's or visitor's permission to hear one version of a track, for its length and a while."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import identities
from veza.accounts.facade import AccountRules
from veza.accounts.identity import OPERATOR, Identity, visitor
from veza.ingest.track_sound import Sound
from veza.kit import limits
from veza.kit.database import Base, Session
from veza.kit.limits import Allowance, Limit

BEYOND_ITS_LENGTH = timedelta(minutes=15)
"""A link outlives the track by as much: for a pause, and for a line that is slow."""
STREAMS = Limit("streams", burst=120, per=timedelta(seconds=1))
"""Of a person, or of the visitors of one network: each stream is a row for a day. Two hundred people behind one address
whose tracks last three and a half minutes begin one a second."""
CHANGED = "streams"
"""The topic that is woken where a stream began or was ended."""


class StreamSession(Base):
    """Who may hear which version until when. A person began it with a sign-in or an API token, the operator or a
    visitor with neither; `claim_id` is the order or code without an account whose link was shown.

    It ends with its sign-in or token, with the right to hear the track, at `expires_at`, or where `ended_at` says so.
    """

    __tablename__ = "stream_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    track_id: Mapped[UUID]
    version_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    sign_in_id: Mapped[UUID | None]
    token_id: Mapped[UUID | None]
    claim_id: Mapped[UUID | None]
    is_staff: Mapped[bool]
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "person_id", "id"),
        Index(None, "track_id", "id"),
        Index(None, "expires_at"),
    )


def beginning(identity: Identity) -> Allowance:
    """The streams that may be begun by it, or by all visitors of its network."""
    return STREAMS.of(identity.person_id or limits.network(identity.address) or identity.actor)


async def begin(
    session: Session, identity: Identity, sound: Sound, *, claim_id: UUID | None, is_staff: bool
) -> StreamSession:
    """A session from now on; `is_staff` for who hears it to judge it. Raises RateLimited."""
    await limits.spend(session, beginning(identity))
    row = StreamSession(
        id=session.new_id(),
        track_id=sound.track_id,
        version_id=sound.version_id,
        person_id=identity.person_id,
        sign_in_id=identity.session_id,
        token_id=identity.token_id,
        claim_id=claim_id,
        is_staff=is_staff,
        started_at=session.now,
        expires_at=session.now + length_of(sound) + BEYOND_ITS_LENGTH,
        ended_at=None,
    )
    session.add(row)
    await session.flush()
    session.wake(CHANGED, elsewhere=False)
    return row


async def identity_of(session: Session, rules: AccountRules, row: StreamSession) -> Identity | None:
    """Who began it, with the rights of now; None where the sign-in or token has ended."""
    if row.sign_in_id is not None:
        return (await identities.alive_among(session, rules, [row.sign_in_id])).get(row.sign_in_id)
    if row.token_id is not None:
        return await identities.find_by_token(session, rules, row.token_id)
    if row.person_id is not None:  # of a token, from before its id was kept here
        return None
    return OPERATOR if row.is_staff else visitor("")


def length_of(sound: Sound) -> timedelta:
    """How long the whole of it is."""
    return timedelta(seconds=sound.rendered.samples / sound.rendered.rate)


async def heard_of(session: Session, version_ids: Collection[UUID]) -> set[UUID]:
    """Which of these versions a session that has not ended may play."""
    alive = (StreamSession.version_id.in_(version_ids), StreamSession.expires_at > session.now)
    return set((await session.scalars(select(StreamSession.version_id).where(*alive).distinct())).all())
