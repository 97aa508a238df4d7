"""Which function hears which event, and when: *inside* the transaction that publishes it, or *after* its commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its topic (`refund.succeeded`), what it is about, and when."""

    id: UUID
    topic: str
    payload: Mapping[str, Any]
    at: datetime


# `Any`, because sessions and databases carry this list and stand on it.
Inside = Callable[[Any, Event], Awaitable[None]]
"""Gets the publisher's session."""
After = Callable[[Any, Event], Awaitable[None]]
"""Gets the database."""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The whole list, made once in `app/subscriptions.py`.

    *inside* runs in the publisher's transaction: no I/O but that session, and its failure undoes everything.
    *after* runs from the outbox, at least once, in transactions of its own, and must not mind a repeat.
    """

    inside: Mapping[str, tuple[Inside, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[After, ...]] = field(default_factory=dict)
