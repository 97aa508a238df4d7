"""What was found, as lists show it: read from the database through the rule of what is public, the best first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from veza.catalog import listings, visibility
from veza.community import playlist_lists
from veza.kit.database import Session
from veza.kit.rows import Found
from veza.search import sources
from veza.search.places import Kind
from veza.search.ranking import Hit


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing that was found: `row` is as the lists of its kind have it; a person's has `id` and `name`."""

    kind: Kind
    row: Found
    hit: Hit

    @property
    def name(self) -> str:
        """Its name or title."""
        return str(self.row.name if self.kind in ("artist", "person") else self.row.title)

    @property
    def by(self) -> str:
        """The name of the artist of a release or track; empty of others."""
        return str(self.row.artist_name) if self.kind in ("release", "track") else ""


async def shown(session: Session, hits: Mapping[Kind, Sequence[Hit]]) -> dict[Kind, list[Shown]]:
    """Every hit that is public now."""
    found: dict[Kind, list[Shown]] = {}
    for kind, some in hits.items():
        rows = await _rows(session, kind, [hit.about_id for hit in some])
        found[kind] = [Shown(kind, rows[hit.about_id], hit) for hit in some if hit.about_id in rows]
    return found


async def _rows(session: Session, kind: Kind, ids: Collection[UUID]) -> Mapping[UUID, Found]:
    if kind == "artist":
        return await listings.artists_by_id(session, ids)
    if kind == "release":
        cards = await listings.release_cards(session, ids)
        return {one: card for one, card in cards.items() if visibility.card_is_public(card)}
    if kind == "track":
        cards = await listings.track_cards(session, ids)
        return {
            one: card
            for one, card in cards.items()
            if card.listed_at is not None and visibility.card_is_public(card)
        }  # fmt: skip
    if kind == "playlist":
        return await playlist_lists.public_by_id(session, ids)
    return {row.id: row for row in await sources.findable(session, ids)}
