"""One group of files becomes a draft, or completes one; a dry run finds out the same and writes nothing.

One release is one transaction: what a killed import did not finish, the next one makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from veza.catalog import metadata
from veza.catalog.artists import Artist
from veza.catalog.covers import Cover, set_cover
from veza.catalog.limits import Limits
from veza.catalog.pictures import CoverFiles
from veza.catalog.releases import Release, ReleaseWanted, create_release, edit_release
from veza.catalog.room import record_cover
from veza.catalog.tracks import Track, add_tracks, edit_track, reorder_tracks, tracks_of
from veza.ingest.changes import changes
from veza.ingest.dates import Known
from veza.ingest.found import FoundFile, track_facts
from veza.ingest.grouping import Group, copies
from veza.ingest.matching import Before, Matched, find_before, key_of, match_files
from veza.ingest.memory import ImportedFile, ImportedRelease, ImportRun, hash_of_text
from veza.ingest.recording import agreed
from veza.ingest.report import LEFT_ALONE, Outcome
from veza.kit.database import Session

CHANGED_BY_HAND = -1
"""The `attempt` that is remembered of a release which people changed before an import did again."""
WEAK = ("kind",)
"""What is made up for a release and gives way to what people wrote."""


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
    """Rows of files that were found again, wherever they lie now."""

    def take(self, plan: Plan) -> None:
        """The release and the rows of a plan are spoken for."""
        if plan.before is not None:
            self.claimed.add(plan.before.release.id)
            self.seen |= {row.id for row in (*plan.matched.known.values(), *plan.matched.others.values())}


@dataclass(slots=True)
class Plan:
    """What is to be done about one group."""

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
    order: str = "keep"
    by_hand: bool = False
    """Whether people put the tracks in another order than the last import did."""
    cover_now: str | None = None
    """The hash of the picture that the release's cover was made of."""

    def takes_cover(self, source_hash: str) -> bool:
        """Whether an import may make this picture the cover: it is another one than it took last, and nobody has
        given the release a cover by hand since."""
        if self.before is None:
            return True
        last = self.before.memory.cover_hash
        return source_hash != last and (self.cover_now is None or self.cover_now == last)

    @property
    def writes(self) -> bool:
        """Whether anything of the draft itself changes."""
        return bool(self.before is None or self.new or self.changed or self.said or self.order == "files")


async def make_plan(session: Session, run: Run, group: Group) -> Plan:
    """What the group's files are taken for, and what is to be written of them."""
    files, again = copies(group)
    before = None
    if run.artist_id is not None:
        before = await find_before(session, run.artist_id, group, run.claimed, run.is_gone)
    matched = match_files(before, files, [one for one, _, _ in again])
    plan = Plan(group, files, again, before, matched, _facts(group, files))
    plan.notes = [*group.notes, *_date_note(files, _date(files))]
    if before is not None and before.memory.said and before.because:
        plan.notes.append(f"it is taken for the release imported before: {before.because}")
    for one, twin, because in again:
        plan.told[one.file.path] = f"taken for the recording of {twin.file.path}: {because}"
    for one in (*files, *(one for one, _, _ in again)):
        _consider(plan, one)
    if before is not None:
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
        elif path not in plan.told:
            plan.new.append(one)
            plan.told[path] = "a new track"
        return
    track = before.tracks.get(row.track_id)
    if not row.is_main:
        plan.told.setdefault(path, "another format of a track, as before")
    elif track is None:
        plan.told[path] = "its track was taken off the release by hand, and is not made again"
        plan.notes.append(f"{path}: {plan.told[path]}")
    elif row.file_hash == one.file_hash:
        plan.told[path] = f"known{_moved(row, one)}"
    else:
        weak = ("title",) if one.recording.title_is_name else ()
        there = track_there(track)
        found = changes(row.said, _facts_against(row.said, one), there, weak=weak)
        plan.notes += [f"{path}: {note}" for note in found.notes]
        if found.values:
            plan.changed.append((one, track, found.values))
        what = ", ".join(sorted(found.values)) or "nothing of the draft"
        plan.told[path] = f"known{_moved(row, one)}; it changes {what.replace('_', ' ')}"


