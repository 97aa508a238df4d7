"""Reports by listeners, some open and some decided by the moderator."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import actor_of
from veza.community import comments
from veza.lab.demo.stage import Label, Modules
from veza.lab.demo.vocabulary import SPAM
from veza.moderation import claims, decisions, reporting
from veza.moderation.reports import Report, ReportReason
from veza.moderation.subjects import SubjectKind


async def moderate(modules: Modules, label: Label) -> None:
    """Four reports are open, two about one comment, one at the moderator's; one hid a comment, one was dismissed."""
    spammer, *others = label.listeners
    where, elsewhere = label.dice.sample(label.published, 2)
    waiting = await _spam(modules, spammer, label.tracks[where][0])
    for reporter, text in zip(others, ("again the same", ""), strict=False):
        await _report(modules, reporter, "comment", waiting, "spam", text)
    taken = await _report(
        modules, others[2], "release", label.releases[elsewhere], "copyright", "the cover looks like my photograph"
    )
    await _report(modules, others[3], "person", spammer, "spam", "writes the same under everything")

    hidden = await _spam(modules, spammer, label.tracks[elsewhere][0])
    upheld = await _report(modules, others[0], "comment", hidden, "spam", "advertising")
    dismissed = await _report(modules, others[4], "artist", label.artists[where[0]], "other", "I do not like the name")
    async with modules.database.write(actor_of(label.moderator)) as session:
        await claims.claim(session, taken.id)
        subjects = modules.moderation.subjects
        await decisions.decide_report(session, subjects, upheld.id, "hide", "advertising under a song")
        await decisions.decide_report(session, subjects, dismissed.id, "dismiss", "a name may be silly")


async def _spam(modules: Modules, author: UUID, track_id: UUID) -> UUID:
    async with modules.database.write(actor_of(author)) as session:
        return (await comments.write(session, author, track_id, 1_000, SPAM)).id


async def _report(
    modules: Modules, reporter: UUID, kind: SubjectKind, subject_id: UUID, reason: ReportReason, text: str
) -> Report:
    async with modules.database.write(actor_of(reporter)) as session:
        subjects = modules.moderation.subjects
        return await reporting.report(session, subjects, reporter, kind, subject_id, reason, text)
