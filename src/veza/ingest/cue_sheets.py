"""Cue sheets describe a long recording that holds several tracks; the report shows them.

Sound is not cut yet, so such a recording stays one track of its draft; the report names the sheet and its tracks. The
format is that of CDRWIN: lines of a command and its values, times as minutes, seconds and frames of 1/75 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from veza.catalog.text_fields import same_name
from veza.ingest import encodings
from veza.ingest.found import FoundFile
from veza.ingest.report import CueSheet, CueTrack
from veza.ingest.sources import Source, SourceFile, UnreadableFile
from veza.kit.messages import gettext

MOST_BYTES = 1024 * 1024
"""A sheet has at most 99 tracks: a file of this name that is larger is something else."""
MOST_TRACKS, TEXT_MOST = 99, 200
FRAMES_PER_SECOND = 75
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TIME = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})$")


@dataclass(slots=True)
class Sheet:
    """A sheet as it is written: each track with the name of the file it lies in."""

    title: str = ""
    performer: str = ""
    tracks: list[CueTrack] = field(default_factory=list)

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(track.file for track in self.tracks))


def read_sheet(text: str) -> Sheet:
    """The tracks of a sheet; unknown lines and tracks of data are ignored."""
    sheet, file, track, is_sound = Sheet(), "", None, True
    for line in text.removeprefix("\ufeff").splitlines():
        command, _, rest = line.strip().partition(" ")
        command, value = command.upper(), _unquoted(rest.strip())
        if command == "FILE":
            file = _file_name(rest.strip())  # a track's INDEX 01 may follow in the next file
        elif command == "TRACK":
            number, _, kind = value.partition(" ")
            is_sound = kind.strip().upper() in ("", "AUDIO")
            track = CueTrack(int(number) if number.isdecimal() else len(sheet.tracks) + 1, file)
            if is_sound and len(sheet.tracks) < MOST_TRACKS:
                sheet.tracks.append(track)
        elif command in ("TITLE", "PERFORMER") and track is not None:
            setattr(track, command.lower(), value)
        elif command in ("TITLE", "PERFORMER") and not sheet.tracks:
            setattr(sheet, command.lower(), value)
        elif command == "INDEX" and track is not None:
            number, _, time = value.partition(" ")
            begins_ms = _milliseconds(time.strip())
            if begins_ms is not None and (number.strip("0") == "1" or track.begins_ms is None):
                track.begins_ms, track.file = begins_ms, file
    return sheet


def tell_of_sheets(
    source: Source, found: Sequence[FoundFile], refused: Sequence[tuple[str, str]], encoding: str | None
) -> list[CueSheet]:
    """Each sheet of the source, beside a recording or inside it, and which of its files were imported."""
    return list(_tell(source, found, refused, encoding))


class _Beside:
    """Files by the folder they lie in and by their names, gathered once for all sheets."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._named: dict[tuple[str, str], list[str]] = {}
        for path in paths:
            file = SourceFile(path, 0)
            for key in dict.fromkeys((same_name(file.name), same_name(file.stem))):
                self._named.setdefault((file.folder, key), []).append(path)

    def meant_by(self, sheet: SourceFile, name: str) -> str | None:
        """The recording a sheet means: the file of the name, or that of it in another format; else the sheet's own."""
        for wanted in (name, *({} if "." not in name else {name.rpartition(".")[0]})):
            if there := self._named.get((sheet.folder, same_name(wanted))):
                return there[0]
        mine = self._of_stem(sheet, sheet.stem)
        return mine[0] if len(mine) == 1 else None

    def like(self, sheet: SourceFile, name: str) -> str | None:
        """The first file that has the stem of a name in a sheet, or of the sheet itself."""
        stem = name.rpartition(".")[0] or name
        return next((path for one in (stem, sheet.stem) for path in self._of_stem(sheet, one)), None)

    def _of_stem(self, sheet: SourceFile, stem: str) -> list[str]:
        there = self._named.get((sheet.folder, same_name(stem)), [])
        return [path for path in there if same_name(SourceFile(path, 0).stem) == same_name(stem)]


