"""A shop with every module's routes and as many rows of everything as one likes."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from litestar import Litestar
from sqlalchemy import select, update

from tests import factories
from tests.api.market.conftest import Act, Shop, open_shop
from tests.api.visitors import by_header, visiting
from tests.api.world_of_sound import FORMAT, Sounding, fill_sound, sounding_routes
from tests.api.world_of_talk import fill_chat
from tests.applications import Made, application
from tests.client import http_client
from tests.money.acts import REVERSING
from veza.accounts import roles, sessions, tokens
from veza.accounts.audit import AuditEntry
from veza.accounts.permissions import Role, Scope
from veza.api.accounts.routes import account_routes
from veza.api.application import api_v1, web_application
from veza.api.catalog.routes import catalog_routes
from veza.api.chat.routes import chat_routes
from veza.api.community.routes import community_routes
from veza.api.market.routes import market_routes
from veza.api.moderation.routes import moderation_routes
from veza.api.money.payments import SaleTerms
from veza.api.money.routes import money_routes
from veza.api.search.routes import search_routes
from veza.app.subjects import SUBJECTS
from veza.catalog import slugs
from veza.catalog.facade import Catalog
from veza.catalog.invitations import Invitation
from veza.catalog.releases import Release
from veza.catalog.tracks import Track
from veza.community import follows, likes, playlist_items, playlists
from veza.community.comments import Comment
from veza.community.playlists import PlaylistPerson
from veza.kit.database import Session
from veza.kit.messages import verbatim
from veza.market.orders import Order
from veza.moderation.facade import Moderation
from veza.moderation.log import ModerationEntry
from veza.moderation.notices import Notice
from veza.moderation.reports import Report
from veza.money import findings
from veza.money.findings import FindingKind
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.search.facade import Search


@dataclass
class World:
    """A shop with every module's routes, one person who may do everything, and what the addresses are made of."""

    shop: Shop
    client: httpx.AsyncClient
    litestar: Litestar
    who: dict[str, str]
    person: UUID
    act: Act
    sounding: Sounding
    kept: AsyncExitStack
    ids: dict[str, Any] = field(default_factory=dict)

    async def close(self) -> None:
        await self.kept.aclose()


async def _world(shop: Shop) -> World:
    database = shop.stage.database

    async def on_first_artist(_session: Session, _person: UUID) -> None:
        """The world's artist is made by the factory."""

    accounts = factories.accounts(database, shop.stage.clock)
    catalog = Catalog(database, factories.objects(), ("EUR",), on_first_artist, "http://veza.test")
    kept, sounding = AsyncExitStack(), Sounding.over(database, catalog)
    of_sound = sounding.ingest, sounding.streaming, sounding.hearing
    asgi, litestar = kept.enter_context(
        application(_application, database, accounts, catalog, shop.stage.money, shop.rules, *of_sound)
    )
    act = await shop.artist()
    who = visiting(act.person, "artist", "moderator", "admin")
    client = await kept.enter_async_context(http_client(asgi))
    return World(shop, client, litestar, who, act.person, act, sounding, kept)


def _application(database: Any, accounts: Any, catalog: Any, money: Any, rules: Any, *of_sound: Any) -> Made:
    routes = [
        *account_routes(accounts),
        *catalog_routes(catalog),
        *community_routes("http://veza.test"),
        *chat_routes(),
        *search_routes(Search(database)),
        *moderation_routes(Moderation(SUBJECTS)),
        *market_routes(money, rules),
        *money_routes(money, SaleTerms(("EUR",), 1000)),
        *sounding_routes(*of_sound),
    ]
    return web_application(database, [api_v1(by_header, routes)])


async def _fill_shop(world: World, count: int) -> None:
    """Orders, one of them of many lines; refunds, one of them of many lines; codes, things in the cart."""
    shop, act = world.shop, world.act
    big = [await act.selling(f"Big {i}") for i in range(count)]
    order = await shop.buy(world.who, *big)
    for line in order["lines"]:
        wanted = {"line_id": line["id"], "reason": "not mine"}
        asked = await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=world.who, expect=201)
        await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "fine"}, by=act.who, expect=200)
    returned = await shop.buy(visiting(await shop.person()), *big)
    payment_id, refund_id = await _refund_all(shop, returned)
    world.ids |= {"payment_id": payment_id, "refund_id": refund_id, "wanted": payment_id}
    for i in range(count):
        await shop.buy(world.who, await act.selling(f"Small {i}"))
        code = {"kind": "release", "item_id": str(await act.release()), "count": 2, "note": "fair"}
        await shop.post(f"/artists/{act.id}/download-codes", code, by=act.who, expect=201)
    await shop.stage.settle()
    await _fill_nettings(shop, act, big, count)
    for i in range(count):
        await shop.post("/cart/items", {"product_id": await act.selling(f"CartLine {i}")}, by=world.who, expect=200)
    world.ids |= {"order_id": order["id"], "product_id": big[0]}
    (transfer, *_) = await shop.stage.all(SellerTransfer, payment_id=world.ids["payment_id"])
    (event, *_) = await shop.stage.all(WebhookEvent)
    world.ids |= {"transfer_id": transfer.id, "event_id": event.id, "seller_id": str(act.id)}


async def _refund_all(shop: Shop, order: Any) -> tuple[UUID, UUID]:
    """The whole of an order is refunded; its payment and the refund."""
    payment_id: UUID = (await shop.stage.one(Order, id=UUID(order["id"]))).payment_id
    payment = await shop.stage.payment(payment_id)
    return payment_id, await shop.stage.refund(payment_id, payment.amount_minor, currency=payment.currency)


