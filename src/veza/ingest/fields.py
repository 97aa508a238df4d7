"""The names of each field of a recording in every tag format."""

from __future__ import annotations

from dataclasses import dataclass

_ITUNES = "----:com.apple.iTunes:"


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of one field; of several names in one format the first with a value counts.

    `id3` is of MP3, WAV and AIFF; `vorbis` of FLAC, Ogg and Opus; `chunk` of the texts of RIFF (INFO) and AIFF.
    """

    id3: tuple[str, ...]
    mp4: tuple[str, ...]
    vorbis: tuple[str, ...]
    ape: tuple[str, ...] = ()
    chunk: tuple[str, ...] = ()


FIELDS: dict[str, Keys] = {
    "title": Keys(("TIT2",), ("©nam",), ("title",), ("title",), ("INFO:INAM", "AIFF:NAME")),
    "album": Keys(("TALB",), ("©alb",), ("album",), ("album",), ("INFO:IPRD",)),
    "artist": Keys(("TPE1",), ("©ART",), ("artist",), ("artist",), ("INFO:IART", "AIFF:AUTH")),
    "album_artist": Keys(
        ("TPE2",), ("aART",), ("albumartist", "album artist", "album_artist"), ("album artist", "albumartist")
    ),
    "track": Keys(("TRCK",), ("trkn",), ("tracknumber", "track"), ("track",), ("INFO:ITRK", "INFO:IPRT")),
    "disc": Keys(("TPOS",), ("disk",), ("discnumber", "disc"), ("disc", "discnumber", "media")),
    "genre": Keys(("TCON",), ("©gen",), ("genre",), ("genre",), ("INFO:IGNR",)),
    "day": Keys(("TDRC", "TDRL"), ("©day",), ("date", "year", "releasedate"), ("year", "date"), ("INFO:ICRD",)),
    "isrc": Keys(("TSRC",), (f"{_ITUNES}ISRC",), ("isrc",), ("isrc",), ("INFO:ISRC",)),
    "language": Keys(("TLAN",), (f"{_ITUNES}LANGUAGE",), ("language",), ("language",), ("INFO:ILNG",)),
    "composer": Keys(("TCOM",), ("©wrt",), ("composer",), ("composer",), ("INFO:IMUS",)),
    "lyricist": Keys(("TEXT",), (f"{_ITUNES}LYRICIST",), ("lyricist",), ("lyricist",), ("INFO:IWRI",)),
    "performer": Keys(("TPE3",), (f"{_ITUNES}CONDUCTOR",), ("performer", "conductor"), ("conductor",)),
    "explicit": Keys(("TXXX:ITUNESADVISORY",), ("rtng",), ("itunesadvisory",), ("itunesadvisory",)),
    "cuesheet": Keys(("TXXX:CUESHEET",), (f"{_ITUNES}CUESHEET",), ("cuesheet",), ("cuesheet",)),
    "musicbrainz_track": Keys(
        ("UFID:http://musicbrainz.org",), (f"{_ITUNES}MusicBrainz Track Id",), ("musicbrainz_trackid",),
        ("musicbrainz_trackid",),
    ),
    "musicbrainz_album": Keys(
        ("TXXX:MusicBrainz Album Id",), (f"{_ITUNES}MusicBrainz Album Id",), ("musicbrainz_albumid",),
        ("musicbrainz_albumid",),
    ),
}  # fmt: skip
