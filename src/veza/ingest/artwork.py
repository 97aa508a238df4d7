"""Finding the cover: by a picture's type inside the recordings, else by its name beside them.

| order | which |
|---|---|
| 1 | inside any file of the release, of the type *front cover*; the one most files have |
| 2 | inside, of the type *other* |
| 3 | beside them: `front`, then `cover`, `folder`, `albumart`, and names with these words |
| 4 | the only picture beside them |

A picture that its type or name calls a back, a disc, an inlay or a booklet is never the cover.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from veza.catalog.pictures import hash_of
from veza.ingest.forms import PICTURES, UNREAD_PICTURES, form_of
from veza.ingest.found import FoundFile
from veza.ingest.grouping import Group
from veza.ingest.media import FRONT, OTHER, read_media
from veza.ingest.sources import Source, SourceFile, UnreadableFile
from veza.kit.messages import gettext

NAMES = ("front", "cover", "folder", "albumart")
_MEANS = {
    "vorderseite": "front", "vorne": "front", "recto": "front", "frente": "front", "fronte": "front",
    "voorkant": "front", "przód": "front", "перед": "front", "表": "front", "couverture": "cover", "pochette": "cover",
    "portada": "cover", "capa": "cover", "copertina": "cover", "hülle": "cover", "okładka": "cover", "omslag": "cover",
    "обложка": "cover", "ジャケット": "cover", "封面": "cover", "rückseite": "back", "hinten": "back", "verso": "back",
    "arrière": "back", "contraportada": "back", "trasera": "back", "contracapa": "back",
    "achterkant": "back", "tył": "back", "baksida": "back", "зад": "back", "задник": "back", "裏": "back",
    "背面": "back", "封底": "back",
}  # fmt: skip
"""Words in names of pictures, in several languages, and what they mean."""
_NEVER = frozenset(
    {
        "back", "rear", "disc", "disk", "cd", "cd1", "cd2", "vinyl", "inlay", "inside", "inner", "inset", "booklet",
        "tray", "matrix", "obi", "spine", "sidea", "sideb", "gatefold", "thumb", "small", "liner",
    }
)  # fmt: skip
_NEVER_ALONE = frozenset(
    {"label", "side", "sticker", "media", "artist", "band", "logo", "poster", "notes", "page", "lyrics", "ticket"}
)
"""Words that are in titles, too: behind a title, `front` or `cover` says what it is."""
_JOINED = re.compile(r"(front|back|rear|disc|disk|inlay|booklet|inner|tray)(?=cover|back|inlay|inside|art|scan)")
_ART_FOLDERS = frozenset({"art", "artwork", "cover", "covers", "scan", "scans", "booklet", "images", "pictures"})
_WORDS = re.compile(r"[^\W\d_]+\d*|\d+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may be the cover: the file it is, or is inside of (then by its `hash`)."""

    file: SourceFile
    hash: str = ""
    size: int = 0

    @property
    def where(self) -> str:
        return f"the picture in {self.file.path}" if self.hash else self.file.path


def candidates(group: Group, pictures: Sequence[SourceFile]) -> list[Candidate]:
    """Pictures that may be the release's cover, the best first."""
    return [*_inside(group.files, FRONT), *_inside(group.files, OTHER), *_beside(group, pictures)]


def not_taken(group: Group, pictures: Sequence[SourceFile]) -> str:
    """A sentence for a release without a cover that has pictures beside its files; "" if it has none."""
    folders = {one.file.folder for one in group.files}
    here = [one.path for one in pictures if one.folder in folders]
    named = ", ".join(here[:3]) + (f" and {len(here) - 3} more" if len(here) > 3 else "")
    verb = "is" if len(here) == 1 else "are"
    return f"it has no cover: {named} {verb} not named like one (front, cover, folder)" if here else ""


def unread_covers(group: Group, others: Sequence[str]) -> list[str]:
    """Pictures beside a release's files that are named like its cover, in forms that are not read."""
    near = {one.file.folder for one in group.files} | {one.home.folder for one in group.files}
    there = [SourceFile(path, 0) for path in others if form_of(path) in UNREAD_PICTURES]
    return [one.path for one in there if one.folder in near and _rank(one) is not None]


def read_candidate(source: Source, candidate: Candidate, most_bytes: int) -> bytes:
    """The picture's bytes; raises UnreadableFile."""
    with source.open(candidate.file) as opened:
        if not candidate.hash:
            return opened.read(most_bytes + 1)
        return picture_in(opened, candidate.file, candidate.hash)


def picture_in(opened: IO[bytes], file: SourceFile, wanted_hash: str) -> bytes:
    """The picture inside a recording that has this hash; raises UnreadableFile."""
    for picture in read_media(opened, file).pictures:
        if hash_of(picture.data) == wanted_hash:
            return picture.data
    raise UnreadableFile(gettext("the picture in it is not there any more"))


def _inside(files: Iterable[FoundFile], kind: int) -> Iterator[Candidate]:
    found: dict[str, Candidate] = {}
    counted: Counter[str] = Counter()
    for one in files:
        for picture in one.pictures:
            if picture.kind == kind:
                found.setdefault(picture.hash, Candidate(one.file, picture.hash, picture.size))
                counted[picture.hash] += 1
    return (found[hash_] for hash_, _ in counted.most_common())


def _beside(group: Group, pictures: Sequence[SourceFile]) -> list[Candidate]:
    folders = {one.file.folder for one in group.files}
    near = folders | {one.home.folder for one in group.files}
    here = [one for one in pictures if one.folder in near]
    inside = [one for one in pictures if _parent(one.folder) in near and _name(one.folder).lower() in _ART_FOLDERS]
    ranked = sorted((rank, one.path) for one in (*here, *inside) if (rank := _rank(one)) is not None)
    by_path = {one.path: one for one in (*here, *inside)}
    if ranked:
        return [Candidate(by_path[path], size=by_path[path].size) for _, path in ranked]
    alone = [one for one in here if not _is_never(one)]
    return [Candidate(alone[0], size=alone[0].size)] if len(alone) == 1 else []


def _rank(picture: SourceFile) -> int | None:
    """The rank of a picture by its name, 0 the best; None if the name says nothing, or names another thing."""
    words = _words(picture)
    if _is_never(picture):
        return None
    for number, name in enumerate(NAMES):
        if words == [name]:
            return number
        if name in words or (name == "albumart" and words[:2] == ["album", "art"]):
            return len(NAMES) + number
    return None


def _is_never(picture: SourceFile) -> bool:
    words = _words(picture)
    named = [word for word in words if not word.isdecimal()]
    is_said = bool(named) and named[-1] in NAMES
    return not _NEVER.isdisjoint(words) or (not is_said and not _NEVER_ALONE.isdisjoint(words))


def _words(picture: SourceFile) -> list[str]:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", PurePosixPath(picture.path).stem)
    split = split.replace("Album Art", "Albumart")
    small = unicodedata.normalize("NFC", split.lower())
    return [_MEANS.get(word, word) for word in _WORDS.findall(_JOINED.sub(r"\1 ", small))]


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]


def _name(folder: str) -> str:
    return folder.rpartition("/")[2]


def of_source(source: Source) -> list[SourceFile]:
    """Every picture of a source, beside the recordings or elsewhere."""
    return [file for file in source.listed.files if file.form in PICTURES]
