"""Planning the import of one group of files: the track that each file becomes, and the changes of the draft.

A plan is made by reading alone; a dry run ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from veza.catalog import metadata
from veza.catalog.covers import Cover
from veza.catalog.limits import Limits
from veza.catalog.tracks import Track
from veza.ingest.changes import changes
from veza.ingest.columns import release_there, track_there
from veza.ingest.dates import Known
from veza.ingest.found import FoundFile, track_facts
from veza.ingest.grouping import Group, copies
from veza.ingest.matching import Before, Matched, find_before, match_files
from veza.ingest.memory import ImportedFile
from veza.ingest.ordering import order_note
from veza.ingest.recording import agreed
from veza.ingest.report import LEFT_ALONE, Outcome
from veza.kit.database import Session

WEAK = ("kind",)
"""Derived fields of a release, which never replace a value of people."""


@dataclass(slots=True)
class Run:
    """One import as its releases need it: whose, from where, what is taken by which release already, and what is no
    more where it was. `artist_id` is None in a dry run for an artist that is not there yet."""

    run_id: UUID
    artist_id: UUID | None
    source: str
    limits: Limits
    is_gone: Callable[[str], bool]
    is_dry: bool = False
    claimed: set[UUID] = field(default_factory=set)
    seen: set[UUID] = field(default_factory=set)
    """Rows of files that were found again, under any path."""

    def take(self, plan: Plan) -> None:
        """Mark the release and the rows of a plan as taken by it."""
        if plan.before is not None:
            self.claimed.add(plan.before.release.id)
            self.seen |= {row.id for row in (*plan.matched.known.values(), *plan.matched.others.values())}


@dataclass(slots=True)
class Plan:
    """The plan for one group."""

    group: Group
    files: list[FoundFile]
    again: list[tuple[FoundFile, FoundFile, str]]
    before: Before | None
    matched: Matched
    facts: dict[str, Any]
    new: list[FoundFile] = field(default_factory=list)
    changed: list[tuple[FoundFile, Track, dict[str, Any]]] = field(default_factory=list)
    said: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    notable: set[str] = field(default_factory=set)
    """Paths of which what is told matters after the import too: taken for something else, or a change of the draft."""
    order: str = "keep"
    by_hand: bool = False
    """Whether people put the tracks in another order than the last import did."""
    cover_now: str | None = None
    """The hash of the picture that the release's cover was made of."""

    def takes_cover(self, source_hash: str) -> bool:
        """Whether an import may make this picture the cover: the last import took another one, and no person has set a
        cover since."""
        if self.before is None:
            return True
        if self.is_other_format and self.cover_now is not None:
            return False
        last = self.before.memory.cover_hash
        return source_hash != last and (self.cover_now is None or self.cover_now == last)

    @property
    def is_other_format(self) -> bool:
        """Whether every file is another format of tracks that are there: the release is not theirs to change."""
        rows = [self.matched.known.get(one.file.path) for one in self.files]
        return self.before is not None and not self.new and not any(row is not None and row.is_main for row in rows)

    @property
    def writes(self) -> bool:
        """Whether the draft itself changes."""
        return bool(self.before is None or self.new or self.changed or self.said or self.order == "files")


async def make_plan(session: Session, run: Run, group: Group) -> Plan:
    """The plan for a group: the track of each of its files, and the values to write."""
    files, again = copies(group.files)
    before = None
    if run.artist_id is not None:
        before = await find_before(session, run.artist_id, group, run.claimed, run.is_gone)
    matched = match_files(before, files, [one for one, _, _ in again])
    plan = Plan(group, files, again, before, matched, _facts(group, files))
    plan.notes = [*group.notes, *_date_note(files, _date(files)), *order_note(files)]
    if before is not None and before.memory.said and before.because:
        plan.notes.append(f"it is taken for the release imported before: {before.because}")
    for one, twin, because in again:
        plan.told[one.file.path] = f"taken for the recording of {twin.file.path}: {because}"
        plan.notable.add(one.file.path)
    for one in (*files, *(one for one, _, _ in again)):
        _consider(plan, one)
    plan.facts["kind"] = kind_of(len(plan.new) + len({row.track_id for row in before.main_files} if before else ()))
    if before is not None:
        if not plan.is_other_format:
            _compare_whole(plan, before)
        plan.order = _order(plan, before)
        cover = await session.get(Cover, before.release.cover_id) if before.release.cover_id else None
        plan.cover_now = cover.source_hash if cover else None
    return plan


def _consider(plan: Plan, one: FoundFile) -> None:
    """Whether a file is new, changed, or what it was."""
    path, before = one.file.path, plan.before
    row = plan.matched.known.get(path)
    plan.notes += [f"{path}: {note}" for note in one.recording.notes]
    if row is None or before is None:
        other = plan.matched.others.get(path)
        if other is not None:
            plan.told.setdefault(path, f"taken for another format of {other.path}: the same number, title and length")
            plan.notable.add(path)
        elif path not in plan.told:
            plan.new.append(one)
            plan.told[path] = "a new track"
        return
    track = before.tracks.get(row.track_id)
    if not row.is_main:
        plan.told.setdefault(path, "another format of a track, as before")
    elif track is None:
        plan.told[path] = "its track was taken off the release by hand, and is not made again"
        plan.notable.discard(path)
        plan.notes.append(f"{path}: {plan.told[path]}")
    elif row.file_hash == one.file_hash:
        plan.told[path] = f"known{_moved(row, one)}"
        plan.notable.discard(path)
    else:
        weak = ("title",) if one.recording.title_is_name else ()
        there = track_there(track)
        found = changes(row.said, facts_against(row.said, one), there, weak=weak)
        plan.notes += [f"{path}: {note}" for note in found.notes]
        if found.values:
            plan.changed.append((one, track, found.values))
        what = ", ".join(sorted(found.values)) or "nothing of the draft"
        plan.told[path] = f"known{_moved(row, one)}; it changes {what.replace('_', ' ')}"
        plan.notable.add(path)


