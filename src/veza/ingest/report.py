"""The report of an import or a dry run: its releases, the track of each file, and the files left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

LEFT_ALONE = "left alone"


@dataclass(slots=True)
class Outcome:
    """The outcome of one release: `made`, `updated`, `unchanged`, or `left alone` with the reason in `notes`.

    `files` says of each of its files what it was taken for, `notable` of which of them that is worth a line when it is
    done. `left_out` says that something of it was not imported.
    """

    title: str
    result: str = "unchanged"
    release_id: UUID | None = None
    slug: str = ""
    tracks_made: int = 0
    tracks_updated: int = 0
    cover: str = ""
    notes: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    notable: set[str] = field(default_factory=set)


@dataclass(slots=True)
class CueTrack:
    """A track that a cue sheet names: in which file, and where in it the track begins."""

    number: int
    file: str
    title: str = ""
    performer: str = ""
    begins_ms: int | None = None


@dataclass(slots=True)
class CueSheet:
    """A cue sheet at `path`, or inside the recording there, and what became of what it names."""

    path: str
    what: str
    is_left_out: bool
    title: str = ""
    performer: str = ""
    tracks: list[CueTrack] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """`run_id` names the run when anything was written. `refused` and `gone` are (path, reason); `films` and
    `passed_over` are no recordings: nothing is lacking without them. `sent` counts the recordings that wait for a
    worker, which turns them into streams."""

    run_id: UUID | None = None
    is_dry: bool = False
    releases: list[Outcome] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    films: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sheets: list[CueSheet] = field(default_factory=list)
    sent: int = 0

    @property
    def ok(self) -> bool:
        """Whether every file was imported."""
        is_left_out = any(one.is_left_out for one in self.sheets)
        is_left_alone = any(one.result == LEFT_ALONE for one in self.releases)
        return not (self.refused or self.gone or is_left_out or is_left_alone)
