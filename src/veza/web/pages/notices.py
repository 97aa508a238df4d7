"""News: what moderators decided about one's things, and the records of artists one follows."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.catalog import listings
from veza.community import follows
from veza.http.requests import DoorRequest
from veza.kit.database import Session
from veza.kit.listing import start_of
from veza.kit.messages import gettext
from veza.library import access
from veza.library.grants import ItemKind
from veza.market import products
from veza.moderation import notices
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.moderation_words import DECISIONS, SUBJECTS, page_of_subject
from veza.web.pages.turning import next_address, page_of

NOTICES, RECORDS, ARTISTS = 50, 12, 50


@page("/news", permission=Permission.OWN_ACCOUNT)
async def news_page(session: Session, request: DoorRequest, identity: Identity) -> Shown:
    """Notices first, then records by page."""
    person = identity.person
    asked = page_of(request, follows.FEED_SORTS, RECORDS).of("feed", {"person": person})
    shown = asked.filled(await follows.feed(session, person, asked.slice), lambda row: row)
    cards = await listings.release_cards(session, [row.id for row in shown.items])
    return Shown(
        "news.html",
        notices=await notices.listed(session, person, start_of(notices.SORTS, NOTICES)),
        releases=[cards[row.id] for row in shown.items if row.id in cards],
        prices=await products.on_sale(session, ItemKind.RELEASE, list(cards)),
        audible=await access.audible(session, list(cards)),
        more=next_address(request, shown.next_cursor),
        decisions=DECISIONS,
        subjects=SUBJECTS,
        page_of=page_of_subject,
    )


@form("/news/read", permission=Permission.LISTEN, shows=news_page)
async def read_all(session: Session, identity: Identity) -> See:
    """Every notice so far is read."""
    await notices.mark_all_read(session, identity.person)
    return See("/news")


@form("/news/{notice_id:uuid}/read", permission=Permission.LISTEN, shows=news_page)
async def read_one(session: Session, notice_id: UUID, identity: Identity) -> See:
    """This notice is read."""
    await notices.mark_read(session, identity.person, notice_id)
    return See("/news")


@page("/following", permission=Permission.OWN_ACCOUNT)
async def following_page(session: Session, request: DoorRequest, identity: Identity, form: Form) -> Shown:
    """The artists one follows, the latest first."""
    asked = page_of(request, follows.SORTS, ARTISTS).of("follows", {"person": identity.person})
    shown = asked.filled(await follows.listed(session, identity.person, asked.slice), lambda row: row)
    return Shown("following.html", artists=shown.items, more=next_address(request, shown.next_cursor))


@form("/following/{artist_id:uuid}/end", permission=Permission.LISTEN, shows=following_page)
async def unfollow(session: Session, artist_id: UUID, identity: Identity) -> See:
    """Their records are news no more."""
    await follows.unfollow(session, identity.person, artist_id)
    return See("/following", gettext("Their records are no news to you any more."))
