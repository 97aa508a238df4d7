"""What the modules hold of one listener: all of it for an export, and what becomes of it when the account goes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from veza.catalog import erasure as catalog_erasure
from veza.catalog import export as catalog_export
from veza.chat import personal_data as chat_data
from veza.community import erasure as community_erasure
from veza.community import export as community_export
from veza.kit.database import Session
from veza.kit.subscriptions import Event
from veza.moderation import erasure as moderation_erasure
from veza.moderation import export as moderation_export
from veza.streaming import personal_data as streaming_data


async def on_person_deleted(session: Session, event: Event) -> None:
    """Hears `person.deleted` inside its transaction; the payload has `person_id`.

    Raises LastOwner, which keeps the account, for artists that the person alone owns.
    """
    person_id = UUID(str(event.payload["person_id"]))
    await catalog_erasure.forget_person(session, person_id)
    await chat_data.forget_person(session, person_id)
    await community_erasure.forget_person(session, person_id)
    await moderation_erasure.forget_person(session, person_id)
    await streaming_data.forget_person(session, person_id)


async def listening_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything a listener made or was told, as JSON has it."""
    return {
        **await catalog_export.export_of(session, person_id),
        **await community_export.export_of(session, person_id),
        **await chat_data.export_of(session, person_id),
        **await moderation_export.export_of(session, person_id),
        **await streaming_data.export_of(session, person_id),
    }
