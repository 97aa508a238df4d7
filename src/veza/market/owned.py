"""Refusing products that the buyer owns already, or would get twice: no buyer pays twice by accident."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.library import access
from veza.library.grants import ItemKind
from veza.market.products import Offer


class OwnedAlready(Exception):
    """The buyer owns the product, or has it in the cart, already."""


async def refuse(session: Session, person_id: UUID, wanted: Sequence[Offer]) -> None:
    """Raise OwnedAlready for the first of these products that the person owns."""
    owned = await among(session, person_id, wanted)
    for offer in wanted:
        if offer.product.id in owned:
            raise OwnedAlready(
                gettext(
                    "you own “{offer_title}” by {name} already: it is in your library",
                    offer_title=offer.title,
                    name=offer.artist.name,
                )
            )


async def among(session: Session, person_id: UUID, wanted: Sequence[Offer]) -> set[UUID]:
    """Those of these products that the person owns."""
    items = {offer.product.item_id for offer in wanted} | {offer.product.release_id for offer in wanted}
    owned = await access.owned_of(session, person_id, items)
    # Having a release is having its tracks; having one track is not having the release.
    return {
        offer.product.id
        for offer in wanted
        if offer.product.item_id in owned or (offer.track is not None and offer.product.release_id in owned)
    }


def overlap(offer: Offer, inside: Sequence[Offer]) -> Message | None:
    """How the offer is in a cart with these already; None where it is not."""
    for other in inside:
        if other.product.id == offer.product.id:
            return gettext("“{title}” is in the cart already", title=offer.title)
        if other.product.release_id == offer.product.release_id and other.product.kind != offer.product.kind:
            release, track = (offer, other) if offer.product.kind == ItemKind.RELEASE else (other, offer)
            return gettext(
                "“{track}” comes with “{release}”: the cart can hold the one or the other",
                track=track.title,
                release=release.title,
            )
    return None


def refuse_overlap(offer: Offer, inside: Sequence[Offer]) -> None:
    """Raise OwnedAlready where `overlap` has something to say."""
    said = overlap(offer, inside)
    if said is not None:
        raise OwnedAlready(said)
