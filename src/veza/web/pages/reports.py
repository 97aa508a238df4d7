"""Reporting what breaks the rules, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.field_faults import FieldFault
from veza.kit.messages import gettext
from veza.moderation import reporting, reports
from veza.moderation.facade import Moderation
from veza.moderation.reports import UnknownReport
from veza.moderation.subjects import SubjectKind
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.moderation_words import DECISIONS, REASONS, STATES, SUBJECTS, page_of_subject
from veza.web.pages.turning import next_address, page_of

ON_A_PAGE = 25


class NoReason(FieldFault):
    """A report says which rule is broken."""

    def __init__(self) -> None:
        super().__init__(gettext("choose what is wrong with it"))


@page("/report/{kind:str}/{subject_id:uuid}", permission=Permission.REPORT)
async def report_page(
    session: Session, kind: str, subject_id: UUID, identity: Identity, moderation: NamedDependency[Moderation],
    form: Form,
) -> Shown:  # fmt: skip
    """A form about something its reader may see."""
    known = _known(kind)
    label = await moderation.subjects[known].label(session, subject_id, identity.person)
    return Shown(
        "report.html", kind=known, subject_id=subject_id, label=label, what=SUBJECTS[known], reasons=REASONS,
        text_most=reporting.TEXT_MOST, at=page_of_subject(known, subject_id),
    )  # fmt: skip


@form("/report/{kind:str}/{subject_id:uuid}", permission=Permission.REPORT, shows=report_page)
async def send_report(
    session: Session, kind: str, subject_id: UUID, identity: Identity, moderation: NamedDependency[Moderation],
    form: Form,
) -> See:  # fmt: skip
    """Before the moderators; the same report again is the one that is open."""
    reason: Any = form.value("reason")
    if reason not in REASONS:
        raise NoReason
    await reporting.report(
        session, moderation.subjects, identity.person, _known(kind), subject_id, reason, form.value("text")
    )
    return See("/reports", gettext("Thank you: a moderator will look at it, and this page says what became of it."))


@page("/reports", permission=Permission.REPORT)
async def reports_page(session: Session, request: DoorRequest, identity: Identity) -> Shown:
    """What one reported, and what became of it."""
    asked = page_of(request, reports.SORTS, ON_A_PAGE).of("my reports", {"person": identity.person})
    shown = asked.filled(await reports.of_person(session, identity.person, asked.slice), lambda row: row)
    return Shown(
        "reports.html", reports=shown.items, more=next_address(request, shown.next_cursor), subjects=SUBJECTS,
        reasons=REASONS, states=STATES, decisions=DECISIONS,
    )  # fmt: skip


def _known(kind: str) -> SubjectKind:
    """The kind by its name in an address; raises UnknownReport for any other word."""
    for one in SUBJECTS:
        if one == kind:
            return one
    raise UnknownReport(kind[:40])