async def _fill_nettings(shop: Shop, act: Act, big: list[str], count: int) -> None:
    """A debt of so many shares, and a later sale for each of them."""
    order = await shop.buy(visiting(await shop.person()), *big)
    await shop.stage.settle()
    in_vain = shop.stage.sandbox.add_fault("refused", path=REVERSING)
    await _refund_all(shop, order)
    await shop.stage.settle()
    shop.stage.sandbox.clear_faults(in_vain["id"])
    for i in range(count):
        await shop.buy(visiting(await shop.person()), await act.selling(f"Pays what is owed {i}"))
    await shop.stage.settle()


async def _fill_catalogue(world: World, count: int) -> None:
    """A release of many tracks, likes, follows, comments, playlists, reports and decisions."""
    release_id = await world.act.release("Long", tracks=count)
    tracks = await world.act.tracks(release_id)
    others = [await world.shop.artist(f"Other {i}") for i in range(count)]
    for other in others:
        await other.release("Theirs")
    people = [other.person for other in others]
    for person in people:
        await factories.member(world.shop.stage.database, world.act.id, person)
    async with world.shop.stage.database.write() as session:
        now = session.now
        slug = await slugs.give(session, slugs.RELEASE, world.act.id, release_id, "Long")
        await session.execute(update(Release).where(Release.id == release_id).values(slug=slug))
        await session.execute(update(Release).values(published_at=now))
        await session.execute(update(Track).values(listed_at=now))
        for i, other in enumerate(others):
            await follows.follow(session, world.person, other.id)
            await likes.like(session, world.person, "track", tracks[i].id)
            session.add(
                Invitation(
                    id=session.new_id(), artist_id=world.act.id, email=f"{i}@example.org", role="member",
                    secret_hash=f"hash {i}", created_at=now, expires_at=now + timedelta(days=7),
                )
            )  # fmt: skip
        for i, person in enumerate(people):
            comment = Comment(
                id=session.new_id(), track_id=tracks[0].id, person_id=person, at_ms=i, text="so good", created_at=now
            )
            session.add(comment)
            await session.flush()
            said: dict[str, Any] = {"subject_kind": "comment", "subject_id": comment.id, "reason": "spam"}
            session.add(
                Report(
                    id=session.new_id(), status="open", reporter_id=world.person, label="so good", text="",
                    created_at=now, **said,
                )
            )  # fmt: skip
            session.add(
                ModerationEntry(id=session.new_id(), decision="dismiss", reports_count=1, by="x", at=now, **said)
            )
            session.add(
                Notice(
                    id=session.new_id(), person_id=world.person, label="so good", decision="hide", created_at=now,
                    **said,
                )
            )  # fmt: skip
            kept = await playlists.create(
                session, world.person, f"List {i}", description="", is_public=True, is_collaborative=True
            )
        await session.flush()
        await playlist_items.add(session, kept.id, world.person, [track.id for track in tracks])
        for person in people:
            session.add(PlaylistPerson(playlist_id=kept.id, person_id=person, since=now))
        report = (await session.scalars(select(Report).limit(1))).one()
        world.ids |= {"report_id": report.id, "playlist_id": kept.id, "comment_id": comment.id}
    world.ids |= {"release_id": release_id, "slug": slug, "track_id": tracks[0].id}
    track_ids = [track.id for track in tracks]
    world.ids |= await fill_sound(world.sounding.ingest, world.act.id, world.person, release_id, track_ids)


async def _fill_accounts(world: World, count: int) -> None:
    """Sessions, tokens, roles, what happened, and what money found."""
    async with world.shop.stage.database.write() as session:
        for i in range(count):
            await sessions.begin(session, world.person, timedelta(days=1))
            await tokens.make(session, world.person, f"token {i}", [Scope.READ, Scope.SHOP], None)
            session.add(
                AuditEntry(
                    id=session.new_id(), at=session.now, act="signed in", person_id=world.person, actor="x", detail=""
                )
            )
            await findings.report(session, FindingKind.MISSING_HERE, f"thing {i}", verbatim("x"), mend=verbatim("y"))
    others = [await world.shop.person() for _ in range(count)]
    async with world.shop.stage.database.write() as session:
        for other in others:
            await roles.give(session, other, Role.ARTIST, by="test")


async def filled(shop: Shop, count: int) -> World:
    """So many of everything, in the address of each GET; to be closed afterwards."""
    world = await _world(shop)
    await _fill_shop(world, count)
    await _fill_catalogue(world, count)
    await _fill_accounts(world, count)
    world.ids |= await fill_chat(world.shop.stage.database, world.person, count)
    world.ids |= {"artist_id": world.act.id, "artist": world.act.id, "person_id": world.person}
    return world


@asynccontextmanager
async def world_in(folder: Path, template: Path, count: int) -> AsyncIterator[World]:
    """A filled world on a copy of the empty SQLite database: for the tests of a file, since it takes two seconds."""
    shutil.copy(template, folder / "veza.db")
    async for shop in open_shop(f"sqlite+aiosqlite:///{folder / 'veza.db'}", create_tables=False):
        world = await filled(shop, count)
        yield world
        await world.close()


def address_for(world: World, operation: str, path: str) -> str:
    """The address of what is in the world: `wanted` is a format of downloads, and a payment elsewhere."""
    of_downloads = {"wanted": FORMAT.value} if operation in ("showDownload", "showReleaseDownload") else {}
    return path.format(**{**world.ids, **of_downloads})


def params_for(world: World, operation: str) -> dict[str, Any]:
    """What an address cannot do without."""
    if operation == "listComments":
        return {"track": str(world.ids["track_id"])}
    if operation in ("countComments", "countLikes"):
        return {"id": [str(world.ids["track_id"]), str(uuid4())]}
    return {"id": [str(world.act.id), str(uuid4())]} if operation == "countFollowers" else {}
