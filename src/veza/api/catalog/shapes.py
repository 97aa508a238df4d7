"""What several of the catalogue's addresses have in common: who asks, moved addresses, texts, covers, lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from msgspec import UNSET, Meta, Struct

from veza.api.shapes import PLAIN
from veza.catalog.text_fields import sort_key
from veza.http.whole_request import one_fault
from veza.kit.messages import gettext

ReleaseKind = Literal["album", "ep", "single", "sample_pack"]
HeardBy = Annotated[
    Literal["owners", "everybody"], Meta(description="Who hears all of it; other listeners hear the preview, if any.")
]
HasPreview = Annotated[
    bool, Meta(description="Whether 30 seconds of each track are open to everybody who does not hear all of it.")
]
AudioState = Annotated[
    Literal["none", "processing", "ready", "failed"], Meta(description="Whether there is sound: `ready` plays.")
]
Name = Annotated[str, Meta(min_length=1, max_length=400, pattern=PLAIN, description="At most 200 characters (NFC).")]
Prose = Annotated[str, Meta(max_length=20_000)]
TagText = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)]
Tags = Annotated[list[TagText], Meta(max_length=50, description="At most 20 of at most 40 characters, in lower case.")]
LanguageCode = Annotated[str, Meta(min_length=2, max_length=8, description="BCP 47, its first part: de, en, gsw.")]
ArtistRef = Annotated[
    str, PathParameter(min_length=1, max_length=100, description="The artist's slug, current or former, or its id.")
]
TagFilter = Annotated[str | None, QueryParameter(max_length=40, pattern=PLAIN, description="With this tag.")]
TitleFilter = Annotated[
    str | None, QueryParameter(max_length=200, pattern=PLAIN, description="How the title begins, without accents.")
]
NameFilter = Annotated[
    str | None, QueryParameter(max_length=200, pattern=PLAIN, description="How the name begins, without accents.")
]
OfArtist = Annotated[UUID | None, QueryParameter(description="Only of this artist.")]


class CoverResponse(Struct, frozen=True):
    """A cover: its main colour, its sizes under `/covers/{id}/{size}.webp` (or `.jpg`), and its palette, whose style
    sheet is `/palettes/{palette}.css`; null where no colour of it stands out."""

    id: UUID
    colour: str
    palette: str | None
    sizes: list[int]
    url: str


COVER_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000c1",
    "colour": "#1d3557",
    "palette": "5d1f0a7c33e94b10",
    "sizes": [96, 256, 512],
    "url": "/covers/01890000-0000-7000-8000-0000000000c1/512.webp",
}


class Moved(Struct, frozen=True):
    """It has another address now."""

    location: str


class Removed(Struct, frozen=True):
    """What was asked to go is gone."""

    id: UUID
    removed: bool = True


REMOVED_EXAMPLE = {"id": "01890000-0000-7000-8000-000000000001", "removed": True}
MOVED = ResponseSpec(
    Moved,
    generate_examples=False,
    description="It was renamed: `Location` says where it is now.",
    examples=[Example(value=Moved("/api/v1/artists/blue-hours"))],
)


def searched(text: str | None) -> str | None:
    """`text` of a search as it was sent; a Problem (400) where nothing is left of it without case and accents, since
    a search for nothing would list everything."""
    if text is not None and not sort_key(text):
        said = gettext("has nothing to search for: an accent or a space alone begins no title and no name")
        raise one_fault("query", "text", said)
    return text


def moved(location: str) -> Response[Any]:
    """308: a former slug was asked for."""
    return Response(Moved(location), status_code=308, headers={"Location": location})


def cover_of(row: Any) -> CoverResponse | None:
    """The cover in a row of a list."""
    if row.cover_id is None or row.colour is None:
        return None
    url = f"/covers/{row.cover_id}/{max(row.sizes)}.webp"
    return CoverResponse(row.cover_id, row.colour, row.palette_hash, row.sizes, url)


def given(data: Struct) -> dict[str, Any]:
    """The fields that were sent, of a shape whose fields are all optional (UNSET)."""
    values = ((name, getattr(data, name)) for name in data.__struct_fields__)
    return {name: value for name, value in values if value is not UNSET}
