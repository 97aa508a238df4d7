"""Reading one file: its texts (as bytes if their encoding is unknown), its length, its pictures.

The texts are not interpreted here; `recording.py` does that.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any, TypeAlias

from mutagen.apev2 import APENoHeaderError, APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, TextFrame
from mutagen.mp3 import MP3, BitrateMode
from mutagen.mp4 import MP4
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from veza.ingest import mpeg
from veza.ingest.audio_hash import sound_of_mp3
from veza.ingest.chunks import Chunks, read_aiff, read_riff
from veza.ingest.fields import FIELDS, Keys
from veza.ingest.forms import SNIFFED_BYTES, sniffed
from veza.ingest.sources import SourceFile, UnreadableFile
from veza.kit.messages import gettext

Text: TypeAlias = str | bytes
FRONT, OTHER = 3, 0
"""Types of pictures (ID3v2.4, 4.14), as FLAC and ID3 have them."""

_LATIN_1 = 0
"""The encoding that an ID3 frame says it has when its program knew of none."""
_READ_AS = {
    ".oga": ".ogg", ".opus": ".ogg", ".wave": ".wav", ".bwf": ".wav", ".rf64": ".wav", ".aif": ".aiff",
    ".aifc": ".aiff",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureInside:
    """A picture in a file: its type (ID3v2.4, 4.14) and its bytes."""

    kind: int
    data: bytes


@dataclass(slots=True)
class Media:
    """`form` is how it was read (`.flac`, `.mp3`, `.m4a`, `.ogg`, `.wav`, `.aiff`)."""

    form: str
    seconds: float
    bitrate: int
    is_lossless: bool
    texts: dict[str, list[Text]] = field(default_factory=dict)
    pictures: list[PictureInside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_media(opened: IO[bytes], file: SourceFile) -> Media:
    """Read the file, by its first bytes if its name says another form. Raises UnreadableFile."""
    form = _READ_AS.get(file.form, file.form)
    try:
        return _READERS[form](opened)
    except Exception:  # what a damaged file makes a parser raise has no end
        opened.seek(0)
        found = sniffed(opened.read(SNIFFED_BYTES))
    if found is not None and found[1] not in {None, form}:
        try:
            media = _READERS[str(found[1])](opened)
        except Exception:
            raise UnreadableFile(gettext("it is no {form} file that can be read", form=form[1:].upper())) from None
        media.notes.append(f"it is {found[0]}, though its name ends in {file.form}")
        return media
    raise UnreadableFile(gettext("it is no {form} file that can be read", form=form[1:].upper()))


def _mp3(opened: IO[bytes]) -> Media:
    opened.seek(0)
    found: Any = MP3(opened)  # type: ignore[no-untyped-call]  # mutagen has no types
    media = Media(".mp3", found.info.length, found.info.bitrate, is_lossless=False)
    if found.info.bitrate_mode == BitrateMode.UNKNOWN:  # no header says how many frames there are
        start, end = sound_of_mp3(opened)
        media.seconds = mpeg.seconds_of(opened, start, end) or media.seconds
    tags: Any = found.tags
    ape = _ape(opened)
    if isinstance(tags, ID3) and tags.version[0] == 1:  # ID3v1 cuts off after 30 letters: any other tag says more
        _take(media, lambda keys: _of_mapping(ape, keys.ape))
        _take(media, lambda keys: _of_id3(tags, keys))
    else:
        _take(media, lambda keys: _of_id3(tags, keys))
        _take(media, lambda keys: _of_mapping(ape, keys.ape))
    _take_odd_dates(media, opened)
    media.pictures = [*_pictures_of_id3(tags), *_pictures_of_ape(ape)]
    return media


def _flac(opened: IO[bytes]) -> Media:
    found = _blocks_of_flac(opened)
    media = Media(".flac", found.info.length, found.info.bitrate, is_lossless=True)
    _take(media, lambda keys: _of_mapping(found.tags, keys.vorbis))
    if found.cuesheet is not None:
        media.texts.setdefault("cuesheet", [_sheet_of_block(found)])
    media.pictures = [*_pictures_of_flac(found), *_pictures_of_vorbis(found.tags)]
    return media


class _FlacBySizes(FLAC):
    """A FLAC whose picture blocks end where their size says, and are not parsed."""

    METADATA_BLOCKS = [*FLAC.METADATA_BLOCKS[: Picture.code], None]  # noqa: RUF012  (mutagen declares it so)


def _blocks_of_flac(opened: IO[bytes]) -> Any:
    """The file as mutagen has it, which looks for the end of a picture inside the picture: programs write wrong sizes.
    Where a damaged picture leads it astray, the sizes are believed."""
    opened.seek(0)
    try:
        return FLAC(opened)  # type: ignore[no-untyped-call]  # mutagen has no types
    except Exception:
        opened.seek(0)
        return _FlacBySizes(opened)  # type: ignore[no-untyped-call]  # mutagen has no types


def _sheet_of_block(found: Any) -> str:
    """The CUESHEET block of a FLAC as lines of a cue sheet; its last track is the end of the disc."""
    lines = []
    for track in found.cuesheet.tracks[:-1]:
        minutes, rest = divmod(track.start_offset * 75 // found.info.sample_rate, 60 * 75)
        lines += [f"TRACK {track.track_number:02d} AUDIO", f"INDEX 01 {minutes:02d}:{rest // 75:02d}:{rest % 75:02d}"]
    return "\n".join(lines)


def _ogg(opened: IO[bytes]) -> Media:
    kinds: tuple[Any, ...] = (OggVorbis, OggOpus, OggFLAC)
    for number, kind in enumerate(kinds):
        opened.seek(0)
        try:
            found: Any = kind(opened)
        except Exception:
            if number == len(kinds) - 1:
                raise
        else:
            break
    media = Media(".ogg", found.info.length, getattr(found.info, "bitrate", 0) or 0, is_lossless=kind is OggFLAC)
    _take(media, lambda keys: _of_mapping(found.tags, keys.vorbis))
    media.pictures = _pictures_of_vorbis(found.tags)
    return media


def _mp4(opened: IO[bytes]) -> Media:
    opened.seek(0)
    found: Any = MP4(opened)  # type: ignore[no-untyped-call]  # mutagen has no types
    is_lossless = str(getattr(found.info, "codec", "")).startswith("alac")
    media = Media(".m4a", found.info.length, found.info.bitrate, is_lossless=is_lossless)
    _take(media, lambda keys: _of_mapping(found.tags, keys.mp4))
    # Of several covers the first is the front: the format has no types.
    covers = (found.tags or {}).get("covr", [])
    media.pictures = [PictureInside(OTHER if number else FRONT, bytes(one)) for number, one in enumerate(covers)]
    return media


def _wav(opened: IO[bytes]) -> Media:
    return _of_chunks(".wav", read_riff(opened))


def _aiff(opened: IO[bytes]) -> Media:
    return _of_chunks(".aiff", read_aiff(opened))


_READERS: dict[str, Callable[[IO[bytes]], Media]] = {
    ".mp3": _mp3, ".flac": _flac, ".m4a": _mp4, ".ogg": _ogg, ".wav": _wav, ".aiff": _aiff,
}  # fmt: skip


def _of_chunks(form: str, chunks: Chunks) -> Media:
    media = Media(form, chunks.seconds, chunks.bitrate, is_lossless=True)
    tags = ID3(BytesIO(chunks.id3)) if chunks.id3 else None  # type: ignore[no-untyped-call]  # mutagen has no types
    _take(media, lambda keys: _of_id3(tags, keys))
    _take(media, lambda keys: next((texts for key in keys.chunk if (texts := chunks.texts.get(key))), []))
    media.pictures = _pictures_of_id3(tags)
    return media


def _take(media: Media, values: Callable[[Keys], Any]) -> None:
    """Fill the fields that have no value yet."""
    for name, keys in FIELDS.items():
        found = [one for one in values(keys) if one]
        if found:
            media.texts.setdefault(name, found)


def _of_id3(tags: Any, keys: Keys) -> list[Text]:
    for key in keys.id3 if tags is not None else ():
        if found := [text for frame in tags.getall(key) for text in _frame_texts(frame)]:
            return found
    return []


class TDRC(TextFrame):
    """A date as it is written: mutagen's own frame drops the parts it does not understand."""


