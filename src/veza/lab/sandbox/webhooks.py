"""Webhook endpoints, what is to be delivered to them and when, and the signature."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from veza.lab.sandbox import faults
from veza.lab.sandbox.errors import bad_param, missing_param, no_such
from veza.lab.sandbox.params import Params
from veza.lab.sandbox.views import show
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

# Waiting times between attempts; the last one repeats until the delivery is too old.
RETRY_SECONDS = (10, 60, 300, 1800, 7200, 18_000, 36_000, 43_200)
HOLD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt that is due: send `payload` to `url`, signed with `secret`, then tell `record_delivery`."""

    id: str
    event: str
    type: str
    url: str
    secret: str
    payload: bytes
    attempt: int


def sign_payload(secret: str, payload: bytes, timestamp: int) -> str:
    """The Stripe-Signature header. Source: https://docs.stripe.com/webhooks#verify-manually"""
    signed = f"{timestamp}.".encode() + payload
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def create_endpoint(world: World, params: Params) -> Obj:
    params.required_text("url")
    url, events = _url(world, params), params.texts("enabled_events")
    if not events:
        raise missing_param("enabled_events")
    endpoint = {
        "id": world.new_id("we"),
        "object": "webhook_endpoint",
        "api_version": params.text("api_version"),
        "application": None,
        "created": world.seconds,
        "description": params.text("description"),
        "enabled_events": events,
        "livemode": False,
        "metadata": params.metadata(),
        "status": "enabled",
        "url": url,
        "_secret": world.new_id("whsec"),
        "_connect": bool(params.flag("connect")),
    }
    world.webhook_endpoints.add(endpoint)
    # Stripe shows the secret at creation only.
    return {**show(world, endpoint), "secret": endpoint["_secret"]}


def get_endpoint(world: World, id: str) -> Obj:
    endpoint = world.webhook_endpoints.get(id)
    if endpoint is None:
        raise no_such("webhook endpoint", id)
    return endpoint


def update_endpoint(world: World, params: Params, id: str) -> Obj:
    endpoint = get_endpoint(world, id)
    if "url" in params.values:
        endpoint["url"] = _url(world, params)
    if params.texts("enabled_events"):
        endpoint["enabled_events"] = params.texts("enabled_events")
    if "description" in params.values:
        endpoint["description"] = params.text("description")
    disabled = params.flag("disabled")
    if disabled is not None:
        endpoint["status"] = "disabled" if disabled else "enabled"
    endpoint["metadata"] = params.metadata(endpoint["metadata"])
    world.webhook_endpoints.touch(id)
    return endpoint


def _url(world: World, params: Params) -> str:
    url, only = params.required_text("url"), world.settings.only_webhook
    if only and url != only:
        raise bad_param("url", f"This sandbox lives in a Veza and delivers to it alone, at {only}.", "url_invalid")
    if not url.startswith(("http://", "https://", "inprocess:")):
        raise bad_param("url", "Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid")
    return url


