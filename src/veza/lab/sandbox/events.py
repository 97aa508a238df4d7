"""Events: what happened, as a snapshot, and the deliveries each one causes."""

from __future__ import annotations

import msgspec

from veza.lab.sandbox.views import show
from veza.lab.sandbox.webhooks import schedule_deliveries
from veza.lab.sandbox.wire import Obj
from veza.lab.sandbox.world import World

encode = msgspec.json.encode


def emit(world: World, type: str, obj: Obj, *, account: str | None = None, previous: Obj | None = None) -> Obj:
    """Record that something happened to `obj`, and queue it for every endpoint that asked for it.

    `account` names the connected account it happened to; None is the platform itself.
    """
    data: Obj = {"object": msgspec.Raw(encode(show(world, obj)))}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Obj = {
        "id": world.new_id("evt"),
        "object": "event",
        "api_version": world.settings.api_version,
        "created": world.seconds,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": world.request_id, "idempotency_key": world.idempotency_key},
        "type": type,
    }
    if account is not None:
        event["account"] = account
    world.events.add(event)
    event["pending_webhooks"] = schedule_deliveries(world, event, obj.get("id", ""))
    return event