class TYER(TextFrame):
    """The year frame of ID3v2.3, as it is written."""


def _take_odd_dates(media: Media, opened: IO[bytes]) -> None:
    """The date as its tag has it, where nothing of it was understood, or only numbers in another order."""
    opened.seek(0)
    try:
        raw: Any = ID3(opened, translate=False, known_frames={"TDRC": TDRC, "TYER": TYER})  # type: ignore[no-untyped-call]  # mutagen has no types
    except Exception:  # there is no ID3v2 tag
        return
    written = [text for key in ("TDRC", "TYER") for frame in raw.getall(key) for text in frame.text if text.strip()]
    understood = media.texts.get("day", [""])[0]
    if written and (not understood or not written[0].startswith(str(understood)[:4])):
        media.texts["day"] = list(written)


def _frame_texts(frame: Any) -> Iterator[Text]:
    if not hasattr(frame, "text"):
        yield getattr(frame, "data", b"").decode("ascii", "replace")
        return
    for text in frame.genres if hasattr(frame, "genres") else map(str, frame.text):
        undeclared = getattr(frame, "encoding", 3) == _LATIN_1 and not text.isascii()
        yield text.encode("latin-1", "replace") if undeclared else text


def _of_mapping(tags: Any, keys: tuple[str, ...]) -> list[Text]:
    """Texts of tags that are a mapping: Vorbis comments, MP4 atoms, APEv2."""
    for key in keys if tags is not None else ():
        try:
            found = tags.get(key)
        except (KeyError, ValueError):
            continue
        if found := [_plain(one) for one in _listed(found)]:
            return found
    return []


