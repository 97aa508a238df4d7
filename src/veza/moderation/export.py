"""Moderation's data of a person, for the export: the person's reports and notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.plain_rows import plain_rows
from veza.moderation.notices import Notice
from veza.moderation.reports import Report


async def export_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """The reports a person made and the notices they were sent, one query for each."""
    return {
        "reports": await plain_rows(
            session,
            Report.reporter_id == person_id,
            Report.id, Report.subject_kind, Report.subject_id, Report.label, Report.reason, Report.text,
            Report.created_at, Report.decision,
        ),
        "notices": await plain_rows(
            session,
            Notice.person_id == person_id,
            Notice.id, Notice.subject_kind, Notice.subject_id, Notice.label, Notice.decision, Notice.reason,
            Notice.created_at, Notice.read_at,
        ),
    }  # fmt: skip