def _facts_against(said: dict[str, Any], one: FoundFile) -> dict[str, Any]:
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
    """What the files say of the whole, as columns of a release."""
    said = [one.recording for one in files]
    languages = {one.track.language for one in said}
    day = _date(files)
    return {
        "title": group.title,
        "kind": group.kind,
        "language": languages.pop() if len(languages) == 1 else None,
        "musicbrainz_id": next((str(one.album_id) for one in said if one.album_id), None),
        "tags": list(dict.fromkeys(tag for one in said for tag in one.track.tags))[: metadata.MOST_TAGS],
        "release_date": day.first.isoformat() if day else None,
        "release_date_precision": day.precision if day else None,
    }


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
    there = _release_there(before.release)
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


async def carry_out(session: Session, run: Run, artist: Artist, plan: Plan, cover: CoverFiles | None) -> Outcome:
    """Write what was planned, and remember it. Raises BadValue, NoSlugFree, Outdated, Stale."""
    before = plan.before
    if before is not None and before.release.status != "draft" and (plan.writes or cover is not None):
        return outcome_of(plan, cover is not None)
    outcome = outcome_of(plan, cover is not None)
    if before is None:
        release = await create_release(session, artist, ReleaseWanted(**_typed(plan.facts)))
        memory = ImportedRelease(
            release_id=release.id, artist_id=artist.id, run_id=run.run_id, album_hash="", said={}, track_order=[],
            cover_hash=None, attempt=0,
        )  # fmt: skip
        session.add(memory)
        release_attempt = release.attempt
    else:
        release, memory = before.release, before.memory
        release_attempt = release.attempt
        if plan.said:
            await edit_release(session, release, release.attempt, _typed(plan.said))
    untouched = before is None or memory.attempt == release_attempt
    run.claimed.add(release.id)
    made = await add_tracks(session, release, [one.recording.track for one in plan.new], limits=run.limits)
    tracks = {one.file.path: row.id for one, row in zip(plan.new, made, strict=True)}
    for _, track, values in plan.changed:
        await edit_track(session, track, _typed(values))
    tracks |= {path: row.track_id for path, row in (*plan.matched.known.items(), *plan.matched.others.items())}
    tracks |= {one.file.path: tracks[twin.file.path] for one, twin, _ in plan.again if one.file.path not in tracks}
    there = [row.id for row in await tracks_of(session, release.id)]
    order = _new_order(plan, there, tracks)
    if cover is not None:
        await set_cover(session, release, await record_cover(session, artist.id, cover))
        memory.cover_hash = cover.source_hash
    if plan.writes or cover is not None or _is_new_to_memory(plan):
        await _remember(session, run, release, memory, plan, tracks, order)
    if outcome.result in {"made", "updated"}:
        await _note_run(session, run)
        memory.attempt = release.attempt if untouched else CHANGED_BY_HAND
    outcome.release_id, outcome.slug, outcome.title = release.id, release.slug, release.title
    await session.flush()
    if order != there:
        await reorder_tracks(session, release, order)
    return outcome


def outcome_of(plan: Plan, has_cover: bool) -> Outcome:
    """What the plan comes to, as the report says it."""
    before = plan.before
    result = "made" if before is None else "updated" if plan.writes or has_cover else "unchanged"
    outcome = Outcome(plan.group.title, result, notes=plan.notes, files=sorted(plan.told.items()))
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


def _new_order(plan: Plan, there: list[UUID], tracks: dict[str, UUID]) -> list[UUID]:
    """The files' tracks in their files' order; what people added stays behind the one it stood behind."""
    among, new = set(there), {tracks[one.file.path] for one in plan.new}
    wanted = [track_id for track_id in _files_order(plan, tracks) if track_id in among]
    if plan.order == "files" or plan.before is None:
        return _woven(wanted, there)
    return _woven([track_id for track_id in there if track_id not in new], wanted)


def _woven(order: list[UUID], others: list[UUID]) -> list[UUID]:
    """`order` with what only `others` have, each behind the one it stands behind there."""
    woven, among = list(order), set(order)
    for number, track_id in enumerate(others):
        if track_id not in among:
            woven.insert(woven.index(others[number - 1]) + 1 if number else 0, track_id)
            among.add(track_id)
    return woven


def _files_order(plan: Plan, tracks: dict[str, UUID]) -> list[UUID]:
    return list(dict.fromkeys(tracks[one.file.path] for one in plan.files))