def _listed(found: Any) -> list[Any]:
    if found is None:
        return []
    if isinstance(found, list):
        return found
    try:
        return list(found)  # an APE text of several values
    except TypeError:
        return [found]


def _plain(value: Any) -> Text:
    if isinstance(value, tuple):  # track or disc of how many
        return str(value[0] or "") if value else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _ape(opened: IO[bytes]) -> Any:
    opened.seek(0)
    try:
        return APEv2(opened)  # type: ignore[no-untyped-call]  # mutagen has no types
    except APENoHeaderError:
        return None
    except Exception:  # damaged tags at the end of sound that plays
        return None


def _pictures_of_id3(tags: Any) -> list[PictureInside]:
    frames = tags.getall("APIC") if isinstance(tags, ID3) else []  # type: ignore[no-untyped-call]  # mutagen has no types
    return [PictureInside(int(frame.type), bytes(frame.data)) for frame in frames]


def _pictures_of_ape(tags: Any) -> list[PictureInside]:
    found = []
    for key, kind in (("cover art (front)", FRONT), ("cover art (back)", 4), ("cover art (other)", OTHER)):
        value = tags.get(key) if tags is not None else None
        if value is not None:
            name, mark, data = bytes(value.value).partition(b"\0")
            found.append(PictureInside(kind, data if mark else name))
    return found


def _pictures_of_flac(found: Any) -> Iterator[PictureInside]:
    for block in found.pictures:
        try:
            picture: Any = block if isinstance(block, Picture) else Picture(block.data)  # type: ignore[no-untyped-call]  # mutagen has no types
        except Exception:  # noqa: S112  (a damaged picture is no picture)
            continue
        yield PictureInside(int(picture.type), bytes(picture.data))


def _pictures_of_vorbis(tags: Any) -> list[PictureInside]:
    """Pictures in comments: whole blocks of FLAC, and the bare pictures (COVERART) of before there were any."""
    found = []
    for block in (tags or {}).get("metadata_block_picture", []):
        try:
            picture: Any = Picture(b64decode(block))  # type: ignore[no-untyped-call]  # mutagen has no types
        except Exception:  # noqa: S112  (a damaged picture is no picture)
            continue
        found.append(PictureInside(int(picture.type), bytes(picture.data)))
    for text in (tags or {}).get("coverart", []):
        try:
            found.append(PictureInside(FRONT, b64decode(text)))
        except ValueError:
            continue
    return found
