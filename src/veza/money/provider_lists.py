"""The provider's lists, read to their end however long they are: page by page, the place kept in the database.

A list is read newest first, so objects made meanwhile do not move the pages. What was interrupted (no answer, a crash)
goes on after the last page that was dealt with; then what is new since that reading began is read, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from veza.kit.database import Base, Database, table_of
from veza.kit.messages import gettext
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway

OVERLAP = timedelta(minutes=10)
"""Objects created this shortly before a reading began may not have been listed yet: the next one reads them again."""


class ListPlace(Base):
    """How far a list was read. It covers what was created from `covers_since` to `until`, less what is from `since` up
    to the object `after` (created at `after_created_at`): that part is still to be read."""

    __tablename__ = "provider_list_places"

    name: Mapped[str] = mapped_column(primary_key=True)
    covers_since: Mapped[datetime]
    since: Mapped[datetime]
    until: Mapped[datetime]
    after: Mapped[str]
    after_created_at: Mapped[datetime]
    kept_at: Mapped[datetime]


class ListEndedEarly(Exception):
    """The provider did not give a page; `answer` is what it gave instead. The place is kept."""

    def __init__(self, name: str, answer: Answer) -> None:
        super().__init__(
            gettext(
                "the provider's list of {name} could not be read to its end: {answer}", name=name, answer=answer.said
            )
        )
        self.answer = answer


@dataclass(frozen=True, slots=True)
class ProviderList:
    """One list of the provider: our name for it, its path, and what else is asked of it."""

    name: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Walk:
    """A list being read. `stretches` are the spans of creation times it has read or begun to read in this run.

    Without a `purpose` no place is kept: an interrupted reading begins anew.
    """

    database: Database
    gateway: Gateway
    of: ProviderList
    purpose: str | None
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _is_kept: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        return f"{self.purpose} {self.of.name}"

    async def pages(self, since: datetime) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Every page of what was created from `since` on. Raises ListEndedEarly.

        A page counts as dealt with, and the place after it is kept, when the next one is asked for.
        """
        now = self.database.clock.now()
        kept = await self._kept()
        self._is_kept = kept is not None
        if kept is not None and kept.covers_since <= since:
            async for page in self._read(kept.covers_since, kept.since, kept.until, kept):
                yield page
            since, covers = kept.until - OVERLAP, kept.covers_since
        else:
            covers = since
        async for page in self._read(covers, since, now, None):
            yield page
        if self._is_kept:
            async with self.database.write(self.name) as session:
                await session.execute(_FORGOTTEN, {"the_name": self.name})

    async def _read(
        self, covers_since: datetime, since: datetime, until: datetime, place: ListPlace | None
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        after = place.after if place else None
        self.stretches.append((since, place.after_created_at if place else until))
        while True:
            page = await self.gateway.page(self.of.path, since, until, after, self.of.params)
            if page.failed is not None and place is not None and page.failed.status in (400, 404):
                # The object after which to go on is gone (events are kept for 30 days): from the top, then.
                after = place = None
                self.stretches[-1] = (since, until)
                continue
            self.unreadable += page.unreadable
            if page.items:
                yield page.items
            if page.failed is not None:
                raise ListEndedEarly(self.of.name, page.failed)
            if page.next_after is None:
                return
            after, place = page.next_after, None
            await self._keep(covers_since, since, until, page.items[-1])

    async def _kept(self) -> ListPlace | None:
        if not self.purpose:
            return None
        async with self.database.read() as session:
            return await session.get(ListPlace, self.name)

    async def _keep(self, covers_since: datetime, since: datetime, until: datetime, last: Mapping[str, Any]) -> None:
        if not self.purpose:
            return
        async with self.database.write(self.name) as session:
            dialect: Any = postgresql if session.dialect == "postgresql" else sqlite
            place = {
                "covers_since": covers_since,
                "since": since,
                "until": until,
                "after": str(last["id"]),
                "after_created_at": created_at(last) or until,
                "kept_at": session.now,
            }
            new = dialect.insert(ListPlace).values(name=self.name, **place)
            await session.execute(new.on_conflict_do_update(index_elements=[ListPlace.name], set_=place))
        self._is_kept = True


_PLACES = table_of(ListPlace)
_FORGOTTEN = delete(_PLACES).where(_PLACES.c.name == bindparam("the_name"))


def created_at(seen: Mapping[str, Any]) -> datetime | None:
    """When an object was made at the provider; None when it does not say so readably."""
    created = seen.get("created")
    if isinstance(created, bool) or not isinstance(created, int | float) or not 0 <= created < 253_402_300_800:
        return None
    return datetime.fromtimestamp(created, tz=UTC)
