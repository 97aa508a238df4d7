"""What moderation deletes of a person whose account is deleted."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, update

from veza.accounts.people import DELETED_NAME
from veza.kit.database import Session
from veza.moderation.notices import Notice
from veza.moderation.reports import Report


async def forget_person(session: Session, person_id: UUID) -> None:
    """Notices go. Reports stay, and none names the person or has their id; what they wrote stays in open reports."""
    await session.execute(delete(Notice).where(Notice.person_id == person_id))
    about = update(Report).where(Report.subject_kind == "person", Report.subject_id == person_id)
    await session.execute(about.values(label=DELETED_NAME))
    theirs = update(Report).where(Report.reporter_id == person_id)
    await session.execute(theirs.where(Report.status != "open").values(text=""))
    await session.execute(theirs.values(reporter_id=None))
