"""The scenario of a crowd: hundreds of refunds wait while the provider fails for two hours."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from veza.kit.messages import verbatim
from veza.lab.scenarios.facts import count
from veza.lab.scenarios.scene import Scene
from veza.money import breaker, payment_frame, refunding
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

MINUTE = timedelta(minutes=1)
TICKETS = 4
TICKET_MINOR = 2000
AT_ONCE = 10
OUTAGE_MINUTES = 120
MOST_PROBES = OUTAGE_MINUTES + 20
"""One a minute, and the few failures that open the breaker."""
MOST_MINUTES_AFTER = 30


@dataclass(frozen=True, slots=True)
class ProviderDown:
    """A concert is canceled and every ticket refunded, just when the provider fails for two hours."""

    orders: int = 125

    async def __call__(self, scene: Scene) -> None:
        anna = await scene.seller("Anna")
        await scene.settle()
        scene.tell(f"{self.orders} people buy {TICKETS} tickets each for Anna's concert, 20.00 EUR a ticket")
        scene.narrator.crowd(True)
        bought = await self._buy(scene, anna)
        await scene.settle()
        sent = await count(scene, SellerTransfer, "completed")
        scene.narrator.note(f"{sent} transfers of 72.00 EUR are with Anna")
        scene.fact(f"{self.orders} payments succeeded and were passed on", sent == self.orders, sent)
        scene.tell("The provider begins to answer 503 to everything and sends no webhooks")
        await scene.sandbox.add_fault("error_503", path="^/v1/", times=None)
        await scene.sandbox.pause_webhooks()
        before = await scene.sandbox.requests()
        wanted = len(bought) * TICKETS
        scene.tell(f"The concert is canceled: {wanted} refunds, one for each ticket")
        for payment_id in bought:
            await _refund_every_ticket(scene, payment_id)
        await scene.settle()
        await _wait_it_out(scene)
        await _check_patience(scene, wanted, await scene.sandbox.requests() - before)
        scene.tell("The provider is back")
        await scene.sandbox.clear_faults()
        await scene.sandbox.resume_webhooks()
        await _recover(scene)
        await self._check_end(scene, wanted)

    async def _buy(self, scene: Scene, seller: str) -> list[UUID]:
        bought: list[UUID] = []
        tickets = [(seller, TICKET_MINOR)] * TICKETS
        while len(bought) < self.orders:
            some = min(AT_ONCE, self.orders - len(bought))
            bought += await asyncio.gather(*(scene.buy(tickets) for _ in range(some)))
        return bought

    async def _check_end(self, scene: Scene, wanted: int) -> None:
        refunded = await count(scene, Refund, "succeeded")
        scene.fact(f"all {wanted} tickets are refunded", refunded == wanted, refunded)
        back = await count(scene, SellerTransfer, "reversed")
        scene.fact(f"all {self.orders} transfers are wholly reversed", back == self.orders, back)
        lost = await count(scene, TransferReversal, "permanently_failed")
        scene.fact("no reversal dead-lettered itself", lost == 0, lost)
        effects = await scene.sandbox.effects()
        once = effects["refunds"] == effects["reversals"] == wanted
        scene.fact(f"the provider did {wanted} refunds and {wanted} reversals, none twice", once, effects)
        held = await scene.held_by("anna")
        scene.fact("nothing is left with Anna", held == 0, held)
        state = await _breaker(scene)
        scene.fact("the breaker is closed again", state == "closed", state)


async def _refund_every_ticket(scene: Scene, payment_id: UUID) -> None:
    async with scene.database.write("operator") as session:
        frame = await payment_frame.lock(session, payment_id)
        for line in await frame.lines(session):
            only = [(line.id, line.gross_minor)]
            await refunding.request(
                session,
                frame,
                line.gross_minor,
                frame.payment.currency,
                reason=verbatim("concert canceled"),
                line_amounts=only,
            )


async def _wait_it_out(scene: Scene) -> None:
    for minute in range(1, OUTAGE_MINUTES + 1):
        await scene.move_clock(MINUTE)
        if minute % 30 == 0:
            waiting = await count(scene, Refund, "requested")
            state = await _breaker(scene)
            scene.narrator.note(f"{scene.clock.now():%H:%M}  {waiting} refunds wait, the breaker is {state}")


async def _check_patience(scene: Scene, wanted: int, asked: int) -> None:
    waiting = await count(scene, Refund, "requested")
    scene.fact(f"after two hours all {wanted} refunds still wait, none was given up", waiting == wanted, waiting)
    retries = sum(row.retry_count for row in await scene.all(Refund))
    scene.fact("the outage cost no refund a retry", retries == 0, retries)
    scene.fact(f"the provider was asked {asked} times in two hours, not {wanted} times a minute", asked <= MOST_PROBES)


async def _recover(scene: Scene) -> None:
    for _ in range(MOST_MINUTES_AFTER):
        await scene.move_clock(MINUTE)
        refunded = await count(scene, Refund, "succeeded")
        back = await count(scene, TransferReversal, "succeeded")
        scene.narrator.note(f"{scene.clock.now():%H:%M}  {refunded} tickets refunded, {back} shares came back")
        waits = await count(scene, Refund, "requested") + await count(scene, TransferReversal, "pending")
        if not waits:
            return


async def _breaker(scene: Scene) -> str:
    async with scene.database.read() as session:
        return (await breaker.state(session)).state
