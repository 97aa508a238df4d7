"""Publishing: what a release needs for it, the moves, and the worker that publishes what is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update

from veza.catalog import members, tagging
from veza.catalog.releases import Release, demand_licence, machine
from veza.catalog.text_fields import BadValue
from veza.catalog.track_audio import AudioState, not_ready
from veza.catalog.tracks import count_tracks, list_tracks
from veza.kit import mail, outbox
from veza.kit.database import Database, Session, table_of
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.messages import Message, gettext, joined, message_of, ngettext, paragraphs

PUBLISHED, WITHDRAWN = "release.published", "release.withdrawn"
WAKE = "release publisher"
LEASE = timedelta(minutes=2)
MOST_NAMED = 20
"""Tracks that a refusal names: a release may have hundreds."""
FURTHEST = timedelta(days=2 * 366)
"""A date further ahead is a slip of the pen."""


class NotComplete(FieldFault):
    """The release lacks something it needs to be published."""

    def __init__(self, release: Release, lacks: Message) -> None:
        super().__init__(
            gettext(
                "release “{release_title}” cannot be published yet: {lacks}",
                release_title=release.title[:60],
                lacks=lacks,
            )
        )


async def publish(
    session: Session, release: Release, *, because: Message = gettext("published"), sound_follows: bool = False
) -> None:
    """A locked release is public from now on. Raises NotComplete, ForbiddenMove.

    `sound_follows`: it may be published before its tracks can be heard, as demo data is. What was published before is
    published again as it was.
    """
    await _demand_complete(session, release, sound_follows=sound_follows)
    at = release.published_at or session.now
    await machine.move(
        session, release, "published", because=because, version=release.version + 1, published_at=at,
        publish_at=None, claimed_until=None, updated_at=session.now,
    )  # fmt: skip
    await _list(session, release, at)
    await outbox.publish(session, PUBLISHED, _said(release))


async def schedule(session: Session, release: Release, at: datetime, *, sound_follows: bool = False) -> None:
    """Publish a locked draft at a time in the future. Raises NotComplete, BadValue, ForbiddenMove.

    `sound_follows`: its tracks need to be heard only when its time has come.
    """
    checks = FieldChecks()
    with checks.field("publish_at"):
        if not session.now < at <= session.now + FURTHEST:
            raise BadValue(
                gettext(
                    "publish_at must lie in the future, within {days} days; {at} does not",
                    days=FURTHEST.days,
                    at=at,
                )
            )
    with checks.field():
        await _demand_complete(session, release, sound_follows=sound_follows)
    checks.demand()
    await machine.move(
        session, release, "scheduled", because=gettext("for {at}", at=at),
        version=release.version + 1, publish_at=at, claimed_until=None, updated_at=session.now,
    )  # fmt: skip


async def unschedule(session: Session, release: Release, *, because: Message = gettext("taken back")) -> None:
    """A locked, scheduled release is a draft again. Raises ForbiddenMove."""
    await machine.move(
        session, release, "draft", because=because, version=release.version + 1,
        publish_at=None, claimed_until=None, updated_at=session.now,
    )  # fmt: skip


async def withdraw(session: Session, release: Release, *, because: Message = gettext("withdrawn")) -> None:
    """Only its artist's people see a locked release from now on. Raises ForbiddenMove."""
    await machine.move(
        session, release, "withdrawn", because=because, version=release.version + 1, updated_at=session.now
    )
    await _list(session, release, None)
    await outbox.publish(session, WITHDRAWN, _said(release))


class ReleasePublisher:
    """Publishes scheduled releases when their time has come."""

    name = "release publisher"
    wake_topic = WAKE
    check_interval = timedelta(seconds=10)
    concurrency = 4
    batch_size = 20

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, limit: int) -> Sequence[UUID]:
        """Up to `limit` releases whose time has come; each is ours until its lease ends."""
        async with self._database.write(self.name) as session:
            due = (
                select(Release.id)
                .where(Release.status == "scheduled", Release.publish_at <= session.now)
                .where(or_(Release.claimed_until.is_(None), Release.claimed_until <= session.now))
                .order_by(Release.publish_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = list((await session.scalars(due)).all())
            if ids:
                table = table_of(Release)
                lease = update(table).where(table.c.id.in_(ids)).values(claimed_until=session.now + LEASE)
                await session.execute(lease)
            return ids

    async def work(self, claim: UUID) -> None:
        """Publish it; what is not complete is a draft again: its history and a mail to its artist's people say why."""
        async with self._database.write(self.name) as session:
            release = await session.get(Release, claim, with_for_update=True)
            if release is None or release.publish_at is None or release.publish_at > session.now:
                return  # deleted, taken back, published or put off in the meantime
            try:
                await publish(session, release, because=gettext("its time has come"))
            except NotComplete as lacking:
                await unschedule(session, release, because=message_of(lacking))
                await _tell(session, release, message_of(lacking))


async def _list(session: Session, release: Release, at: datetime | None) -> None:
    """Show the release and its tracks in lists as of `at`, or (None) not any more."""
    await tagging.place(session, tagging.RELEASE, release.id, at, release.title_key)
    await list_tracks(session, release, at)


async def _tell(session: Session, release: Release, why: Message) -> None:
    """Mail the artist's people that a release was not published at its time; no preference stops such a mail."""
    people = await members.confirmed_addresses(session, [release.artist_id])
    subject = gettext("“{title}” was not published", title=release.title)
    text = paragraphs(
        gettext("The time that you chose for “{title}” has come.", title=release.title),
        why,
        gettext("It is a draft again: publish it, or choose another time, once this is done."),
    )
    for one in people[release.artist_id]:
        mail.send(session, one.address, subject, text, about=one.person_id, language=one.language)


async def _demand_complete(session: Session, release: Release, *, sound_follows: bool) -> None:
    if not await count_tracks(session, release.id):
        raise NotComplete(release, gettext("it has no track"))
    try:
        demand_licence(release.kind, release.licence)
    except BadValue as lacking:
        raise NotComplete(release, message_of(lacking)) from None
    if sound_follows or release.published_at is not None:
        return
    if silent := await not_ready(session, release.id):
        raise NotComplete(release, _silent(silent))


_STATES = {
    AudioState.NONE: gettext("has no sound yet"),
    AudioState.PROCESSING: gettext("is being processed"),
    AudioState.FAILED: gettext("could not be processed"),
}


def _silent(tracks: Sequence[tuple[int, str, AudioState]]) -> Message:
    """The tracks that cannot be heard, the first MOST_NAMED by name."""
    named = [
        gettext("{position}. “{title}” {state}", position=position, title=title[:60], state=_STATES[state])
        for position, title, state in tracks[:MOST_NAMED]
    ]
    if (left := len(tracks) - len(named)) > 0:
        named.append(ngettext("one more track", "{n} more tracks", left))
    return gettext("{tracks}", tracks=joined(named, ", "))


def _said(release: Release) -> dict[str, str]:
    return {"release_id": str(release.id), "artist_id": str(release.artist_id), "title": release.title}
