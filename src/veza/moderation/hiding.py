"""Hiding a subject by a moderator's decision, and showing it again."""

from __future__ import annotations

from uuid import UUID

from veza.kit import outbox
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.moderation.subjects import SubjectKind, Subjects

HIDDEN = "catalog.hidden"
"""Published with `kind` and `subject_id`: what is sold of the subject is closed after it."""
RESTORED = "catalog.restored"
"""Published with `kind` and `subject_id`."""


class NothingHidden(Exception):
    """No moderator hid it, so there is nothing to restore."""

    def __init__(self, kind: str, subject_id: UUID) -> None:
        super().__init__(
            gettext(
                "{kind} {subject_id} was hidden by no moderator: there is nothing to restore",
                kind=kind,
                subject_id=subject_id,
            )
        )


async def hide(session: Session, subjects: Subjects, kind: SubjectKind, subject_id: UUID) -> None:
    """Take a subject out of every public list; hiding twice is hiding once.

    Raises CannotHide, or an error of the subject's module where there is no such subject.
    """
    await subjects[kind].hide(session, subject_id)
    await outbox.publish(session, HIDDEN, {"kind": kind, "subject_id": str(subject_id)})


async def restore(session: Session, subjects: Subjects, kind: SubjectKind, subject_id: UUID) -> None:
    """Show a subject again that a moderator hid. Raises NothingHidden, CannotHide."""
    if not await subjects[kind].restore(session, subject_id):
        raise NothingHidden(kind, subject_id)
    await outbox.publish(session, RESTORED, {"kind": kind, "subject_id": str(subject_id)})
