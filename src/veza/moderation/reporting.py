"""Reporting: a person says that a subject breaks the rules; one open report for each person and subject."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, select

from veza.accounts.people import Person, UnknownPerson
from veza.kit.database import Session
from veza.kit.messages import gettext, verbatim
from veza.kit.text import paragraphs
from veza.moderation.reports import Report, ReportReason, machine
from veza.moderation.subjects import SubjectKind, Subjects

TEXT_MOST = 2_000
LABEL_MOST = 200
OPEN_MOST = 100
"""Reports one person may have waiting: enough for an evening's spam wave, too few to bury the queue."""


class TooManyReports(ValueError):
    """One person has as many waiting as may be."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "{open_most} of your reports are still open: wait until moderators have looked at some",
                open_most=OPEN_MOST,
            )
        )


async def report(
    session: Session,
    subjects: Subjects,
    reporter_id: UUID,
    kind: SubjectKind,
    subject_id: UUID,
    reason: ReportReason,
    text: str,
) -> Report:
    """Open a report, or find the one this person has open about the same subject.

    Raises UnknownPerson, BadText, TooManyReports, and an error of the subject's module where the reporter sees no such
    subject.
    """
    if not await lock_reporter(session, reporter_id):
        raise UnknownPerson(reporter_id)
    asked = {"reporter_id": reporter_id, "kind": kind, "subject_id": subject_id}
    already = (await session.scalars(_OPEN, asked)).one_or_none()
    if already is not None:
        return already
    said = paragraphs(text, gettext("the text"), most=TEXT_MOST)
    label = await subjects[kind].label(session, subject_id, reporter_id)
    if (await session.scalar(_COUNT_OPEN, {"reporter_id": reporter_id}) or 0) >= OPEN_MOST:
        raise TooManyReports
    values = {
        "id": session.new_id(),
        "status": "open",
        "version": 0,
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
    (row,) = await machine.create(session, [values], because=verbatim(reason))
    return row


async def lock_reporter(session: Session, reporter_id: UUID) -> bool:
    """A second open report of this person waits for this transaction to end; False when the account is gone."""
    return await session.scalar(_LOCK_PERSON, {"id": reporter_id}) is not None


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
