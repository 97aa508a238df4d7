"""An artist's payouts in the studio: where the money stands, what was sent and what was taken back."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import acting
from veza.kit.database import Session
from veza.kit.listing import Slice
from veza.money import balances, listings, sellers
from veza.web.answers import Shown
from veza.web.declared import page

TRANSFERS, REVERSALS = 30, 30


@page("/studio/{artist_id:uuid}/money", permission=Permission.SELL)
async def money_page(session: Session, artist_id: UUID, identity: Identity) -> Shown:
    """One sentence for each currency, then every transfer and what was taken back of them."""
    artist = await acting.artist_for(session, artist_id, identity)
    seller = await sellers.seller(session, str(artist_id))
    newest = Slice(listings.TRANSFER_SORTS["newest"], TRANSFERS, None)
    taken = Slice(listings.REVERSAL_SORTS["newest"], REVERSALS, None)
    return Shown(
        "earnings.html",
        artist=artist,
        balances=await balances.of_seller(session, str(artist_id)),
        is_paid_out=seller is not None and seller.transfers_active,
        transfers=await listings.transfers(session, newest, seller_id=str(artist_id)),
        reversals=await listings.reversals(session, taken, seller_id=str(artist_id)),
    )
