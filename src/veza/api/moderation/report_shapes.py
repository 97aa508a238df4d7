"""What reports, decisions and notices look like at this door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from veza.api.community.playlist_shapes import AT, RELEASE_ID
from veza.api.shapes import CHANGE_EXAMPLE, PLAIN, Change
from veza.moderation.decisions import REASON_MOST
from veza.moderation.log import Decision
from veza.moderation.reporting import TEXT_MOST
from veza.moderation.reports import ReportReason, ReportStatus
from veza.moderation.subjects import SubjectKind

REPORT_ID = "01890000-0000-7000-8000-000000000011"
NOTICE_ID = "01890000-0000-7000-8000-000000000012"

Why = Annotated[str, Meta(min_length=3, max_length=REASON_MOST, pattern=PLAIN)]


class ReportRequest(Struct, forbid_unknown_fields=True):
    """What breaks the rules, which rule, and what a moderator should look at."""

    subject_kind: SubjectKind
    subject_id: UUID
    reason: ReportReason
    text: Annotated[str, Meta(max_length=TEXT_MOST)] = ""


class ReportResponse(Struct, frozen=True):
    """A report as who made it sees it; `label` is how the thing called itself then."""

    id: UUID
    status: ReportStatus
    subject_kind: SubjectKind
    subject_id: UUID
    label: str
    reason: ReportReason
    text: str
    created_at: datetime
    decision: Decision | None
    decided_at: datetime | None


class ReportInQueue(ReportResponse, frozen=True):
    """A report as moderators see it; `open_count` counts those open about the same thing."""

    reporter_id: UUID | None
    claimed_by: str | None
    claimed_at: datetime | None
    open_count: int


class ReportDetail(ReportResponse, frozen=True):
    """A report, whether its subject is hidden now, and every move the report made."""

    reporter_id: UUID | None
    claimed_by: str | None
    claimed_at: datetime | None
    is_hidden: bool
    history: list[Change]


class DecisionRequest(Struct, forbid_unknown_fields=True):
    """What is decided about a report, and with it about every open one of the same thing; `reopen` takes this one
    up again. The reason is told to the thing's owner."""

    decision: Decision
    reason: Why


class SubjectDecision(Struct, forbid_unknown_fields=True):
    """What is decided about a thing, reported or not."""

    subject_kind: SubjectKind
    subject_id: UUID
    decision: Literal["dismiss", "warn", "hide", "restore"]
    reason: Why


class EntryResponse(Struct, frozen=True):
    """One decision in the moderation log; `reports_count` says how many reports it settled."""

    id: UUID
    subject_kind: SubjectKind
    subject_id: UUID
    decision: Decision
    reason: str
    reports_count: int
    by: str
    at: datetime


class NoticeResponse(Struct, frozen=True):
    """What was decided about something of yours, and why."""

    id: UUID
    subject_kind: SubjectKind
    subject_id: UUID
    label: str
    decision: Decision
    reason: str
    created_at: datetime
    read_at: datetime | None


_ABOUT: dict[str, Any] = {"subject_kind": "release", "subject_id": RELEASE_ID}
WANTED_EXAMPLE = {**_ABOUT, "reason": "copyright", "text": "This is my recording."}
REPORT_EXAMPLE: dict[str, Any] = {
    **WANTED_EXAMPLE,
    "id": REPORT_ID,
    "status": "open",
    "label": "Dawn",
    "created_at": AT,
    "decision": None,
    "decided_at": None,
}
_FOR_MODERATORS = {"reporter_id": RELEASE_ID, "claimed_by": "operator", "claimed_at": AT}
IN_QUEUE_EXAMPLE = {**REPORT_EXAMPLE, **_FOR_MODERATORS, "open_count": 2}
REPORT_DETAIL_EXAMPLE = {
    **REPORT_EXAMPLE,
    **_FOR_MODERATORS,
    "is_hidden": False,
    "history": [{**CHANGE_EXAMPLE, "source": None, "target": "open", "because": "copyright"}],
}
DECIDED_EXAMPLE = {
    **REPORT_DETAIL_EXAMPLE,
    "status": "upheld",
    "decision": "hide",
    "decided_at": AT,
    "claimed_by": None,
    "claimed_at": None,
    "is_hidden": True,
}
ENTRY_EXAMPLE: dict[str, Any] = {
    **_ABOUT,
    "id": NOTICE_ID,
    "decision": "hide",
    "reason": "the recording belongs to another artist",
    "reports_count": 2,
    "by": "operator",
    "at": AT,
}
NOTICE_EXAMPLE: dict[str, Any] = {
    **_ABOUT,
    "id": NOTICE_ID,
    "label": "Dawn",
    "decision": "hide",
    "reason": "the recording belongs to another artist",
    "created_at": AT,
    "read_at": None,
}
