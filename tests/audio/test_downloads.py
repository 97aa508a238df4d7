"""Downloads: each format holds the music to the sample, says what it is, and is the same file when made again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest

from tests.audio.sounds import FORMATS, decoded, tone, whole, write
from tests.ingest.pictures import picture
from veza.audio.decoding import Decoder
from veza.audio.download_formats import DownloadFormat, formats_for, suffix_of
from veza.audio.download_tags import Cover, Gain, Tags
from veza.audio.downloads import encode_download

RATE = 44_100
SAMPLES = 40_003
LOSSLESS = {DownloadFormat.FLAC, DownloadFormat.WAV, DownloadFormat.ALAC}


TAGS = Tags(
    title="Zimní slunce", artist="Anna & Ben", album="Ostrov", album_artist="Anna", track=(3, 11), disc=(1, 2),
    date="2026-03-01", genres=("folk", "ambient"), copyright="℗ 2026 Anna", isrc="CZA512600001",
    musicbrainz_recording_id="b9ad642e-b012-41c7-b72a-42cf4911f9ff",
    musicbrainz_release_id="6e335887-60ba-38f0-95af-fae7774336bf",
    track_gain=Gain(-12.5, -0.4), album_gain=Gain(-11.0, 0.2),
    cover=Cover(picture("JPEG", (20, 30)), "image/jpeg", 20, 30),
)  # fmt: skip


def made(content: bytes, folder: Path, wanted: DownloadFormat, tags: Tags = TAGS) -> Path:
    path = folder / f"{wanted}.{suffix_of(wanted)}"
    encode_download(io.BytesIO(content), path, wanted, tags, longest_seconds=60)
    return path


def of(name: str, folder: Path, channels: int = 2, rate: int = RATE) -> bytes:
    how = FORMATS[name]
    return write(folder / f"source.{how.suffix}", how, tone(SAMPLES, rate, channels), rate).read_bytes()


def samples_of(path: Path) -> tuple[int, int]:
    with path.open("rb") as file, Decoder(file, 60) as decoder:
        for _ in decoder.blocks():
            pass
        return decoder.samples, decoder.source.rate


@pytest.mark.parametrize("wanted", list(DownloadFormat))
@pytest.mark.parametrize(("name", "channels"), [("WAV 16 bit", 2), ("WAV 24 bit", 1), ("FLAC 24 bit", 6)])
def test_a_download_holds_the_music_to_the_sample(
    tmp_path: Path, wanted: DownloadFormat, name: str, channels: int
) -> None:
    path = made(of(name, tmp_path, channels), tmp_path, wanted)
    samples, rate = samples_of(path)
    assert samples == -(-SAMPLES * rate // RATE)
    if wanted in LOSSLESS:
        bits = FORMATS[name].bits
        heard = decoded(path).astype(np.int64) << (16 if bits == 16 else 0)
        assert np.array_equal(heard, whole(tone(SAMPLES, RATE, channels), bits)), "bit for bit, and every channel"
    else:
        assert decoded(path).shape[0] == min(2, channels)


@pytest.mark.parametrize("wanted", list(DownloadFormat))
def test_the_same_upload_makes_the_same_file(tmp_path: Path, wanted: DownloadFormat) -> None:
    content = of("WAV 16 bit", tmp_path)
    first = made(content, tmp_path, wanted).read_bytes()
    (tmp_path / "again").mkdir()
    assert made(content, tmp_path / "again", wanted).read_bytes() == first


@pytest.mark.parametrize("wanted", list(DownloadFormat))
def test_a_download_says_what_it_is(tmp_path: Path, wanted: DownloadFormat) -> None:
    path = made(of("WAV 16 bit", tmp_path), tmp_path, wanted)
    plain = mutagen.File(path, easy=True)
    if plain is not None and wanted not in {DownloadFormat.WAV}:
        assert plain["title"] == [TAGS.title]
        assert plain["artist"] == [TAGS.artist]
        assert plain["album"] == [TAGS.album]
        assert plain["date"] == [TAGS.date]
    said = {name.lower(): value for name, value in (mutagen.File(path).tags or {}).items()}
    assert _holds(said, "−5.50 dB".replace("−", "-")) or wanted == DownloadFormat.OPUS, "ReplayGain of the track"
    assert _holds(said, TAGS.isrc)
    assert _holds(said, TAGS.musicbrainz_recording_id)
    assert _holds(said, TAGS.musicbrainz_release_id)
    assert _holds(said, TAGS.copyright)
    assert _has_cover(path)


def test_opus_says_its_gains_in_steps_of_r128(tmp_path: Path) -> None:
    said = mutagen.File(made(of("WAV 16 bit", tmp_path), tmp_path, DownloadFormat.OPUS))
    assert said["R128_TRACK_GAIN"] == [str(round(-10.5 * 256))]
    assert said["R128_ALBUM_GAIN"] == [str(-12 * 256)]


@pytest.mark.parametrize("wanted", list(DownloadFormat))
def test_a_download_without_cover_gains_or_date_has_none(tmp_path: Path, wanted: DownloadFormat) -> None:
    bare = Tags(title="t", artist="a", album="b", album_artist="a", track=(1, 1))
    path = made(of("WAV 16 bit", tmp_path), tmp_path, wanted, bare)
    said = {name.lower(): value for name, value in (mutagen.File(path).tags or {}).items()}
    assert not _has_cover(path)
    assert not any("gain" in name or "date" in name for name in said)


def test_a_lossy_upload_has_no_lossless_download(tmp_path: Path) -> None:
    assert set(formats_for(is_lossless=False)) == set(DownloadFormat) - LOSSLESS
    assert set(formats_for(is_lossless=True)) == set(DownloadFormat)
    with pytest.raises(ValueError, match="no better"):
        made(of("MP3 CBR", tmp_path), tmp_path, DownloadFormat.FLAC)


@pytest.mark.parametrize("wanted", [DownloadFormat.MP3_V0, DownloadFormat.AAC, DownloadFormat.OPUS])
def test_a_high_rate_becomes_one_that_the_format_has(tmp_path: Path, wanted: DownloadFormat) -> None:
    samples, rate = samples_of(made(of("FLAC 24 bit", tmp_path, rate=96_000), tmp_path, wanted))
    assert (samples, rate) == (-(-SAMPLES // 2), 48_000)


def _holds(said: dict[str, Any], text: str | None) -> bool:
    assert text
    return any(text in str(value) or text.encode() in repr(value).encode() for value in said.values())


def _has_cover(path: Path) -> bool:
    file = mutagen.File(path)
    tags = file.tags or {}
    return bool(
        getattr(file, "pictures", None)
        or any(str(name).startswith(("APIC", "covr", "metadata_block_picture")) for name in tags.keys())  # noqa: SIM118
    )
