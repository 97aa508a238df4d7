"""Scenarios in which messages misbehave: an answer that is lost, webhooks that come twice and backwards."""

from __future__ import annotations

from datetime import timedelta

from veza.lab.scenarios.facts import attempts_of, count, reversed_minor
from veza.lab.scenarios.scene import Scene
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent

MINUTE = timedelta(minutes=1)


async def lost_answer(scene: Scene) -> None:
    """The provider reverses the transfer, but its answer never arrives."""
    anna = await scene.seller("Anna")
    scene.tell("A buyer pays 10.00 EUR for Anna's album")
    payment_id = await scene.buy([(anna, 1000)])
    await scene.settle()
    scene.tell("A refund; the provider will do the reversal, and its answer gets lost")
    await scene.sandbox.add_fault("timeout_after_effect", method="POST", path="/reversals$", times=1)
    await scene.sandbox.pause_webhooks()
    await scene.refund(payment_id, 1000)
    await scene.settle()
    (reversal,) = await scene.reversals()
    made = (await scene.sandbox.effects())["reversals"]
    scene.fact("it happened at the provider", made == 1, made)
    scene.fact("we do not know: the reversal is pending, not failed", reversal.status == "pending", reversal.status)
    scene.fact("the silence is counted and tried again later", reversal.retry_count == 1, reversal.retry_count)
    await scene.pass_time(MINUTE)
    (reversal,) = await scene.reversals()
    scene.fact("the second attempt succeeded", reversal.status == "succeeded", reversal.status)
    first, second = await attempts_of(scene, "reversal")
    same = first.idempotency_key == second.idempotency_key
    scene.fact("under the same key, so the provider replayed its answer", same and second.replayed)
    made = (await scene.sandbox.effects())["reversals"]
    scene.fact("it was reversed exactly once", made == 1, made)
    scene.tell("The webhooks, held back until now, arrive")
    await scene.sandbox.resume_webhooks()
    await scene.settle()
    back = await reversed_minor(scene)
    scene.fact("they change nothing: 9.00 EUR came back", back == 900, back)


async def duplicate_and_reversed_webhooks(scene: Scene) -> None:
    """The provider sends every webhook twice, and a whole afternoon of them backwards."""
    anna = await scene.seller("Anna")
    await scene.settle()
    await scene.sandbox.add_fault("webhook_duplicate", event="*", times=None)
    scene.tell("From now on every webhook comes twice; a buyer pays 10.00 EUR for Anna's album")
    await scene.buy([(anna, 1000)])
    await scene.settle()
    payment = await scene.one(Payment)
    sent = await count(scene, SellerTransfer, "completed")
    scene.fact("one payment, one transfer", payment.status == "succeeded" and sent == 1, sent)
    scene.tell("Two refunds in the provider's dashboard, 4.00 and 6.00 EUR, while webhooks are held back")
    await scene.sandbox.pause_webhooks()
    charge = str(payment.stripe_charge_id)
    await scene.sandbox.refund_in_dashboard(charge, 400)
    await scene.sandbox.refund_in_dashboard(charge, 600)
    turned = await scene.sandbox.reverse_waiting_webhooks()
    scene.tell(f"The {turned} waiting webhooks arrive, the newest first")
    await scene.sandbox.resume_webhooks()
    await scene.settle()
    scene.tell("And the news of the first refund comes three times more")
    first = next(event for event in await scene.sandbox.events() if event["type"] == "refund.created")
    await scene.sandbox.redeliver(first["id"], 3)
    await scene.settle()
    amounts = sorted(row.amount_minor for row in await scene.all(Refund, status="succeeded"))
    scene.fact("exactly two refunds are recorded, 4.00 and 6.00 EUR", amounts == [400, 600], amounts)
    taken = sorted(row.amount_minor for row in await scene.reversals(status="succeeded"))
    scene.fact("exactly two reversals were made, 3.60 and 5.40 EUR", taken == [360, 540], taken)
    made = (await scene.sandbox.effects())["reversals"]
    scene.fact("the provider made two as well", made == 2, made)
    stored = len(await scene.all(WebhookEvent))
    scene.fact(
        f"{scene.endpoint.received} deliveries came, {stored} events are stored, each once",
        scene.endpoint.received > stored,
        stored,
    )
    transfer = await scene.transfer_to(anna)
    scene.fact("the transfer is reversed", transfer.status == "reversed", transfer.status)
