"""Filling an empty database with the demo, beside the real workers: every sale goes over the wire like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog
from sqlalchemy import func, select

from veza.accounts import people
from veza.accounts.people import Person
from veza.lab.demo.month import NEVER_PAID
from veza.lab.demo.opening import LISTENER, MODERATOR, OWNER, PASSWORD, address_of, open_label
from veza.lab.demo.release_covers import give_covers
from veza.lab.demo.roster import LISTENERS
from veza.lab.demo.sales import a_month
from veza.lab.demo.social import fill_community
from veza.lab.demo.stage import FIRST_SOUND_SECONDS, DemoCutShort, DemoStuck, Label, Modules
from veza.lab.demo.trouble import moderate
from veza.money import backlog
from veza.money.payments import Payment

log = structlog.get_logger(__name__)


def demo_among(services: Sequence[object]) -> DemoData | None:
    """The one of these that makes the demo."""
    return next((service for service in services if isinstance(service, DemoData)), None)


def what_was_made(sales: int) -> str:
    """What the demo made, and where to look first."""
    last = address_of(f"{LISTENER}-{LISTENERS}")
    return "\n".join(
        [
            f"The demo is there: eight artists, twenty releases, {sales} sales and what became of them.",
            f"  sign in      {address_of(OWNER)} (runs all artists), {address_of(MODERATOR)} (judges reports)",
            f"               {address_of(f'{LISTENER}-1')} to {last} (buy)",
            f"  password     {PASSWORD}",
        ]
    )


class DemoData:
    """Fills an empty database once, then idles until the process stops."""

    name = "demo data"

    def __init__(self, modules: Modules, seed: int, *, has_music: bool) -> None:
        """`has_music` where `DemoSounds` gives the tracks their sound, and sets `first_heard`."""
        self._modules = modules
        self._seed = seed
        self.opened, self.first_heard, self.finished = asyncio.Event(), asyncio.Event(), asyncio.Event()
        """The label with its tracks is there; its first track plays; its covers and its month are there. Each is set as
        well where that is not to come."""
        if not has_music:
            self.first_heard.set()
        self.made: int | None = None
        self.trouble: str | None = None
        """Why there is no whole demo, where there should be one."""

    async def run(self, stop: asyncio.Event) -> None:
        filling = asyncio.create_task(self._fill())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({filling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not filling.done():
            filling.cancel()
        with suppress(asyncio.CancelledError):
            await filling
        await stopping

    async def _fill(self) -> None:
        try:
            self.made = await self.fill()
        except (DemoStuck, DemoCutShort) as error:
            self.trouble = str(error)
            log.warning("demo.not_whole", reason=self.trouble)
        finally:
            self.opened.set()
            self.finished.set()

    async def is_wanted(self) -> bool:
        """Whether the database is the demo's, or empty and to become the demo's."""
        async with self._modules.database.read() as session:
            persons = await session.scalar(select(func.count()).select_from(Person)) or 0
            return not persons or await people.by_email(session, address_of(OWNER)) is not None

    async def fill(self) -> int:
        """Make the label, its covers, its sales and what people said; returns how many orders were paid, 0 when there
        was data.

        Raises DemoStuck and DemoCutShort.
        """
        label = Label.of(self._seed)
        async with self._modules.database.read() as session:
            payments = await session.scalar(select(func.count()).select_from(Payment)) or 0
            persons = await session.scalar(select(func.count()).select_from(Person)) or 0
            is_ours = await people.by_email(session, address_of(OWNER)) is not None
        if (payments or persons) and not is_ours:
            return 0
        if not is_ours:
            await open_label(self._modules, label)
        self.opened.set()
        covers = asyncio.create_task(self._give_covers())
        try:
            paid = 0 if is_ours else await self._trade(label)
            await covers
        finally:
            covers.cancel()
        if is_ours and payments < (whole := len(label.month) + len(NEVER_PAID)):
            raise DemoCutShort(payments, whole)
        return paid

    async def _give_covers(self) -> None:
        """After the first piece of music, which a newcomer waits for: both take all of a processor."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SOUND_SECONDS):
                await self.first_heard.wait()
        await give_covers(self._modules, self._seed)

    async def _trade(self, label: Label) -> int:
        """What people said, and the month; returns how many orders were paid."""
        await fill_community(self._modules, label)
        await moderate(self._modules, label)
        paid = await a_month(self._modules, label)
        # The sampler looks once a minute; a newcomer who opens the chart now shall find something in it.
        await backlog.sample(self._modules.database)
        return paid
