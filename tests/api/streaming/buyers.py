"""Listeners with every kind of right to a track, or none: people, and buyers without an account by a mailed link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import select

from tests import factories
from tests.api.streaming.conftest import Stage
from veza.accounts.permissions import Role, Scope
from veza.catalog.artists import Artist
from veza.kit.messages import verbatim
from veza.kit.secret import digest, new_secret
from veza.library import grants
from veza.library.grants import CauseKind, Given, ItemKind
from veza.market import codes
from veza.market.codes import DownloadCode
from veza.market.orders import Order


@dataclass
class Holder:
    """How a request says who asks: headers, and the token of a mailed link. `person_id` is that of a person."""

    headers: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    person_id: UUID | None = None

    def at(self, address: str) -> str:
        if self.token is None:
            return address
        return f"{address}{'&' if '?' in address else '?'}token={self.token}"


async def by_token(stage: Stage, holder: Holder, scopes: Iterable[Scope]) -> Holder:
    """The same person with a new API token."""
    assert holder.person_id is not None
    return Holder(await factories.bearer(stage.veza.database, holder.person_id, *scopes), person_id=holder.person_id)


async def order_without_account(stage: Stage, kind: ItemKind = ItemKind.RELEASE) -> tuple[Holder, UUID]:
    """A paid order of the release or the track, made without an account; its id is the cause of its grant, too."""
    token, order_id = new_secret(), uuid4()
    async with stage.veza.database.write("test") as session:
        session.add(
            Order(
                id=order_id, cart_id=uuid4(), email="lena@example.org", status="paid", currency="EUR",
                amount_minor=900, vat_rate_bps=0, fingerprint="", request_key="", success_url="", cancel_url="",
                claim_hash=digest(token), created_at=session.now, paid_at=session.now,
            )
        )  # fmt: skip
        item = stage.release if kind is ItemKind.RELEASE else stage.track
        given = Given(kind, item, stage.release, CauseKind.ORDER_LINE, order_id, claim_id=order_id)
        await grants.give(session, given, because=verbatim("a test"))
    return Holder(token=token), order_id


async def take_back(stage: Stage, cause: UUID) -> None:
    """As a refund of the order's line does it."""
    async with stage.veza.database.write("test") as session:
        await grants.revoke(session, CauseKind.ORDER_LINE, [cause], because=verbatim("refunded"))


async def _code_without_account(stage: Stage) -> Holder:
    token = new_secret()
    async with stage.veza.database.write("test") as session:
        artist = await session.get_one(Artist, stage.artist)
        batch, _ = await codes.make(session, artist, ItemKind.RELEASE, stage.release, 1, "a test")
        code = (await session.scalars(select(DownloadCode).where(DownloadCode.batch_id == batch.id))).one()
        code.email, code.claim_hash, code.redeemed_at = "lena@example.org", digest(token), session.now
        await codes.give(session, code, batch, person_id=None)
    return Holder(token=token)


async def _code(stage: Stage) -> Holder:
    person = await stage.listener()
    async with stage.veza.database.write("test") as session:
        artist = await session.get_one(Artist, stage.artist)
        _, (said,) = await codes.make(session, artist, ItemKind.RELEASE, stage.release, 1, "a test")
        await codes.redeem(session, person, said)
    return await _by(stage, person)


async def _by(stage: Stage, person: UUID) -> Holder:
    return Holder(await stage.signed_in(person), person_id=person)


async def _anonymous(_stage: Stage) -> Holder:
    return Holder()


async def _listener(stage: Stage) -> Holder:
    return await _by(stage, await stage.listener())


async def _owner(stage: Stage) -> Holder:
    return await _by(stage, await stage.buyer())


async def _track_owner(stage: Stage) -> Holder:
    person = await stage.listener()
    given = Given(ItemKind.TRACK, stage.track, stage.release, CauseKind.DOWNLOAD_CODE, uuid4(), person)
    async with stage.veza.database.write("test") as session:
        await grants.give(session, given, because=verbatim("a test"))
    return await _by(stage, person)


async def _refunded(stage: Stage) -> Holder:
    person, cause = await stage.listener(), uuid4()
    given = Given(ItemKind.RELEASE, stage.release, stage.release, CauseKind.ORDER_LINE, cause, person)
    async with stage.veza.database.write("test") as session:
        await grants.give(session, given, because=verbatim("a test"))
    await take_back(stage, cause)
    return await _by(stage, person)


async def _refunded_link(stage: Stage) -> Holder:
    holder, order_id = await order_without_account(stage)
    await take_back(stage, order_id)
    return holder


async def _order_link(stage: Stage) -> Holder:
    return (await order_without_account(stage))[0]


async def _order_link_of_track(stage: Stage) -> Holder:
    return (await order_without_account(stage, ItemKind.TRACK))[0]


async def _artist(stage: Stage) -> Holder:
    return await _by(stage, stage.owner)


async def _member(stage: Stage) -> Holder:
    person = await stage.listener()
    await factories.member(stage.veza.database, stage.artist, person)
    return await _by(stage, person)


async def _another_artist(stage: Stage) -> Holder:
    person = await stage.listener(Role.ARTIST)
    await factories.artist(stage.veza.database, "Bea", run_by=person)
    return await _by(stage, person)


async def _of_several_artists(stage: Stage) -> Holder:
    person = await stage.listener(Role.ARTIST)
    await factories.artist(stage.veza.database, "Bea", run_by=person)
    await factories.member(stage.veza.database, stage.artist, person)
    return await _by(stage, person)


async def _moderator(stage: Stage) -> Holder:
    return await _by(stage, await stage.listener(Role.MODERATOR))


async def _admin(stage: Stage) -> Holder:
    return await _by(stage, await stage.listener(Role.ADMIN))


WHO: dict[str, Callable[[Stage], Awaitable[Holder]]] = {
    "a visitor": _anonymous,
    "a listener": _listener,
    "an owner of the release": _owner,
    "an owner of the track": _track_owner,
    "a refunded owner": _refunded,
    "who redeemed a code": _code,
    "who holds an order's link": _order_link,
    "who holds the link of an order of the track": _order_link_of_track,
    "who holds a refunded order's link": _refunded_link,
    "who holds a code's link": _code_without_account,
    "the artist": _artist,
    "a member of the artist": _member,
    "a person of several artists": _of_several_artists,
    "another artist": _another_artist,
    "a moderator": _moderator,
    "an admin": _admin,
}
