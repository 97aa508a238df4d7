"""What `veza import` says when it is done: a table and sentences, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from veza.ingest.report import Report

STYLES = {"made": "green", "updated": "green", "unchanged": "dim", "left alone": "yellow", "taken back": "green"}
NOTHING_TO_UNDO = "It made no draft and added no track; what it changed in drafts of before stays."
SHOWN_OTHERS = 20
"""Names of other files that are shown; a folder of scans has hundreds."""


class NoSuchArtist(Exception):
    """The artist is not there, or not that person's, or it is not clear which one is meant."""


@dataclass(frozen=True, slots=True)
class Whose:
    """The artist an import is for; `artist_id` is None in a dry run for one that is not there yet."""

    artist_id: UUID | None
    slug: str
    name: str


def report_as_json(whose: Whose | None, report: Report) -> dict[str, Any]:
    def listed(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
        return [{"path": path, "reason": reason} for path, reason in pairs]

    releases = []
    for one in report.releases:
        said = asdict(one)
        del said["notable"]
        releases.append({**said, "files": [{"path": path, "taken_for": what} for path, what in one.files]})
    artist = {"id": whose.artist_id, "slug": whose.slug, "name": whose.name} if whose else None
    return {
        "ok": report.ok,
        "run_id": report.run_id,
        "dry_run": report.is_dry,
        "artist": artist,
        "releases": releases,
        "refused": listed(report.refused),
        "gone": listed(report.gone),
        "films": report.films,
        "passed_over": report.passed_over,
        "notes": report.notes,
        "sent": report.sent,
        "cue_sheets": [asdict(one) for one in report.sheets],
    }


def print_report(whose: Whose | None, report: Report) -> None:
    from rich.table import Table
    from rich.text import Text

    from veza.ops.terminal_console import Console

    console = Console()
    title = f"Releases of {whose.name}" if whose else "Taken back"
    table = Table(title=f"{title}, as they would be" if report.is_dry else title, title_justify="left")
    for heading in ("release", "result", "tracks made", "updated"):
        table.add_column(heading)
    for one in report.releases:
        result = Text(f"would be {one.result}" if report.is_dry else one.result, STYLES[one.result])
        table.add_row(Text(one.title), result, str(one.tracks_made), str(one.tracks_updated))
    console.print(table if report.releases else "No recordings were found." if whose else NOTHING_TO_UNDO)
    for line, style in _lines(report, is_undo=whose is None):
        console.print(Text(line, style), soft_wrap=True)


def _lines(report: Report, *, is_undo: bool = False) -> Iterator[tuple[str, str]]:
    """What is said under the table, each with its style."""
    for one in report.releases:
        if one.release_id is not None:
            yield f"{one.title}: release {one.release_id}", ""
        if one.cover:
            yield f"{one.title}: its cover is {one.cover}", ""
        for note in one.notes:
            yield f"{one.title}: {note}", ""
        for path, what in one.files:
            if report.is_dry or path in one.notable:
                yield f"{one.title}: {path}: {what}", ""
    for note in report.notes:
        yield note, "yellow"
    for path, reason in report.gone:
        yield f"not there: {path}: {reason}", "red"
    for path, reason in report.refused:
        yield f"not imported: {path}: {reason}", "red"
    yield from _sheet_lines(report)
    if report.films:
        yield f"{_counted(len(report.films), 'film')} passed over: {_shown(report.films)}", ""
    if report.passed_over:
        count = _counted(len(report.passed_over), "other file")
        yield f"{count} passed over, neither a recording nor a cover: {_shown(report.passed_over)}", ""
    if report.sent:
        recordings = _counted(report.sent, "recording")
        yield f"{recordings} sent: a running `veza serve` or `veza worker` makes streams of them", ""
    made = sum(one.result == "made" for one in report.releases)
    if made and not report.is_dry:
        yield (
            (
                f"{_counted(made, 'new draft')}: only the artist's own people see a draft. To publish one: "
                "POST /api/v1/releases/ID/publish with its id."
            ),
            "",
        )
    wrote = any(one.result in {"made", "updated"} for one in report.releases)
    if report.run_id is not None and wrote and not is_undo:
        yield f"To take this import back: veza import --undo {report.run_id}", ""


def _shown(paths: list[str]) -> str:
    more = len(paths) - SHOWN_OTHERS
    return ", ".join(paths[:SHOWN_OTHERS]) + (f" and {more} more (--json names them all)" if more > 0 else "")


def _sheet_lines(report: Report) -> Iterator[tuple[str, str]]:
    """Each cue sheet, and every track it names where it is not a file of its own."""
    for one in report.sheets:
        if not one.is_left_out:
            yield f"{one.path}: {one.what}", ""
            continue
        yield f"cue sheet {one.path}: {one.what}", "red"
        for track in one.tracks:
            who = f" · {track.performer}" if track.performer not in ("", one.performer) else ""
            begins = f", from {_clock(track.begins_ms)}" if track.begins_ms is not None else ""
            yield f"  {track.number:02d} {track.title or 'without a title'}{who}{begins}", ""


def _clock(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest / 1000:05.2f}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