def delete_endpoint(world: World, id: str) -> Obj:
    get_endpoint(world, id)
    world.webhook_endpoints.remove(id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def keep_only(world: World, url: str, secret: str) -> None:
    """The endpoints become one, for `url`: those of earlier starts, at other ports, may be a stranger's by now.

    What still waits for one of those is delivered to this one.
    """
    rows = list(world.webhook_endpoints.rows.values())
    if not rows:
        register(world, url, ["*"], secret)
        return
    kept = rows[0]
    kept |= {"url": url, "enabled_events": ["*"], "status": "enabled", "_secret": secret}
    world.webhook_endpoints.touch(kept["id"])
    gone = {row["id"] for row in rows[1:]}
    for delivery in world.deliveries.rows.values():
        if delivery["endpoint"] in gone:
            delivery["endpoint"] = kept["id"]
            world.deliveries.touch(delivery["id"])
    for id in gone:
        world.webhook_endpoints.remove(id)


def register(world: World, url: str, events: list[str], secret: str | None) -> Obj:
    """An endpoint for this url: the one there is, with its choices replaced, or a new one."""
    for endpoint in world.webhook_endpoints.rows.values():
        if endpoint["url"] == url:
            endpoint["enabled_events"] = events
            endpoint["_secret"] = secret or endpoint["_secret"]
            world.webhook_endpoints.touch(endpoint["id"])
            return {**show(world, endpoint), "secret": endpoint["_secret"]}
    form = {"url": url, "enabled_events": {str(index): name for index, name in enumerate(events)}}
    created = create_endpoint(world, Params(form))
    if secret is not None:
        world.webhook_endpoints.rows[created["id"]]["_secret"] = created["secret"] = secret
    return created


def events_after(world: World, after: str | None) -> list[Obj]:
    """Events made after the one with this id (None: all), oldest first, as they would be delivered."""
    ids = world.events.ids()
    first = 0
    if after is not None:
        if world.events.get(after) is None:
            raise no_such("event", after)
        first = world.events.position(after) + 1
    return [msgspec.json.decode(msgspec.json.encode(world.events.rows[id])) for id in ids[first:]]


def all_delivered(world: World, event: Obj) -> bool:
    """Whether every endpoint the event was sent to has taken it."""
    return all(delivery["status"] == "delivered" for delivery in world.deliveries.find("event", event["id"]))


def redeliver(world: World, event_id: str, times: int) -> list[Obj]:
    """Queue an event again, `times` times for each endpoint that wants it."""
    event = world.events.get(event_id)
    if event is None:
        raise no_such("event", event_id)
    endpoints = [e for e in world.webhook_endpoints.rows.values() if _wants(world, e, event)]
    return [add_delivery(world, event, endpoint) for endpoint in endpoints for _ in range(times)]


def reverse_waiting(world: World) -> int:
    """Deliver what waits in the opposite order: the newest first."""
    waiting = [d for d in world.deliveries.rows.values() if d["status"] == "pending"]
    waiting.sort(key=lambda d: (d["due"], d["rank"]), reverse=True)
    for delivery in waiting:
        delivery["due"] = world.now
        world.enqueue(delivery)
        world.deliveries.touch(delivery["id"])
    return len(waiting)


def schedule_deliveries(world: World, event: Obj, object_id: str) -> int:
    """Queue the event for each endpoint that wants it, as the webhook faults have it; returns how many."""
    wanted = 0
    for endpoint in world.webhook_endpoints.rows.values():
        if not _wants(world, endpoint, event):
            continue
        wanted += 1
        rule = faults.match_webhook(world, world.fault_random, event["type"], object_id)
        kind = rule["kind"] if rule else ""
        delay = rule["delay_seconds"] if rule else None
        if kind == "webhook_lost":
            add_delivery(world, event, endpoint, status="lost")
        elif kind == "webhook_late":
            late = faults.DEFAULT_WEBHOOK_LATE_SECONDS if delay is None else delay
            add_delivery(world, event, endpoint, after_seconds=late)
        elif kind == "webhook_reordered":
            add_delivery(world, event, endpoint, after_seconds=HOLD_SECONDS, held=True)
        else:
            add_delivery(world, event, endpoint)
            if kind == "webhook_duplicate":
                add_delivery(world, event, endpoint)
            _release_held(world, endpoint["id"])
    return wanted


def add_delivery(
    world: World,
    event: Obj,
    endpoint: Obj,
    *,
    after_seconds: float = 0.0,
    status: str = "pending",
    held: bool = False,
) -> Obj:
    """Queue one delivery of one event to one endpoint."""
    delivery = world.deliveries.add(
        {
            "id": world.new_id("whd"),
            "event": event["id"],
            "type": event["type"],
            "endpoint": endpoint["id"],
            "due": world.now + after_seconds,
            "status": status,
            "held": held,
            "rank": 0,
            "attempt": 0,
            "attempts": [],
        }
    )
    if status == "pending":
        world.enqueue(delivery)
    return delivery


def due_deliveries(world: World, limit: int | None = None) -> list[Delivery]:
    """Deliveries whose time has come, in order; each is handed out once per attempt."""
    due: list[Delivery] = []
    while limit is None or len(due) < limit:
        delivery = world.next_delivery()
        if delivery is None:
            break
        endpoint = world.webhook_endpoints.get(delivery["endpoint"])
        if endpoint is None:
            delivery["status"] = "failed"
            world.deliveries.touch(delivery["id"])
            continue
        delivery["attempt"] += 1
        delivery["due"] = world.now + HOLD_SECONDS
        world.enqueue(delivery)
        world.deliveries.touch(delivery["id"])
        due.append(_attempt(world, delivery, endpoint))
    return due


def record_delivery(world: World, id: str, status_code: int | None, *, ok: bool | None = None) -> Obj:
    """Note what the endpoint answered (None: nothing); a failure is retried until the delivery is too old."""
    delivery = world.deliveries.rows[id]
    delivery["attempts"].append({"at": world.now, "status_code": status_code})
    world.deliveries.touch(id)
    succeeded = (status_code is not None and 200 <= status_code < 300) if ok is None else ok
    event = world.events.rows[delivery["event"]]
    if succeeded:
        if delivery["status"] == "pending":
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - 1)
            world.events.touch(event["id"])
        delivery["status"] = "delivered"
        return delivery
    if world.now - event["created"] >= world.settings.webhook_lifetime_seconds:
        delivery["status"] = "failed"
        return delivery
    wait = RETRY_SECONDS[min(delivery["attempt"], len(RETRY_SECONDS)) - 1]
    delivery["due"] = world.now + wait
    world.enqueue(delivery)
    return delivery


def _attempt(world: World, delivery: Obj, endpoint: Obj) -> Delivery:
    event = world.events.rows[delivery["event"]]
    return Delivery(
        id=delivery["id"],
        event=event["id"],
        type=event["type"],
        url=endpoint["url"],
        secret=endpoint["_secret"],
        payload=msgspec.json.encode(show(world, event)),
        attempt=delivery["attempt"],
    )


def _wants(world: World, endpoint: Obj, event: Obj) -> bool:
    if endpoint["status"] != "enabled":
        return False
    connected = "account" in event
    if connected != endpoint["_connect"] and not (connected and world.settings.connect_events_everywhere):
        return False
    enabled = endpoint["enabled_events"]
    return "*" in enabled or event["type"] in enabled


def _release_held(world: World, endpoint_id: str) -> None:
    for id in world.held_deliveries:
        delivery = world.deliveries.rows[id]
        if delivery["endpoint"] == endpoint_id and delivery["held"]:
            delivery["held"] = False
            delivery["due"] = world.now
            world.enqueue(delivery)
            world.deliveries.touch(id)
    world.held_deliveries = [id for id in world.held_deliveries if world.deliveries.rows[id]["held"]]
