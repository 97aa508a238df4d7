"""The first page: the newest records, and what was said last."""

from __future__ import annotations

from litestar.di import NamedDependency

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.community import comment_lists
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.library import access
from veza.library.grants import ItemKind
from veza.market import products
from veza.streaming.hearing import part_heard
from veza.web.answers import Shown
from veza.web.declared import page
from veza.web.pages.turning import next_address, page_of
from veza.web.sharing_tags import shared_site
from veza.web.site import Site

ON_A_PAGE = 22
"""A large sleeve and 21 small ones fill whole rows of six, of four and of two."""
MOMENTS = 4


@page("/", permission=Permission.BROWSE)
async def home(session: Session, request: DoorRequest, identity: Identity, site: NamedDependency[Site]) -> Shown:
    """The wall of sleeves, newest first."""
    asked = page_of(request, listings.RELEASE_SORTS, ON_A_PAGE).of("home")
    rows = await listings.releases(session, asked.slice)
    shown = asked.filled(rows, lambda row: row)
    shown_ids = [row.id for row in shown.items]
    prices = await products.on_sale(session, ItemKind.RELEASE, shown_ids)
    moments = await comment_lists.newest_moments(session, MOMENTS)
    may = await access.may_these(session, identity.person_id, {one.track_id for one in moments})
    return Shown(
        "home.html", is_public=True, releases=shown.items, prices=prices, moments=moments,
        audible=await access.audible(session, shown_ids),
        # The sound of each moment is ready, and so is its preview.
        heard={track: part_heard(given, judges=False, has_preview=True) for track, given in may.items()},
        more=next_address(request, shown.next_cursor), is_shared=True, shared=shared_site(site.name, rows),
    )  # fmt: skip
