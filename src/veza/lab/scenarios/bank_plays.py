"""Scenarios in which a bank has a say: disputes lost and won, and a refund the buyer's bank sends back."""

from __future__ import annotations

from datetime import timedelta

from veza.lab.scenarios.facts import count, reversed_minor
from veza.lab.scenarios.scene import Scene
from veza.money.findings import Finding
from veza.money.payments import Payment
from veza.money.transfers import SellerTransfer

REFUND_FAILS_CARD = "4000000000005126"
DAYS = timedelta(days=1)


async def dispute_lost(scene: Scene) -> None:
    """A buyer's bank takes the payment back for good."""
    anna = await scene.seller("Anna")
    scene.tell("A buyer pays 10.00 EUR for Anna's album")
    await scene.buy([(anna, 1000)])
    await scene.settle()
    scene.tell("The buyer's bank disputes the charge and takes 10.00 EUR and a fee from us")
    payment = await scene.one(Payment)
    dispute = await scene.sandbox.open_dispute(str(payment.stripe_charge_id))
    await scene.settle()
    transfer = await scene.transfer_to(anna)
    scene.fact("Anna's share came back when the funds left us", transfer.status == "reversed", transfer.status)
    scene.tell("Three weeks later the dispute is lost")
    await scene.pass_time(21 * DAYS)
    await scene.sandbox.close_dispute(dispute, "lost")
    await scene.settle()
    back = await reversed_minor(scene)
    scene.fact("losing it takes nothing a second time: 9.00 EUR came back", back == 900, back)
    made = (await scene.sandbox.effects())["reversals"]
    scene.fact("with one reversal at the provider", made == 1, made)
    sent = await scene.all(SellerTransfer)
    scene.fact("nothing was sent to her again", len(sent) == 1, len(sent))


async def dispute_won_after_refund(scene: Scene) -> None:
    """A buyer is refunded in part and disputes the whole payment on top; we win."""
    anna = await scene.seller("Anna")
    # The bank's fee of 15.00 EUR is more than this one sale brings: other sales pay for it.
    await scene.sandbox.add_available("platform", 10_000, "EUR")
    scene.tell("A buyer pays 10.00 EUR for Anna's album and is refunded 4.00 EUR")
    payment_id = await scene.buy([(anna, 1000)])
    await scene.settle()
    await scene.refund(payment_id, 400)
    await scene.settle()
    held = await scene.held_by(anna)
    scene.fact("Anna keeps 5.40 EUR of her 9.00 EUR", held == 540, held)
    scene.tell("The buyer disputes all 10.00 EUR as well")
    payment = await scene.payment(payment_id)
    dispute = await scene.sandbox.open_dispute(str(payment.stripe_charge_id), 1000)
    await scene.settle()
    back = await reversed_minor(scene)
    scene.fact("Anna gives back what she had left, not more than her share", back == 900, back)
    losses = [one.message for one in await scene.all(Finding, kind="platform_loss")]
    scene.fact("the 4.00 EUR taken twice are the platform's loss, and a finding says so", len(losses) == 1, losses)
    scene.tell("Two weeks later we win: the bank gives the 10.00 EUR back")
    await scene.pass_time(14 * DAYS)
    await scene.sandbox.close_dispute(dispute, "won")
    await scene.settle()
    held = await scene.held_by(anna)
    scene.fact("Anna has her 5.40 EUR again: the refund still stands", held == 540, held)
    credited = [row for row in await scene.all(SellerTransfer) if row.cause_kind != "sale"]
    sent = [(row.sent_minor, row.status) for row in credited]
    scene.fact("by one re-credit transfer of 5.40 EUR", sent == [(540, "completed")], sent)


async def refund_fails_later(scene: Scene) -> None:
    """The buyer's card has expired: three days after the refund the bank sends it back."""
    anna = await scene.seller("Anna")
    scene.tell("A buyer pays 10.00 EUR for Anna's album, with a card that will expire, and is refunded")
    payment_id = await scene.buy([(anna, 1000)], card=REFUND_FAILS_CARD)
    await scene.settle()
    refund_id = await scene.refund(payment_id, 1000)
    await scene.settle()
    refund = await scene.refund_row(refund_id)
    scene.fact("the refund succeeded, for now", refund.status == "succeeded", refund.status)
    transfer = await scene.transfer_to(anna)
    scene.fact("Anna's transfer was reversed", transfer.status == "reversed", transfer.status)
    await scene.pass_time(3 * DAYS)
    refund = await scene.refund_row(refund_id)
    scene.fact("the refund has failed", refund.status == "failed", refund.status)
    held = await scene.held_by(anna)
    scene.fact("Anna was given her 9.00 EUR back", held == 900, held)
    transfer = await scene.transfer_to(anna)
    scene.fact("by a new transfer; the reversed one stays reversed", transfer.status == "reversed", transfer.status)
    credited = await count(scene, SellerTransfer, "completed")
    scene.fact("exactly one re-credit was sent", credited == 1, credited)
