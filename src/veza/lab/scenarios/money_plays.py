"""Scenarios without faults: sales, refunds and the way a seller's share comes back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from veza.lab.scenarios.facts import history_of, reversed_minor
from veza.lab.scenarios.scene import Scene
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.transfers import SellerTransfer

HOUR = timedelta(hours=1)


async def sale_and_refund(scene: Scene) -> None:
    """A buyer pays 10.00 EUR for Anna's album and gets everything back."""
    await scene.seller("Anna")
    scene.tell("A buyer pays 10.00 EUR for Anna's album; 9.00 EUR of it are hers")
    payment_id = await scene.buy([("anna", 1000)])
    await scene.settle()
    scene.fact("the payment succeeded", (await scene.one(Payment)).status == "succeeded")
    scene.fact("Anna was sent 9.00 EUR", await scene.held_by("anna") == 900, await scene.held_by("anna"))
    scene.tell("The buyer wants the money back")
    refund_id = await scene.refund(payment_id, 1000)
    await scene.settle()
    refund = await scene.refund_row(refund_id)
    scene.fact("the refund succeeded", refund.status == "succeeded", refund.status)
    transfer = await scene.transfer_to("anna")
    path = await history_of(scene, transfer.id)
    wanted = ["pending", "completed", "reversal_pending", "reversed"]
    scene.fact("her transfer went pending → completed → reversal_pending → reversed", path == wanted, path)
    (reversal,) = await scene.reversals()
    scene.fact("the reversal's id at the provider is stored", bool(reversal.stripe_reversal_id))
    scene.fact("nothing of it is left with Anna", await scene.held_by("anna") == 0, await scene.held_by("anna"))


async def two_sellers_three_partial_refunds(scene: Scene) -> None:
    """An order of two sellers is refunded in three parts, the second of them for one line only."""
    await scene.seller("Anna")
    await scene.seller("Ben")
    scene.tell("A buyer pays 20.00 EUR: 12.00 EUR for Anna's album, 8.00 EUR for Ben's")
    payment_id = await scene.buy([("anna", 1200), ("ben", 800)])
    await scene.settle()
    held = (await scene.held_by("anna"), await scene.held_by("ben"))
    scene.fact("Anna was sent 10.80 EUR and Ben 7.20 EUR", held == (1080, 720), held)
    scene.tell("First refund: 5.00 EUR of the whole order, spread over both")
    await scene.refund(payment_id, 500)
    await scene.settle()
    held = (await scene.held_by("anna"), await scene.held_by("ben"))
    scene.fact("3.00 EUR of 12.00 went back: Anna keeps 8.10 EUR, Ben 5.40 EUR", held == (810, 540), held)
    scene.tell("Second refund: 3.33 EUR for Ben's album alone")
    await scene.refund(payment_id, 333, of_line=1)
    await scene.settle()
    held = (await scene.held_by("anna"), await scene.held_by("ben"))
    scene.fact("only Ben gave back: 2.99 EUR, the doubtful cent is his", held == (810, 241), held)
    scene.tell("Third refund: the 11.67 EUR that are left")
    await scene.refund(payment_id, 1167)
    await scene.settle()
    held = (await scene.held_by("anna"), await scene.held_by("ben"))
    scene.fact("nothing is left with either", held == (0, 0), held)
    statuses = {row.status for row in await scene.all(SellerTransfer)}
    scene.fact("both transfers are reversed", statuses == {"reversed"}, statuses)
    taken = {row.seller_id: row.reversed_minor for row in await scene.all(SellerTransfer)}
    scene.fact("taken back to the cent: 10.80 EUR and 7.20 EUR", taken == {"anna": 1080, "ben": 720}, taken)
    refunded = {row.status for row in await scene.all(Refund)}
    scene.fact("all three refunds succeeded", refunded == {"succeeded"}, refunded)


async def refund_after_payout(scene: Scene) -> None:
    """Anna's money is already in her bank when the refund comes; then she sells again."""
    anna = await scene.seller("Anna")
    scene.tell("A buyer pays 10.00 EUR, Anna's share is paid out to her bank")
    payment_id = await scene.buy([(anna, 1000)])
    await scene.settle()
    await scene.sandbox.set_available(scene.accounts[anna], 0, "EUR")
    scene.tell("The buyer wants the money back; Anna's account is empty")
    refund_id = await scene.refund(payment_id, 1000)
    await scene.settle()
    refund = await scene.refund_row(refund_id)
    scene.fact("the buyer does not wait: the refund succeeded", refund.status == "succeeded", refund.status)
    (waiting,) = await scene.reversals()
    scene.fact("the reversal waits for a balance", waiting.waiting_since is not None and waiting.status == "pending")
    await scene.pass_time(6 * HOUR)
    (waiting,) = await scene.reversals()
    scene.fact("six hours later it asked again, under a new key", waiting.key_generation > 2, waiting.key_generation)
    scene.fact("waiting costs no retry", waiting.retry_count == 0, waiting.retry_count)
    transfer = await scene.transfer_to(anna)
    scene.fact("her transfer is reversal_pending meanwhile", transfer.status == "reversal_pending", transfer.status)
    scene.tell("New sales bring 25.00 EUR to Anna's account; the provider says so")
    await scene.sandbox.add_available(scene.accounts[anna], 2500, "EUR")
    await scene.settle()
    transfer = await scene.transfer_to(anna)
    scene.fact("the share came back at once, without waiting for its time", transfer.status == "reversed")
    held = await scene.held_by(anna)
    scene.fact("exactly 9.00 EUR were taken: 16.00 EUR are left", held == 1600, held)


async def already_reversed(scene: Scene) -> None:
    """The platform reverses the transfer in the provider's dashboard before our refund gets there."""
    anna = await scene.seller("Anna")
    payment_id = await _sold(scene, anna)
    scene.tell("The platform reverses Anna's transfer in the provider's dashboard; the webhook about it is late")
    await scene.sandbox.pause_webhooks()
    transfer = await scene.transfer_to(anna)
    await scene.sandbox.reverse_in_dashboard(str(transfer.stripe_transfer_id))
    scene.tell("Knowing nothing of it, an operator refunds the buyer")
    await scene.refund(payment_id, 1000)
    await scene.settle()
    rows = {row.cause_kind: row for row in await scene.reversals()}
    ours, theirs = rows["refund"], rows["provider"]
    scene.fact("ours was answered “already fully reversed” and is canceled", ours.status == "canceled", ours.status)
    scene.fact("theirs is recorded with its id", theirs.status == "succeeded" and bool(theirs.stripe_reversal_id))
    transfer = await scene.transfer_to(anna)
    scene.fact("the transfer is reversed", transfer.status == "reversed", transfer.status)
    made = (await scene.sandbox.effects())["reversals"]
    scene.fact("it was reversed once, by them", made == 1, made)
    scene.tell("The late webhooks arrive")
    await scene.sandbox.resume_webhooks()
    await scene.settle()
    back = await reversed_minor(scene)
    scene.fact("they change nothing: 9.00 EUR came back", back == 900, back)


async def _sold(scene: Scene, seller: str) -> UUID:
    scene.tell("A buyer pays 10.00 EUR for Anna's album")
    payment_id = await scene.buy([(seller, 1000)])
    await scene.settle()
    return payment_id
