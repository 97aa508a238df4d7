"""Catch-up: the provider's own list of events (kept 30 days) fed through the same inbox, so none is missed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, select

from veza.kit.database import Database
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import Message, gettext, message_of
from veza.money import findings, provider_account
from veza.money.findings import FindingKind
from veza.money.provider_lists import ListEndedEarly, ProviderList, Walk
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.webhook_events import HANDLERS
from veza.money.webhook_inbox import EventStatus, Inbox, WebhookEvent
from veza.money.webhook_signatures import is_event, is_word

log = structlog.get_logger(__name__)

EVENTS_KEPT = timedelta(days=30)
TYPES_PER_REQUEST = 20
"""Stripe lists at most this many types at once."""
TOGETHER = 32
"""Events stored in one transaction: one each would cost as much as handling them."""


class CatchUpFailed(Exception):
    """The provider's events could not be listed to the end; what was listed was handled, and the place is kept."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(gettext("the provider's events could not be listed to the end: {answer}", answer=answer.said))
        self.answer = answer


@dataclass(slots=True)
class CaughtUp:
    """How many events the provider listed, how many of them were missing here, and how many still wait."""

    listed: int = 0
    missed: int = 0
    waiting: int = 0


async def catch_up(database: Database, gateway: Gateway, inbox: Inbox, since: timedelta) -> CaughtUp:
    """Ask for every event of the last `since` (at most 30 days) and handle those never received.

    A page at a time, each from its oldest event on; in which order they are handled makes no difference to the end.
    Raises CatchUpFailed, AnotherAccount.
    """
    try:
        await provider_account.confirm(database, gateway)
    except provider_account.AccountUnknown as unknown:
        raise CatchUpFailed(unknown.answer) from None
    start = database.clock.now() - min(since, EVENTS_KEPT)
    done = CaughtUp()
    for of in lists_of_events():
        walk = Walk(database, gateway, of, "catch-up")
        try:
            async for page in walk.pages(start):
                await _take_in(database, inbox, page, done)
        except ListEndedEarly as ended:
            raise CatchUpFailed(ended.answer) from None
        for text in walk.unreadable:
            await _is_odd(
                database,
                f"events {text[:60]}",
                gettext("the provider's events have an entry without an id: {text}", text=text),
            )
    # More than the provider keeps cannot be had.
    covered = provider_account.EVER if since >= EVENTS_KEPT else start
    await provider_account.note_covered(database, "caught_up_at", covered)
    return done


def lists_of_events() -> Sequence[ProviderList]:
    """Every type of event that is handled, as many in a list as the provider takes."""
    types = sorted(HANDLERS)
    parts = [types[i : i + TYPES_PER_REQUEST] for i in range(0, len(types), TYPES_PER_REQUEST)]
    return [ProviderList(f"events {i + 1}", "/v1/events", {"types": part}) for i, part in enumerate(parts)]


async def unknown_among(database: Database, events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of some events that this database has never stored."""
    ids = [event["id"] for event in events if is_word(event["id"])]
    if not ids:
        return list(events)
    async with database.read() as session:
        known = set(await session.scalars(_KNOWN, {"ids": ids}))
    return [event for event in events if event["id"] not in known]


_KNOWN = select(WebhookEvent.id).where(WebhookEvent.id.in_(bindparam("ids", expanding=True)))


async def _take_in(database: Database, inbox: Inbox, page: Sequence[Mapping[str, Any]], done: CaughtUp) -> None:
    done.listed += len(page)
    missed = await unknown_among(database, page)
    done.missed += len(missed)
    readable = [event for event in reversed(missed) if is_event(event)]
    for event in missed:
        if not is_event(event):
            done.waiting += 1
            await _is_odd(
                database, str(event["id"]), gettext("event {id} of the provider is none we can read", id=event["id"])
            )
    for i in range(0, len(readable), TOGETHER):
        for state in await _accepted(database, inbox, readable[i : i + TOGETHER]):
            done.waiting += state is None or state is EventStatus.RECEIVED


async def _accepted(
    database: Database, inbox: Inbox, events: Sequence[Mapping[str, Any]]
) -> Sequence[EventStatus | None]:
    """Store and handle some events; one that cannot be stored is a finding (None) and keeps no other from it."""
    try:
        return await inbox.accept([(event, json.dumps(event)) for event in events], source="catch-up")
    except DatabaseUnavailable:
        raise
    except Exception as error:
        if len(events) > 1:
            return [state for event in events for state in await _accepted(database, inbox, [event])]
        (event,) = events
        log.exception("catch_up.odd_event", event_id=event["id"])
        said = gettext(
            "event {event_id} ({event_type}) cannot be stored ({kind}: {error})",
            event_id=event["id"],
            event_type=event["type"],
            kind=type(error).__name__,
            error=message_of(error),
        )
        await _is_odd(database, str(event["id"]), said)
        return [None]


async def _is_odd(database: Database, subject: str, said: Message) -> None:
    async with database.write("catch-up") as session:
        mend = gettext("look at it at the provider; it was left out, every other event was taken")
        await findings.report(session, FindingKind.ODD_OBJECT, subject, said, mend=mend)
