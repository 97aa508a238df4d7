"""What open pages are told of: of each topic, a short text for each person that differs when a page of theirs would.

The text is read from rows, and the same in every process. It says that something changed and not what: a page asks
for itself again, so that what it shows is rendered in one place.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from veza.accounts.permissions import Permission
from veza.catalog import acting
from veza.ingest.on_its_way import on_its_way
from veza.kit.database import Session
from veza.market import newest as market
from veza.moderation import notices
from veza.money.backlog import backlog
from veza.money.newest import newest

States: TypeAlias = Mapping[UUID, str]
"""A person → the state of a topic for them."""


@dataclass(frozen=True, slots=True)
class Topic:
    """`read` is asked once a second for all listeners of this process that have the permission."""

    permission: Permission
    read: Callable[[Session, Collection[UUID]], Awaitable[States]]


async def _sound(session: Session, people: Collection[UUID]) -> States:
    return {person: _short(facts) for person, facts in (await on_its_way(session, people)).items()}


async def _money(session: Session, people: Collection[UUID]) -> States:
    waiting = [(one.kind, one.state, one.currency, one.rows, one.amount_minor) for one in await backlog(session)]
    return dict.fromkeys(people, _short((waiting, await newest(session))))


async def _news(session: Session, people: Collection[UUID]) -> States:
    return {person: str(count) for person, count in (await notices.unread_of_each(session, people)).items()}


async def _sales(session: Session, people: Collection[UUID]) -> States:
    of_artist: dict[UUID, list[UUID]] = defaultdict(list)
    for artist, person in await acting.artists_of_each(session, people):
        of_artist[artist].append(person)
    found: dict[UUID, list[object]] = {person: [] for person in people}
    if of_artist:
        for artist, facts in sorted((await market.of_artists(session, of_artist)).items()):
            for person in of_artist[artist]:
                found[person].append((artist, facts))
    return {person: _short(facts) for person, facts in found.items()}


async def _orders(session: Session, people: Collection[UUID]) -> States:
    return {person: _short(facts) for person, facts in (await market.of_buyers(session, people)).items()}


TOPICS: Mapping[str, Topic] = {
    "sound": Topic(Permission.OWN_ACCOUNT, _sound),
    "money": Topic(Permission.MONEY, _money),
    "news": Topic(Permission.OWN_ACCOUNT, _news),
    "sales": Topic(Permission.OWN_ACCOUNT, _sales),
    "orders": Topic(Permission.OWN_ORDERS, _orders),
}
"""Name, as in a page's `data-live`, → what is told: files and sound of one's artists, the money that waits and what
moved it, unread notices, the sales of one's artists with what was sent and taken back for them, and one's orders. A
page that knows the state it shows, such as the number of notices, says it as `data-state`."""


def _short(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
