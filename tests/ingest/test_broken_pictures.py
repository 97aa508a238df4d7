"""A broken picture inside a recording fails no track: its tags are read, and its sound is the same, without it."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutagen import File

from tests.audio.sounds import FORMATS as SOUNDS
from tests.audio.sounds import tone, write
from tests.ingest.conftest import Intake
from tests.ingest.pictures import picture
from tests.ingest.recordings import FORMS, TAGS
from veza.audio.manifest import Rung
from veza.audio.rendering import render
from veza.ingest.reading_apart import read_apart
from veza.ingest.sources import SourceFile

RATE = 48_000
PICTURE = picture()
HOW = {
    ".wav": "WAV 16 bit", ".aiff": "AIFF 16 bit", ".mp3": "MP3 CBR", ".flac": "FLAC 16 bit", ".ogg": "Ogg Vorbis",
    ".opus": "Ogg Opus", ".m4a": "AAC",
}  # fmt: skip
LONG, SHORT = b"\x7f\xff\xff\xff", b"\x00\x00\x00\x05"

Break = Callable[[Path], None]


def tagged(folder: Path, suffix: str, cover: bytes = PICTURE) -> Path:
    """Half a second of a tone, with tags and a cover."""
    folder.mkdir(exist_ok=True)
    path = write(folder / f"take{suffix}", SOUNDS[HOW[suffix]], tone(RATE // 2, RATE), RATE)
    FORMS[suffix][1](path, TAGS, cover)
    return path


def file_at(path: Path) -> SourceFile:
    return SourceFile(path.name, path.stat().st_size)


def overwritten(before: bytes, by: int, data: bytes) -> Break:
    """Writes `data` at `by` bytes behind the beginning of `before`, the first in the file."""

    def damage(path: Path) -> None:
        content = path.read_bytes()
        at = content.index(before) + by
        path.write_bytes(content[:at] + data + content[at + len(data) :])

    return damage


def commented(name: str, text: str) -> Break:
    """A Vorbis comment in the place of the picture."""

    def damage(path: Path) -> None:
        media: Any = File(path)
        media.pop("metadata_block_picture", None)
        media[name] = [text]
        media.save()

    return damage


CUT_BLOCK = b64encode(b"\x00\x00\x00\x03" + LONG + b"image/png").decode()
FRAME: dict[str, Break] = {
    "frame too long": overwritten(b"APIC", 4, b"\x7f\x7f\x7f\x7f"),
    "frame too short": overwritten(b"APIC", 4, b"\x00\x00\x00\x01"),
    "frame of nothing": overwritten(b"APIC", 10, b"\x09" + b"\xff" * 30),
}
COMMENT: dict[str, Break] = {
    "no base64": commented("metadata_block_picture", "%%% é"),
    "block cut off": commented("metadata_block_picture", CUT_BLOCK),
    "old cover, no base64": commented("coverart", "é"),
}
ATOM: dict[str, Break] = {
    "atom too long": overwritten(b"covr", 4, LONG),
    "atom too short": overwritten(b"covr", 4, SHORT),
    "atom of another name": overwritten(b"covr", 8, b"xxxx"),
}
BLOCK: dict[str, Break] = {
    "type of a picture too long": overwritten(b"image/png", -4, LONG),
    "picture too long": overwritten(PICTURE, -4, LONG),
    "picture too short": overwritten(PICTURE, -4, SHORT),
    "no such type": overwritten(b"image/png", -8, b"\xff" * 4),
}
DAMAGES: dict[str, dict[str, Break]] = {
    ".wav": FRAME, ".aiff": FRAME, ".mp3": FRAME, ".flac": BLOCK | {"old cover": COMMENT["old cover, no base64"]},
    ".ogg": COMMENT, ".opus": COMMENT, ".m4a": ATOM,
}  # fmt: skip
"""What is broken about the place where a format keeps its picture."""
NO_PICTURES = {
    "no picture": b"no picture" * 40, "cut off": PICTURE[:60], "header of a giant": PICTURE[:16] + b"\xff" * 8,
}  # fmt: skip
"""What may be in that place."""


async def _plays_as_before(path: Path, folder: Path, sound: str) -> None:
    """Asserts that the reading process and rendering make of the recording what they make of a good one."""
    read = await read_apart(path, file_at(path))
    assert (read.recording.track.title, read.recording.album) == ("Night Bus", "Blue Hours")
    assert rendered(path, folder) == sound


def rendered(path: Path, folder: Path) -> str:
    """The hash of what is rendered of a recording."""
    made = folder / f"made-{len(list(folder.iterdir()))}"
    made.mkdir()
    whole = render(io.BytesIO(path.read_bytes()), made, [Rung.AAC_64], longest_seconds=60.0, measures=False)
    assert (whole.damaged_packets, whole.samples) == (0, RATE // 2)
    return hashlib.sha256((made / "aac64.m4a").read_bytes()).hexdigest()


@pytest.mark.parametrize("suffix", HOW)
async def test_a_broken_place_of_a_picture_fails_no_track(tmp_path: Path, suffix: str) -> None:
    sound = rendered(tagged(tmp_path, suffix), tmp_path)
    for name, damage in DAMAGES[suffix].items():
        path = tagged(tmp_path / name, suffix)
        before = path.read_bytes()
        damage(path)
        assert path.read_bytes() != before, name
        await _plays_as_before(path, tmp_path, sound)


@pytest.mark.parametrize("suffix", HOW)
async def test_what_is_no_picture_fails_no_track(tmp_path: Path, suffix: str) -> None:
    sound = rendered(tagged(tmp_path, suffix), tmp_path)
    for name, cover in NO_PICTURES.items():
        await _plays_as_before(tagged(tmp_path / name, suffix, cover), tmp_path, sound)


@pytest.mark.parametrize("suffix", HOW)
async def test_an_album_with_broken_pictures_is_a_draft_without_a_cover(intake: Intake, suffix: str) -> None:
    """The report names the picture that was not taken."""
    path = tagged(intake.folder, suffix, NO_PICTURES["cut off"])
    report = await intake.imported()
    ((release, (track,)),) = (await intake.releases()).values()
    assert (release.title, release.cover_id, track.title) == ("Blue Hours", None, "Night Bus")
    assert track.audio_state == "processing"
    ((where, why),) = report.refused
    assert where == f"the picture in {path.name}"
    assert why.startswith("it makes no cover: ")


async def test_a_damaged_block_of_a_flac_leaves_the_pictures_beside_it(tmp_path: Path) -> None:
    path = tagged(tmp_path, ".flac")
    second = picture(colour=(0, 200, 0))
    media: Any = File(path)
    block = type(media.pictures[0])()
    block.data, block.mime, block.type = second, "image/png", 4
    media.add_picture(block)
    media.save()
    BLOCK["picture too long"](path)
    read = await read_apart(path, file_at(path))
    assert [(one.kind, one.size) for one in read.pictures] == [(4, len(second))]
