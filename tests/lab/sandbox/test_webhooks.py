"""Webhooks: signed, retried, lost, late, doubled and out of order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import stripe
from aiohttp import web

from tests.waiting import BOUND_SECONDS, until
from veza.kit.clock import ManualClock, SystemClock
from veza.lab.sandbox.core import Sandbox
from veza.lab.sandbox.delivery import deliver_webhooks
from veza.lab.sandbox.webhooks import Delivery, sign_payload

from .conftest import client_in_process

URL = "inprocess:inbox"


def take(sandbox: Sandbox, status: int = 200) -> list[Delivery]:
    """Make the due deliveries, all answered alike."""
    due = sandbox.due_deliveries()
    for delivery in due:
        sandbox.record_delivery(delivery.id, status)
    return due


async def test_an_endpoint_gets_what_it_asked_for_signed_with_its_secret(
    stripe_client: stripe.StripeClient, sandbox: Sandbox
) -> None:
    endpoint = await stripe_client.v1.webhook_endpoints.create_async(
        {"url": "https://veza.example/webhooks/stripe", "enabled_events": ["refund.created"]}
    )
    assert endpoint.secret is not None
    assert endpoint.secret.startswith("whsec_")
    refund = sandbox.refund_in_dashboard(sandbox.take_payment(2000, "eur")["id"], 500)
    (delivery,) = take(sandbox)
    now = 1_900_000_000
    header = sign_payload(endpoint.secret, delivery.payload, now)
    verify = stripe.WebhookSignature.verify_header
    assert verify(delivery.payload.decode(), header, endpoint.secret, None)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(delivery.payload.decode(), header, "whsec_other", None)
    body = json.loads(delivery.payload)
    assert (body["type"], body["livemode"], body["object"]) == ("refund.created", False, "event")
    assert body["data"]["object"]["id"] == refund["id"]
    listed = await stripe_client.v1.webhook_endpoints.list_async()
    assert [e.id for e in listed.data] == [endpoint.id]
    assert "secret" not in listed.data[0]
    deleted = await stripe_client.v1.webhook_endpoints.delete_async(endpoint.id)
    assert deleted.deleted
    sandbox.refund_in_dashboard(refund["charge"], 500)
    assert take(sandbox) == []


def test_a_failed_delivery_is_retried_with_growing_pauses_for_three_days(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.take_payment(2000, "eur")
    start, pauses = sandbox.now(), [0.0]
    for _ in range(40):
        if take(sandbox, 500):
            pauses.append(sandbox.now() - start - sum(pauses))
        due = sandbox.next_delivery_due()
        if sandbox.list_deliveries()[0]["status"] == "failed" or due is None:
            break
        sandbox.advance(max(0.0, due - sandbox.now()))
    delivery = sandbox.list_deliveries()[0]
    assert delivery["status"] == "failed"
    assert pauses[2:8] == [10, 60, 300, 1800, 7200, 18_000]
    assert 3 * 86_400 <= delivery["attempts"][-1]["at"] - start <= 3.5 * 86_400


def test_an_attempt_without_a_reported_outcome_is_made_again(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.take_payment(2000, "eur")
    assert len(sandbox.due_deliveries()) == 1
    assert sandbox.due_deliveries() == []
    sandbox.advance(60)
    assert [d.attempt for d in sandbox.due_deliveries()] == [2]


def test_a_lost_webhook_is_never_delivered_but_listed(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.add_fault("webhook_lost", event="charge.*")
    sandbox.take_payment(2000, "eur")
    assert take(sandbox) == []
    sandbox.advance(4 * 86_400)
    assert take(sandbox) == []
    assert "charge.succeeded" in [event["type"] for event in sandbox.pending_events()]


def test_a_late_webhook_comes_late(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.add_fault("webhook_late", delay_seconds=600)
    sandbox.take_payment(2000, "eur")
    assert take(sandbox) == []
    sandbox.advance(600)
    assert len(take(sandbox)) == 1


def test_a_duplicated_webhook_carries_the_same_event_twice(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.add_fault("webhook_duplicate")
    sandbox.take_payment(2000, "eur")
    first, second = take(sandbox)
    assert (first.event, first.payload) == (second.event, second.payload)


def test_a_reordered_webhook_comes_after_its_successor(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["refund.created", "charge.succeeded"])
    sandbox.add_fault("webhook_reordered", event="charge.succeeded")
    charge = sandbox.take_payment(2000, "eur")["id"]
    assert take(sandbox) == []
    sandbox.refund_in_dashboard(charge)
    assert [d.type for d in take(sandbox)] == ["refund.created", "charge.succeeded"]


def test_a_reordered_webhook_without_successor_still_comes(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.add_fault("webhook_reordered")
    sandbox.take_payment(2000, "eur")
    sandbox.advance(60)
    assert len(take(sandbox)) == 1


def test_waiting_deliveries_can_be_paused_reversed_and_repeated(sandbox: Sandbox) -> None:
    sandbox.add_webhook(URL, ["charge.succeeded"])
    sandbox.pause_webhooks()
    for amount in (100, 200, 300):
        sandbox.take_payment(amount, "eur")
    assert take(sandbox) == []
    assert sandbox.reverse_waiting_deliveries() == 3
    sandbox.pause_webhooks(False)
    delivered = take(sandbox)
    assert [json.loads(d.payload)["data"]["object"]["amount"] for d in delivered] == [300, 200, 100]
    sandbox.redeliver(delivered[0].event, times=2)
    assert [d.event for d in take(sandbox)] == [delivered[0].event] * 2


def test_events_of_sellers_reach_only_connect_endpoints_when_the_switch_is_off(
    make_sandbox: Callable[..., Sandbox],
) -> None:
    for everywhere in (True, False):
        sandbox = make_sandbox(connect_events_everywhere=everywhere)
        sandbox.add_webhook(URL)
        sandbox.new_account()
        assert ["account.updated" in d.type for d in take(sandbox)] == ([True] if everywhere else [])


@dataclass
class Inbox:
    """A receiver that checks signatures with the official SDK and answers as told."""

    url: str = ""
    secret: str = ""
    answers: list[int] = field(default_factory=list)
    events: list[stripe.Event] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        payload = await request.read()
        event = stripe.Webhook.construct_event(payload, request.headers["Stripe-Signature"], self.secret)
        self.events.append(event)
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    inbox = Inbox()
    app = web.Application()
    app.router.add_post("/webhooks/stripe", inbox.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    inbox.url = f"http://{host}:{port}/webhooks/stripe"
    yield inbox
    await runner.cleanup()


async def test_webhooks_arrive_over_http_and_are_retried(sandbox: Sandbox, inbox: Inbox) -> None:
    # Signatures are dated by the machine's clock, as the receiver checks them, even when sandbox time is moved.
    sandbox.clock = SystemClock()
    sandbox.advance(400 * 86_400)
    inbox.secret = sandbox.add_webhook(inbox.url, ["charge.succeeded"])["secret"]
    inbox.answers = [500]
    stop = asyncio.Event()
    delivering = asyncio.create_task(deliver_webhooks(sandbox, stop))
    charge = sandbox.take_payment(2000, "eur")["id"]
    await until(lambda: sandbox.list_deliveries()[0]["attempts"] != [])
    assert sandbox.list_deliveries()[0]["attempts"][0]["status_code"] == 500
    sandbox.advance(10)
    await until(lambda: sandbox.list_deliveries()[0]["status"] == "delivered")
    assert [event.data.object["id"] for event in inbox.events] == [charge, charge]
    stop.set()
    await asyncio.wait_for(delivering, BOUND_SECONDS)
    event = await client_in_process(sandbox).v1.events.retrieve_async(inbox.events[0].id)
    assert event.pending_webhooks == 0


async def test_an_endpoint_that_is_gone_is_tried_again(sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.add_webhook("http://127.0.0.1:9/nobody", ["charge.succeeded"])
    stop = asyncio.Event()
    delivering = asyncio.create_task(deliver_webhooks(sandbox, stop))
    sandbox.take_payment(2000, "eur")
    await until(lambda: sandbox.list_deliveries()[0]["attempts"] != [])
    assert sandbox.list_deliveries()[0]["attempts"][0]["status_code"] is None
    assert sandbox.list_deliveries()[0]["status"] == "pending"
    stop.set()
    await asyncio.wait_for(delivering, BOUND_SECONDS)
