"""What several of the market's lists are filtered by."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from litestar.params import QueryParameter

from veza.api.catalog.shapes import ReleaseKind
from veza.api.shapes import CurrencyCode

OfKind = Annotated[Literal["release", "track"] | None, QueryParameter(description="Only of this kind.")]
OfReleaseKind = Annotated[ReleaseKind | None, QueryParameter(description="Only of such releases.")]
OfRelease = Annotated[UUID | None, QueryParameter(description="Only this release and its tracks.")]
OfArtist = Annotated[UUID | None, QueryParameter(description="Only of this artist.")]
OfCurrency = Annotated[CurrencyCode | None, QueryParameter(description="Only in this currency.")]


def currency_of(asked: str | None) -> str | None:
    """A currency as it is stored, however it was written."""
    return asked.upper() if asked is not None else None
