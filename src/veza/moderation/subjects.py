"""Subjects: what can be reported. A module registers how subjects of its kinds are named, hidden and owned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import gettext

SubjectKind = Literal["artist", "release", "track", "comment", "message", "playlist", "person"]
SUBJECT_KINDS: tuple[SubjectKind, ...] = get_args(SubjectKind)


class CannotHide(ValueError):
    """Accounts are not hidden."""

    def __init__(self) -> None:
        super().__init__(
            gettext("a person is not hidden: hide what they wrote or published, or have the account closed")
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What moderation asks about one kind of subject; each function works in the session it is given."""

    label: Callable[[Session, UUID, UUID], Awaitable[str]]
    """`label(session, subject_id, reader_id)`: what the subject is called. Raises an error of its module unless this
    reader may see the subject."""
    hide: Callable[[Session, UUID], Awaitable[None]]
    """Take the subject out of every public list; hiding twice is hiding once. Raises CannotHide, or an error of its
    module where there is no such subject."""
    restore: Callable[[Session, UUID], Awaitable[bool]]
    """Show the subject again; False where no moderator hid it. Raises CannotHide."""
    hidden: Callable[[Session, Collection[UUID]], Awaitable[set[UUID]]]
    """Which of these subjects are hidden, by themselves or with what they belong to."""
    is_gone: Callable[[Session, UUID], Awaitable[bool]]
    """Whether the subject was deleted or taken back."""
    owners: Callable[[Session, UUID], Awaitable[Sequence[UUID]]]
    """The people who are told of a decision about the subject, in the order of their ids."""


Subjects: TypeAlias = Mapping[SubjectKind, Subject]
"""Every kind with its subject; the composition root collects them from the modules."""
