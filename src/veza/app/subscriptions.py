"""Every subscription to every event, in one place: this page tells what happens when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import structlog

from veza.accounts import credentials, deletion
from veza.accounts.identity import actor_of
from veza.app.personal_data import on_person_deleted
from veza.catalog import tracks
from veza.http.idempotency import forget_answers
from veza.ingest.removing import remove_audio_of
from veza.kit.database import Database, Session
from veza.kit.objects import Objects
from veza.kit.subscriptions import After, Event, Inside, Subscriptions
from veza.market.rules import MarketRules
from veza.market.subscriptions import market_acts, market_subscriptions
from veza.search.keeping import search_acts, search_subscriptions
from veza.streaming.removing import remove_downloads_of

Hearer = TypeVar("Hearer", Inside, After)
log = structlog.get_logger(__name__)


def subscriptions(market: MarketRules, objects: Objects) -> Subscriptions:
    """Who hears what: *inside* the publishing transaction, or *after* it from the outbox."""
    return Subscriptions(
        inside=_joined(
            market_subscriptions(market),
            {deletion.TOPIC: (on_person_deleted, forget_what_was_answered)},
            search_subscriptions(),
        ),
        after=_joined(
            dict.fromkeys(
                (
                    "payment.succeeded",
                    "payment.expired",
                    "payment.processing",
                    "payment.failed",
                    "refund.succeeded",
                    "refund.failed",
                    "reversal.succeeded",
                    "reversal.failed",
                    "dispute.funds_withdrawn",
                    "dispute.funds_reinstated",
                    "release.published",
                    "release.withdrawn",
                    "order.canceled",
                    "product.off_sale",
                    "catalog.hidden",
                    deletion.TOPIC,
                ),
                (write_down,),
            ),
            market_acts(market),
            search_acts(),
            {credentials.FORGOTTEN: (credentials.mail_reset(market.base_url),)},
            {tracks.REMOVED: (remove_audio(objects),)},
        ),
    )


def remove_audio(objects: Objects) -> After:
    """Removes the audio of deleted tracks, and the downloads made of it, from the object store."""

    async def hear(database: Database, event: Event) -> None:
        track_ids = [UUID(one) for one in event.payload["track_ids"]]
        await remove_downloads_of(database, objects, track_ids)
        await remove_audio_of(database, objects, track_ids)

    return hear


async def forget_what_was_answered(session: Session, event: Event) -> None:
    """Deletes the stored answers of a deleted person: they hold the person's name and address."""
    await forget_answers(session, actor_of(UUID(event.payload["person_id"])))


def _joined(*heard: Mapping[str, tuple[Hearer, ...]]) -> dict[str, tuple[Hearer, ...]]:
    """Topic → every function that hears it, in the order of the arguments."""
    topics = dict.fromkeys(topic for one in heard for topic in one)
    return {topic: tuple(hear for one in heard for hear in one.get(topic, ())) for topic in topics}


async def write_down(_: Database, event: Event) -> None:
    """What happened, as a line of the log with every id in it."""
    log.info(event.topic, **plain_values(event.payload))


def plain_values(said: Mapping[str, Any]) -> dict[str, Any]:
    """As they are, so that a log collector can count with them; an id as its text."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in said.items()}