def facts_against(said: dict[str, Any], one: FoundFile) -> dict[str, Any]:
    """What the file says of its track. Its name is no title where a tag was one before: the tag says nothing now."""
    facts = track_facts(one)
    if one.recording.title_is_name and said.get("title_is_name") is False:
        facts["title"] = None
    return facts


def _moved(row: ImportedFile, one: FoundFile) -> str:
    if row.path == one.place or not row.said:
        return ""
    how = "the same file" if row.file_hash == one.file_hash else "the same sound"
    return f" by its content: {how} as {row.path}" if how == "the same file" else f" by its sound, from {row.path}"


def _facts(group: Group, files: list[FoundFile]) -> dict[str, Any]:
    """The values of the release in its files, as columns."""
    said = [one.recording for one in files]
    languages = {one.track.language for one in said}
    day = _date(files)
    return {
        "title": group.title,
        "language": languages.pop() if len(languages) == 1 else None,
        "musicbrainz_id": next((str(one.album_id) for one in said if one.album_id), None),
        "tags": list(dict.fromkeys(tag for one in said for tag in one.track.tags))[: metadata.MOST_TAGS],
        "release_date": day.first.isoformat() if day else None,
        "release_date_precision": day.precision if day else None,
    }


def kind_of(tracks: int) -> str:
    """The kind of a release with this many tracks, until people set another."""
    return "single" if tracks <= 3 else "ep" if tracks <= 6 else "album"


def _date(files: list[FoundFile]) -> Known | None:
    """The date that more than half of the files name, else the latest: a compilation is no older than its songs."""
    dates = [one.recording.date for one in files if one.recording.date is not None]
    most: Known | None = agreed(dates)
    if most is None or dates.count(most) * 2 > len(dates):
        return most
    return max(dates, key=lambda one: one.first)


def _date_note(files: list[FoundFile], taken: Known | None) -> list[str]:
    named = {one.recording.date for one in files if one.recording.date is not None}
    return (
        [f"its files name {len(named)} dates, {taken.first.isoformat()} ({taken.precision}) is taken"]
        if taken and len(named) > 1
        else []
    )


def _compare_whole(plan: Plan, before: Before) -> None:
    weak = (*WEAK, "title") if plan.group.title_is_folder else WEAK
    if plan.group.title_is_folder and before.memory.said.get("album_key") is not None:
        plan.facts["title"] = None  # no tag names the album any more: the folder is not its name
    there = release_there(before.release)
    found = changes(before.memory.said.get("facts", {}), plan.facts, there, weak=weak)
    # How precise a date is belongs to that date.
    found.values.pop("release_date_precision", None)
    same_day = plan.facts["release_date"] == there["release_date"]
    is_other = plan.facts["release_date_precision"] != there["release_date_precision"]
    if "release_date" in found.values or (same_day and plan.facts["release_date"] and is_other):
        found.values["release_date_precision"] = plan.facts["release_date_precision"]
    found.notes = [note for note in found.notes if "precision" not in note]
    tags = found.values.get("tags")
    if tags is not None:
        found.values["tags"] = tags[: metadata.MOST_TAGS]
    plan.said, plan.notes = found.values, plan.notes + found.notes


def _order(plan: Plan, before: Before) -> str:
    """`files` when the tracks are to be put in the files' order, `place` when new ones only find their place."""
    remembered = [UUID(one) for one in before.memory.track_order]
    now = [track_id for track_id in before.tracks if track_id in remembered]
    wanted = [row.track_id for one in plan.files if (row := plan.matched.known.get(one.file.path)) and row.is_main]
    wanted = [track_id for track_id in dict.fromkeys(wanted) if track_id in before.tracks and track_id in remembered]
    was = [track_id for track_id in remembered if track_id in wanted]
    by_hand = plan.by_hand = now != [track_id for track_id in remembered if track_id in before.tracks]
    if wanted != was and remembered:
        if by_hand:
            plan.notes.append("its order was set by hand; the files say another one now, which is taken")
        return "files"
    if by_hand or not remembered:
        return "place" if plan.new else "keep"
    return "files" if plan.new else "keep"


def outcome_of(plan: Plan, has_cover: bool) -> Outcome:
    """The outcome of the plan, for the report."""
    before = plan.before
    result = "made" if before is None else "updated" if plan.writes or has_cover else "unchanged"
    outcome = Outcome(plan.group.title, result, notes=plan.notes, files=sorted(plan.told.items()), notable=plan.notable)
    if before is not None:
        release = before.release
        outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
        if release.status != "draft" and result == "updated":
            outcome.result = LEFT_ALONE
            waits = f"{len(plan.new)} new and {len(plan.changed)} changed files wait"
            is_whole = not plan.new and not plan.changed
            left = (
                ("its new cover waits" if has_cover and not plan.said else "what its files say of it waits")
                if is_whole
                else waits
            )
            outcome.notes = [*plan.notes, f"it is {release.status}: {left}"]
            return outcome
    outcome.tracks_made, outcome.tracks_updated = len(plan.new), len(plan.changed)
    return outcome
