"""Idempotency keys: the first outcome is kept and replayed.

Source: https://docs.stripe.com/api/idempotent_requests, and docs/sandbox.md for how surely each part is known.
"""

from __future__ import annotations

from veza.lab.sandbox.errors import key_in_use, key_reused, key_too_long
from veza.lab.sandbox.wire import Obj, Request, decode_form
from veza.lab.sandbox.world import World

MAX_KEY_LENGTH = 255


def find(world: World, key: str, account: str, request: Request) -> Obj | None:
    """The kept outcome to replay, or None when the request shall run.

    Raises ApiError: 409 while the first request is in flight, 400 when path or parameters differ from it.
    """
    if len(key) > MAX_KEY_LENGTH:
        raise key_too_long(len(key))
    kept = world.kept_keys.get(_id(key, account))
    if kept is None:
        return None
    if kept["path"] != request.path or not _same_parameters(kept["params"], request.body):
        raise key_reused(key, kept["path"], request.path)
    if kept["status"] is None:
        raise key_in_use(key)
    return kept


def begin(world: World, key: str, account: str, request: Request) -> Obj:
    """Remember that this key's request is in flight."""
    id = _id(key, account)
    world.key_ages.append((world.now, id))
    return world.kept_keys.add(
        {
            "id": id,
            "path": request.path,
            "params": request.body.decode(errors="replace"),
            "status": None,
            "body": None,
            "request_id": world.request_id,
            "created": world.now,
        }
    )


def finish(world: World, key: str, account: str, status: int, body: bytes) -> None:
    """Keep the outcome of a key that is in flight."""
    kept = world.kept_keys.rows[_id(key, account)]
    kept["status"] = status
    kept["body"] = body.decode()
    world.kept_keys.touch(kept["id"])


def forget(world: World, key: str, account: str) -> None:
    """The endpoint never began: the key may be used again."""
    world.kept_keys.remove(_id(key, account))


def prune(world: World) -> None:
    """Drop the keys whose time is over, oldest first."""
    horizon = world.now - world.settings.key_lifetime_seconds
    ages = world.key_ages
    while ages and ages[0][0] <= horizon:
        created, id = ages.popleft()
        kept = world.kept_keys.get(id)
        # A key that was given up and used again is younger than this entry.
        if kept is not None and kept["created"] == created:
            world.kept_keys.remove(id)


def _id(key: str, account: str) -> str:
    return f"{account}/{key}"


def _same_parameters(kept: str, body: bytes) -> bool:
    sent = body.decode(errors="replace")
    return kept == sent or decode_form(kept) == decode_form(sent)
