"""The kind of a file, by its name and its first bytes: to be read, only to be named, or left behind by a system."""

from __future__ import annotations

from pathlib import PurePosixPath

from veza.ingest.mpeg import layer_of

AUDIO = frozenset(
    {".mp3", ".flac", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".wave", ".bwf", ".rf64", ".aif", ".aiff", ".aifc"}
)
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
READ = AUDIO | PICTURES
UNREAD_PICTURES = frozenset(
    {".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".jfif", ".psd"}
)
SHEETS = frozenset({".cue"})
"""Cue sheets: they are read and shown in the report."""

UNREAD_AUDIO = {
    ".wma": "Windows Media", ".asf": "Windows Media", ".wv": "WavPack", ".aac": "AAC without a container",
    ".tta": "True Audio", ".m4b": "an audiobook", ".m4r": "a ring tone", ".m4p": "protected AAC", ".mpc": "Musepack",
    ".mp+": "Musepack", ".ape": "Monkey's Audio", ".ofr": "OptimFROG", ".tak": "TAK", ".shn": "Shorten", ".dsf": "DSD",
    ".dff": "DSD", ".wsd": "DSD", ".spx": "Speex", ".ac3": "Dolby Digital", ".eac3": "Dolby Digital", ".dts": "DTS",
    ".mlp": "MLP", ".thd": "TrueHD", ".mka": "Matroska", ".ra": "RealAudio", ".rm": "RealAudio", ".au": "Sun audio",
    ".snd": "Sun audio", ".caf": "Core Audio", ".w64": "Wave64", ".amr": "AMR", ".mp1": "MPEG layer 1",
    ".mp2": "MPEG layer 2", ".mpga": "MPEG audio", ".voc": "Creative Voice", ".vqf": "TwinVQ", ".aa": "Audible",
    ".aax": "Audible", ".mid": "MIDI", ".midi": "MIDI", ".mod": "a tracker module", ".xm": "a tracker module",
    ".s3m": "a tracker module", ".it": "a tracker module", ".weba": "WebM", ".3ga": "AMR", ".awb": "AMR",
    ".adts": "AAC without a container", ".mpa": "MPEG audio", ".m2a": "MPEG layer 2", ".oma": "ATRAC", ".aa3": "ATRAC",
    ".at3": "ATRAC", ".gsm": "GSM", ".sd2": "Sound Designer", ".8svx": "Amiga sound", ".mogg": "Ogg of many tracks",
    ".cda": "a link to a CD's track",
}  # fmt: skip
"""Audio formats that are not read, with their names."""

MAYBE_FILMS = frozenset({".asf", ".rm"})
"""Endings of names that both audio and films have."""

ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"})

LITTER = frozenset(
    {
        ".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx", ".appledouble", "@eadir", "#recycle",
        "$recycle.bin", "system volume information", "lost+found", ".spotlight-v100", ".fseventsd", ".temporaryitems",
        ".trashes", ".trash", ".thumbnails", ".stfolder", ".stversions", ".git", ".svn", ".hg",
    }
)  # fmt: skip
"""Names that operating systems, file servers and tools keep beside people's files; their content is not read."""

_APPLE_DOUBLE = b"\x00\x05\x16\x07"
"""The first bytes of what macOS writes as ._NAME beside NAME."""

_SNIFFED = (
    # offset, bytes, what it is, and how such a file is read (None: it is not)
    (0, b"fLaC", "FLAC", ".flac"),
    (0, b"OggS", "Ogg", ".ogg"),
    (8, b"WAVE", "WAV", ".wav"),
    (8, b"AIFF", "AIFF", ".aiff"),
    (8, b"AIFC", "AIFF", ".aiff"),
    (4, b"ftypM4A", "M4A", ".m4a"),
    (0, b"ID3", "MP3", ".mp3"),
    (0, b"wvpk", "WavPack", None),
    (0, b"MAC ", "Monkey's Audio", None),
    (0, b"TTA1", "True Audio", None),
    (0, b"MPCK", "Musepack", None),
    (0, b"DSD ", "DSD", None),
    (0, b"FRM8", "DSD", None),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media", None),
)
_MPEG: dict[int, tuple[str, str | None]] = {
    1: ("MPEG layer 1", None),
    2: ("MPEG layer 2", None),
    3: ("MP3", ".mp3"),
    4: ("AAC", None),
}
SNIFFED_BYTES = 6 * 1024
"""Enough for some frames of MPEG audio, by which a file without a tag at its beginning is known."""


def form_of(path: str) -> str:
    """How a file's name ends, in lower case, with the dot."""
    return PurePosixPath(path).suffix.lower()


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name belongs to a system or a tool."""
    small = name.lower()
    return small in LITTER or small.startswith(".trash-")


def is_apple_double(name: str, head: bytes) -> bool:
    """Whether it is a file of macOS with metadata of another file."""
    return name.startswith("._") and head.startswith(_APPLE_DOUBLE)


def sniffed(head: bytes) -> tuple[str, str | None] | None:
    """The audio format by the first bytes of a file, and the form it is read as; None for other files."""
    for offset, magic, name, form in _SNIFFED:
        if head[offset : offset + len(magic)] == magic:
            return name, form
    return _MPEG[layer] if (layer := layer_of(head)) is not None else None
