"""How what moderation knows by a word is said to people: kinds of subjects, reasons of reports, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from veza.kit.messages import Message, gettext
from veza.moderation.log import Decision
from veza.moderation.reports import ReportReason, ReportStatus
from veza.moderation.subjects import SubjectKind

SUBJECTS: Mapping[SubjectKind, Message] = {
    "artist": gettext("an artist"),
    "release": gettext("a record"),
    "track": gettext("a track"),
    "comment": gettext("a comment"),
    "message": gettext("a message in a channel"),
    "playlist": gettext("a playlist"),
    "person": gettext("a person"),
}
REASONS: Mapping[ReportReason, Message] = {
    "spam": gettext("it is advertising, or the same again and again"),
    "abuse": gettext("it hurts or threatens people"),
    "copyright": gettext("it belongs to another artist"),
    "illegal": gettext("it is against the law"),
    "misleading": gettext("it is not what it says it is"),
    "other": gettext("something else"),
}
STATES: Mapping[ReportStatus, tuple[str, Message]] = {
    "open": ("busy", gettext("a moderator will look")),
    "upheld": ("good", gettext("it broke the rules")),
    "dismissed": ("off", gettext("it broke no rule")),
}
"""Status of a report → the tone of its mark, and what it is called."""
DECISIONS: Mapping[Decision, Message] = {
    "dismiss": gettext("nothing is wrong with it"),
    "warn": gettext("its owner is warned"),
    "hide": gettext("it is hidden"),
    "restore": gettext("it is shown again"),
    "reopen": gettext("it is looked at once more"),
}
_PAGES: Mapping[str, str] = {
    "artist": "/artists/", "release": "/releases/", "track": "/tracks/", "playlist": "/playlists/",
}  # fmt: skip


def page_of_subject(kind: str, subject_id: UUID) -> str | None:
    """Where a subject has a page of its own; None for a comment, a message and a person."""
    return f"{_PAGES[kind]}{subject_id}" if kind in _PAGES else None