def _is_new_to_memory(plan: Plan) -> bool:
    """Whether a file moved, was tagged anew, or is another format: to be remembered, though no track changes."""
    rows = plan.matched.known
    everything = [*plan.files, *(one for one, _, _ in plan.again)]
    return any(
        (row := rows.get(one.file.path)) is None or row.path != one.place or row.file_hash != one.file_hash
        for one in everything
    )


async def _remember(
    session: Session,
    run: Run,
    release: Release,
    memory: ImportedRelease,
    plan: Plan,
    tracks: dict[str, UUID],
    order: list[UUID],
) -> None:
    part, facts = plan.group.part, dict(memory.said.get("facts", {}))
    facts |= {name: value for name, value in plan.facts.items() if value not in (None, [])}
    memory.album_hash = hash_of_text(key_of(part))
    memory.said = {
        "facts": facts,
        "album_key": part.album_key,
        "root": part.root,
        "years": sorted(part.years),
        "album_artists": sorted(part.album_artists),
        "artists": sorted(part.artists),
        "is_disc_folder": part.is_disc_folder,
    }
    remembered, files_order = [UUID(one) for one in memory.track_order], _files_order(plan, tracks)
    if plan.by_hand and plan.order != "files":  # what people did stays told from what an import did
        memory.track_order = [str(one) for one in _woven(remembered, files_order)]
    else:
        ours = {*remembered, *files_order}
        memory.track_order = [str(one) for one in order if one in ours]
    mains = {one.file.path for one in plan.new}
    for one in (*plan.files, *(one for one, _, _ in plan.again)):
        row = plan.matched.known.get(one.file.path)
        if row is None:
            row = ImportedFile(
                id=session.new_id(), artist_id=release.artist_id, run_id=run.run_id, release_id=release.id,
                track_id=tracks[one.file.path], is_main=one.file.path in mains, path="", path_hash="", file_hash="",
                audio_hash=None, said={}, at=session.now,
            )  # fmt: skip
            session.add(row)
        facts_now = _facts_against(row.said, one)
        kept = {name: value for name, value in row.said.items() if name in facts_now and facts_now[name] in (None, [])}
        row.path, row.path_hash = one.place, hash_of_text(one.place)
        row.file_hash, row.audio_hash, row.at = one.file_hash, one.audio_hash, session.now
        row.said = {
            **facts_now, **kept, "disc": one.slot.disc, "side": one.slot.side, "number": one.slot.number,
            "is_disc_said": one.recording.disc is not None, "title_is_name": facts_now["title"] is not None
            and one.recording.title_is_name,
        }  # fmt: skip
    await session.flush()


async def _note_run(session: Session, run: Run) -> None:
    """The run, once: the first release that it changes writes it down."""
    dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
    row = {"id": run.run_id, "artist_id": run.artist_id, "source": run.source, "started_at": session.now}
    await session.execute(dialect.insert(ImportRun).values(**row).on_conflict_do_nothing())


async def remembered_under(session: Session, artist_id: UUID) -> list[ImportedFile]:
    """Every file remembered for an artist."""
    mine = select(ImportedFile).where(ImportedFile.artist_id == artist_id).order_by(ImportedFile.path)
    return list((await session.scalars(mine)).all())


def track_there(track: Track) -> dict[str, Any]:
    return {
        "title": track.title,
        "credits": track.credits,
        "explicit": track.explicit,
        "isrc": track.isrc,
        "musicbrainz_id": str(track.musicbrainz_id) if track.musicbrainz_id else None,
        "language": track.language,
        "tags": track.tags,
        "duration_ms": track.duration_ms,
    }


def _release_there(release: Release) -> dict[str, Any]:
    return {
        "title": release.title,
        "kind": release.kind,
        "language": release.language,
        "musicbrainz_id": str(release.musicbrainz_id) if release.musicbrainz_id else None,
        "tags": release.tags,
        "release_date": release.release_date.isoformat() if release.release_date else None,
        "release_date_precision": release.release_date_precision,
    }


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Facts as the catalogue's functions take them: ids and days are no text there, credits are pairs."""
    typed = dict(values)
    if typed.get("musicbrainz_id"):
        typed["musicbrainz_id"] = UUID(typed["musicbrainz_id"])
    if typed.get("release_date"):
        typed["release_date"] = date.fromisoformat(typed["release_date"])
    if "credits" in typed:
        typed["credits"] = [(one["name"], one["part"]) for one in typed["credits"]]
    return typed
