"""What is no sound of an accepted kind is refused with a sentence; what is beside the sound is not touched."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from tests.audio.sounds import FORMATS, decoded, tone, write
from veza.audio.decoding import Decoder, TooLong
from veza.audio.manifest import Rung
from veza.audio.rendering import render
from veza.audio.sources import NotSound

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile '/etc/passwd'\n"


def read(content: bytes, longest_seconds: float = 60) -> Decoder:
    with Decoder(io.BytesIO(content), longest_seconds) as decoder:
        for _ in decoder.blocks():
            pass
    return decoder


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 5_000, b"no sound " * 1_000, b"RIFF", b"%PDF-1.7\n", PLAYLIST, CONCAT, b"http://127.0.0.1/a.mp3"],
)
def test_what_is_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(NotSound):
        read(content)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_content_decides_not_the_name(tmp_path: Path, name: str) -> None:
    how = FORMATS[name]
    content = write(tmp_path / f"a.{how.suffix}", how, tone(9_000, 48_000), 48_000).read_bytes()
    assert read(content).samples == 9_000
    assert read(content).source.is_lossless == how.is_lossless


def test_what_lasts_too_long_is_refused(tmp_path: Path) -> None:
    content = write(tmp_path / "a.wav", FORMATS["WAV 16 bit"], tone(48_000, 48_000), 48_000).read_bytes()
    with pytest.raises(TooLong, match=r"lasts longer than 0\.5 s"):
        read(content, 0.5)


def test_floats_that_are_no_level_are_silent_and_counted(tmp_path: Path) -> None:
    signal = tone(9_000, 48_000)
    signal[0, 100:103], signal[1, 5_000] = (float("nan"), float("inf"), -1e30), 65.0
    with (write(tmp_path / "a.wav", FORMATS["WAV float"], signal, 48_000)).open("rb") as file:
        made = render(file, tmp_path, list(Rung), longest_seconds=60, measures=True)
    assert (made.samples, made.impossible_samples) == (9_000, 4)
    heard = decoded(tmp_path / "flac.mp4")
    assert heard[0, 100:103].tolist() == [0, 0, 0]
    assert heard[1, 5_000] == 0


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_damaged_file_ends_in_a_sentence_or_in_sound(tmp_path: Path, name: str) -> None:
    how, chance = FORMATS[name], random.Random(name)
    content = write(tmp_path / f"a.{how.suffix}", how, tone(30_000, 48_000), 48_000).read_bytes()
    for _ in range(15):
        damaged = bytearray(content[: chance.randrange(1, len(content))] if chance.random() < 0.4 else content)
        for _ in range(chance.randrange(20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            assert read(bytes(damaged)).samples
        except (NotSound, TooLong) as error:
            assert str(error)  # noqa: PT017  (either is right)
