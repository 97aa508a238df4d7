"""What an import did, or would do: releases, files left out, and what was taken for what."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

LEFT_ALONE = "left alone"


@dataclass(slots=True)
class Outcome:
    """What became of one release: `made`, `updated`, `unchanged`, or `left alone` with the reason in `notes`.

    `files` says of each of its files what it was taken for. `left_out` says that something of it was not imported.
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


@dataclass(slots=True)
class Report:
    """`run_id` names the run when anything was written. `refused` and `gone` are (path, reason)."""

    run_id: UUID | None = None
    is_dry: bool = False
    releases: list[Outcome] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was left out."""
        return not self.refused and not self.gone and all(one.result != LEFT_ALONE for one in self.releases)
