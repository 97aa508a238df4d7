"""Only what the provider signed, lately and for our mode, is stored; once, however often it is sent again."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.api.money.conftest import WEBHOOK_MAX_BYTES, Counter
from tests.client import http_client
from veza.lab.sandbox.webhooks import sign_payload
from veza.lab.simulator.stage import SECRET
from veza.money.webhook_inbox import WebhookEvent

ADDRESSES = ("/webhooks/stripe", "/api/v1/webhooks/stripe")


def _event(counter: Counter, event_id: str = "evt_1", **changes: Any) -> bytes:
    said = {
        "id": event_id,
        "object": "event",
        "type": "balance.available",
        "created": int(counter.stage.clock.now().timestamp()),
        "livemode": False,
        "data": {"object": {"object": "balance"}},
        **changes,
    }
    return json.dumps(said).encode()


async def _deliver(
    counter: Counter, body: bytes, *, secret: str = SECRET, age: int = 0, to: str = ADDRESSES[0], **headers: str
) -> httpx.Response:
    """Deliver as Stripe does: signed, without a token."""
    stamp = int(counter.stage.clock.now().timestamp()) - age
    signed = {"Stripe-Signature": sign_payload(secret, body, stamp), "Content-Type": "application/json", **headers}
    async with http_client(counter.asgi) as stripe:
        return await stripe.post(to, content=body, headers=signed)


async def _refused(counter: Counter, answer: httpx.Response) -> str:
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:veza:problem:bad-webhook"), answer.text
    assert await counter.stage.all(WebhookEvent) == []
    return answer.json()["detail"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_signed_event_is_stored_and_handled_without_a_token(any_counter: Counter, address: str) -> None:
    answer = await _deliver(any_counter, _event(any_counter), to=address)
    assert (answer.status_code, answer.json()) == (200, {"received": True, "state": "handled"})


async def test_a_webhook_takes_a_refund_made_elsewhere_to_its_sellers(any_counter: Counter) -> None:
    payment = await any_counter.buy()
    any_counter.stage.sandbox.refund_in_dashboard(payment["stripe_charge_id"], 1000)
    for one in any_counter.stage.sandbox.due_deliveries():
        answer = await _deliver(any_counter, one.payload)
        any_counter.stage.sandbox.record_delivery(one.id, answer.status_code)
    (transfer,) = (await any_counter.get(f"/payments/{payment['id']}"))["transfers"]
    assert transfer["status"] == "reversal_pending"
    (reversal,) = (await any_counter.get(f"/transfers/{transfer['id']}"))["reversals"]
    assert (reversal["status"], reversal["next_retry_at"] is not None) == ("pending", True)
    await any_counter.stage.settle()
    assert (await any_counter.get(f"/transfers/{transfer['id']}"))["status"] == "reversed"


async def test_a_repeat_is_answered_with_what_became_of_the_first(any_counter: Counter) -> None:
    body = _event(any_counter, type="invoice.paid")
    answers = [await _deliver(any_counter, body) for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"received": True, "state": "ignored"}] * 3
    assert len(await any_counter.stage.all(WebhookEvent)) == 1


async def test_the_same_event_at_the_same_instant_is_stored_once(any_counter: Counter) -> None:
    body = _event(any_counter)
    answers = await asyncio.gather(*(_deliver(any_counter, body) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await any_counter.stage.all(WebhookEvent)) == 1


async def test_an_unsigned_delivery_is_refused_like_a_wrongly_signed_one(counter: Counter) -> None:
    answer = await counter.client.post(ADDRESSES[0], content=_event(counter))
    assert "no Stripe-Signature" in await _refused(counter, answer)
    await _refused(counter, await _deliver(counter, _event(counter), secret="whsec_other"))
    await _refused(counter, await _deliver(counter, _event(counter), **{"Stripe-Signature": "t=,v1="}))
    await _refused(counter, await _deliver(counter, _event(counter), **{"Stripe-Signature": "v1"}))


async def test_a_stale_or_future_delivery_is_refused(counter: Counter) -> None:
    assert "300 s" in await _refused(counter, await _deliver(counter, _event(counter), age=301))
    await _refused(counter, await _deliver(counter, _event(counter), age=-301))


async def test_a_changed_body_is_refused(counter: Counter) -> None:
    body = _event(counter)
    signature = sign_payload(SECRET, body, int(counter.stage.clock.now().timestamp()))
    changed = body.replace(b"evt_1", b"evt_2")
    await _refused(counter, await _deliver(counter, changed, **{"Stripe-Signature": signature}))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"object": "event"}', b'"event"', b"null"])
async def test_a_signed_body_that_is_no_event_is_refused(counter: Counter, body: bytes) -> None:
    await _refused(counter, await _deliver(counter, body))


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"id": "evt_\\u0000"}', b'{"a":' * 1000 + b"1" + b"}" * 1000])
async def test_a_body_that_cannot_be_read_or_kept_is_refused_also_when_it_is_signed(
    counter: Counter, body: bytes
) -> None:
    answer = await _deliver(counter, body)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:veza:problem:malformed-body")
    assert await counter.stage.all(WebhookEvent) == []


async def test_an_event_of_the_other_mode_is_refused(counter: Counter) -> None:
    assert "live mode" in await _refused(counter, await _deliver(counter, _event(counter, livemode=True)))


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_oversized_delivery_is_refused_before_it_is_read(counter: Counter, address: str) -> None:
    answer = await _deliver(counter, _event(counter, padding="x" * WEBHOOK_MAX_BYTES), to=address)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:veza:problem:body-too-large")
    assert await counter.stage.all(WebhookEvent) == []


async def test_the_content_type_does_not_matter_the_signature_does(counter: Counter) -> None:
    answer = await _deliver(counter, _event(counter), **{"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.json()["state"] == "handled"


async def test_a_database_that_is_gone_asks_the_provider_to_come_back(counter: Counter) -> None:
    async with counter.stage.database.write() as session:
        await session.execute(text("ALTER TABLE webhook_events RENAME TO webhook_events_elsewhere"))
    answer = await _deliver(counter, _event(counter))
    async with counter.stage.database.write() as session:
        await session.execute(text("ALTER TABLE webhook_events_elsewhere RENAME TO webhook_events"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:veza:problem:unavailable")
    assert answer.headers["retry-after"] == "30"
    assert "webhook_events" not in answer.text
    assert answer.json()["detail"] == "the database has no tables yet: run `veza migrate`"
    assert (await _deliver(counter, _event(counter))).status_code == 200


async def test_the_inbox_is_listed_last_arrived_first(any_counter: Counter) -> None:
    for number in range(5):
        kind = "invoice.paid" if number % 2 else "balance.available"
        await _deliver(any_counter, _event(any_counter, f"evt_{number}", type=kind))
        if number == 2:
            any_counter.stage.clock.advance(timedelta(seconds=1))
    first = await any_counter.get("/webhook-events", limit=2)
    await _deliver(any_counter, _event(any_counter, "evt_9"))
    rest = await any_counter.get("/webhook-events", limit=3, cursor=first["next_cursor"])
    assert [row["id"] for row in first["items"] + rest["items"]] == ["evt_4", "evt_3", "evt_2", "evt_1", "evt_0"]
    assert rest["next_cursor"] is None
    assert [row["id"] for row in await any_counter.walk("/webhook-events", state="ignored")] == ["evt_3", "evt_1"]
    assert [row["id"] for row in await any_counter.walk("/webhook-events", type="invoice.paid")] == ["evt_3", "evt_1"]


async def test_an_event_is_shown_with_its_payload(counter: Counter) -> None:
    await _deliver(counter, _event(counter))
    shown = await counter.get("/webhook-events/evt_1")
    assert (shown["state"], shown["source"], shown["payload"]["type"]) == ("handled", "webhook", "balance.available")


async def test_an_event_that_failed_is_handled_again_once_its_cause_is_mended(counter: Counter) -> None:
    payment = await counter.buy()
    broken = _event(counter, type="charge.succeeded", data={"object": {"object": "charge"}})
    assert (await _deliver(counter, broken)).json() == {"received": True, "state": "received"}
    async with counter.stage.database.write() as session:
        mended = broken.decode().replace(
            '{"object": "charge"}', json.dumps({"object": "charge", "id": payment["stripe_charge_id"]})
        )
        await session.execute(text("UPDATE webhook_events SET payload = :p WHERE id = 'evt_1'"), {"p": mended})
    handled = await counter.post("/webhook-events/evt_1/handle", expect=200, key="k")
    assert handled == {"id": "evt_1", "state": "handled"}
    assert (await counter.send("POST", "/webhook-events/evt_1/handle", {}, key="k")).headers[
        "idempotent-replayed"
    ] == "true"


async def test_an_unknown_event_is_a_404(counter: Counter) -> None:
    await counter.get("/webhook-events/evt_none", expect=404)
    assert "evt_none" in await counter.refused("POST", "/webhook-events/evt_none/handle", {}, 404, "not-found")
    assert (await counter.get("/webhook-events/%00", expect=400))["type"] == "urn:veza:problem:invalid-request"
