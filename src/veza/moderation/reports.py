"""Reports: somebody says that something breaks the rules; one open report per person and thing."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select

from veza.accounts import people
from veza.accounts.people import Person
from veza.catalog import visibility
from veza.catalog.artists import Artist
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.community import comments, playlists
from veza.community.comments import Comment, UnknownComment
from veza.kit.database import Session
from veza.kit.listing import Slice, by_age
from veza.kit.rows import Rows, found_by
from veza.kit.text import paragraphs
from veza.moderation.reported import Report, ReportReason, ReportStatus, SubjectKind, machine

TEXT_MOST = 2_000
LABEL_MOST = 200
OPEN_MOST = 100
"""Reports one person may have waiting: enough for an evening's spam wave, too few to bury the queue."""


class UnknownReport(LookupError):
    """No such report."""

    def __init__(self, wanted: object) -> None:
        super().__init__(f"there is no report {wanted}")


class TooManyReports(ValueError):
    """One person has as many waiting as may be."""

    def __init__(self) -> None:
        super().__init__(f"{OPEN_MOST} of your reports are still open: wait until moderators have looked at some")


async def report(
    session: Session, reporter_id: UUID, kind: SubjectKind, subject_id: UUID, reason: ReportReason, text: str
) -> Report:
    """Open a report, or find the one this person has open about the same thing.

    Raises NothingThere, UnknownComment, UnknownPlaylist, UnknownPerson, BadText, TooManyReports.
    """
    if not await lock_reporter(session, reporter_id):
        raise people.UnknownPerson(reporter_id)
    asked = {"reporter_id": reporter_id, "kind": kind, "subject_id": subject_id}
    already = (await session.scalars(_OPEN, asked)).one_or_none()
    if already is not None:
        return already
    said = paragraphs(text, "the text", most=TEXT_MOST)
    label = await _label(session, reporter_id, kind, subject_id)
    if (await session.scalar(_COUNT_OPEN, {"reporter_id": reporter_id}) or 0) >= OPEN_MOST:
        raise TooManyReports
    values = {
        "id": session.new_id(),
        "status": "open",
        "attempt": 0,
        "reporter_id": reporter_id,
        "subject_kind": kind,
        "subject_id": subject_id,
        "label": label[:LABEL_MOST],
        "reason": reason,
        "text": said,
        "created_at": session.now,
        "claimed_by": None,
        "claimed_at": None,
        "decision": None,
        "decided_at": None,
    }
    (row,) = await machine.create(session, [values], because=reason)
    return row


async def lock_reporter(session: Session, reporter_id: UUID) -> bool:
    """Whatever becomes an open report of this person waits for this transaction to end; False when they are gone."""
    return await session.scalar(_LOCK_PERSON, {"id": reporter_id}) is not None


async def find(session: Session, report_id: UUID) -> Report:
    row = await session.get(Report, report_id)
    if row is None:
        raise UnknownReport(report_id)
    return row


SORTS = by_age(Report.id)
_AGES = by_age(Report.id, "Report.id")
QUEUE_SORTS = {name: _AGES[name] for name in ("oldest", "newest")}


async def of_person(
    session: Session, reporter_id: UUID, page: Slice, *, status: ReportStatus | None = None
) -> Sequence[Report]:
    """What one person reported."""
    found = select(Report).where(Report.reporter_id == reporter_id)
    if status is not None:
        found = found.where(Report.status == status)
    return (await session.scalars(page.of(found))).all()


async def queue(
    session: Session, page: Slice, *, status: ReportStatus | None = None, kind: SubjectKind | None = None
) -> Rows:
    """Reports for moderators, each (Report,) with how many are open about the same thing (open_count)."""
    open_count = (
        select(func.count())
        .where(
            _Same.c.subject_kind == Report.subject_kind,
            _Same.c.subject_id == Report.subject_id,
            _Same.c.status == "open",
        )
        .scalar_subquery()
    )
    found = select(Report, open_count.label("open_count"))
    if status is not None:
        found = found.where(Report.status == status)
    if kind is not None:
        found = found.where(Report.subject_kind == kind)
    return await found_by(session, page.of(found))


async def _label(session: Session, reporter_id: UUID, kind: SubjectKind, subject_id: UUID) -> str:
    """How the subject calls itself; raises when this person sees no such thing."""
    if kind == "person":
        return (await people.find(session, subject_id)).name
    if kind == "playlist":
        return (await playlists.see(session, subject_id, reporter_id)).title
    if kind == "comment":
        comment = await session.get(Comment, subject_id)
        if comment is None or comment.deleted_at is not None or await comments.hidden(session, [subject_id]):
            raise UnknownComment(subject_id)
        await visibility.must_be_visible(session, "track", comment.track_id)
        return comment.text
    await visibility.must_be_visible(session, kind, subject_id)
    column = {"artist": Artist.name, "release": Release.title, "track": Track.title}[kind]
    return str(await session.scalar(select(column).where(column.class_.id == subject_id)))


_Same = Report.__table__.alias()
_LOCK_PERSON = (
    select(Person.id).where(Person.id == bindparam("id"), Person.deleted_at.is_(None)).with_for_update(key_share=True)
)
_OPEN = select(Report).where(
    Report.reporter_id == bindparam("reporter_id"),
    Report.subject_kind == bindparam("kind"),
    Report.subject_id == bindparam("subject_id"),
    Report.status == "open",
)
_COUNT_OPEN = (
    select(func.count())
    .select_from(Report)
    .where(Report.reporter_id == bindparam("reporter_id"), Report.status == "open")
)