def _tell(
    source: Source, found: Sequence[FoundFile], refused: Sequence[tuple[str, str]], encoding: str | None
) -> Iterator[CueSheet]:
    told: set[str] = set()
    here, left_out = _Beside(one.file.path for one in found), _Beside(path for path, _ in refused)
    for file in source.listed.sheets:
        try:
            text = _text(source, file, encoding)
        except UnreadableFile as unreadable:
            yield CueSheet(file.path, f"it cannot be read: {unreadable}", is_left_out=True)
            continue
        yield _told(file, read_sheet(text), here, left_out, told)
    for one in found:
        sheet = read_sheet(one.sheet)
        if len(sheet.tracks) > 1 and one.file.path not in told:  # a sheet of the same name said it already
            what = f"the sheet inside it names {len(sheet.tracks)} tracks: {_not_cut(one.file.path)}"
            yield _said(one.file.path, sheet, what, is_left_out=True)


def _told(file: SourceFile, sheet: Sheet, here: _Beside, left_out: _Beside, told: set[str]) -> CueSheet:
    def say(what: str, *, is_left_out: bool) -> CueSheet:
        return _said(file.path, sheet, what, is_left_out=is_left_out)

    if not sheet.tracks:
        return say("it is no cue sheet that can be read: it names no track", is_left_out=True)
    paths = {name: here.meant_by(file, name) for name in sheet.files}
    lacking = [name for name, path in paths.items() if path is None]
    if lacking:
        name = lacking[0]
        left = left_out.like(file, name)
        why = f"{left} was not imported" if left else f"there is no {name or 'file'} beside it"
        return say(f"it names {_counted(len(sheet.tracks))}, but {why}", is_left_out=True)
    several = [path for name, path in paths.items() if path and sum(one.file == name for one in sheet.tracks) > 1]
    told.update(several)
    if several:
        return say(f"it names {_counted(len(sheet.tracks))}: {_not_cut(', '.join(several))}", is_left_out=True)
    return say("each track it names is a file of its own: their tags were taken, not the sheet", is_left_out=False)


def _said(path: str, sheet: Sheet, what: str, *, is_left_out: bool) -> CueSheet:
    return CueSheet(path, what, is_left_out, sheet.title, sheet.performer, sheet.tracks)


def _not_cut(path: str) -> str:
    return (
        f"sound is not cut yet, so {path} was imported as one track; cut it into a file for each track and import those"
    )


def _counted(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"


def _text(source: Source, file: SourceFile, encoding: str | None) -> str:
    if file.size > MOST_BYTES:
        raise UnreadableFile(
            gettext(
                "it has {size:,} bytes, a cue sheet has at most {most_bytes:,}", size=file.size, most_bytes=MOST_BYTES
            )
        )
    with source.open(file) as opened:
        raw = opened.read(MOST_BYTES)
    if raw.startswith(_UTF_16):
        return raw.decode("utf-16", "replace")
    return encodings.decode(raw, encoding or encodings.guess(raw.splitlines()))


def _file_name(value: str) -> str:
    """FILE "a name.wav" WAVE, or without quotes where the name has no spaces; programs write whole paths, too."""
    name = _unquoted(value) if value.startswith('"') else value.rpartition(" ")[0] or value
    return name.replace("\\", "/").rpartition("/")[2]


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        inside, mark, _ = value[1:].rpartition('"')
        value = inside if mark else value[1:]
    return value.replace("\0", "").strip()[:TEXT_MOST]


def _milliseconds(time: str) -> int | None:
    found = _TIME.match(time)
    if found is None:
        return None
    minutes, seconds, frames = map(int, found.groups())
    return (minutes * 60 + seconds) * 1000 + frames * 1000 // FRAMES_PER_SECOND
