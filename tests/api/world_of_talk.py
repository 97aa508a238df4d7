"""Channels, and as many messages, people and events of them as one likes."""

from __future__ import annotations

from uuid import UUID

from tests import factories
from tests.chat.talk import of, opened, said
from veza.accounts.permissions import Role
from veza.chat import direct, moderating, reach, reactions
from veza.chat.moderating import SanctionDraft
from veza.chat.sanctions import SanctionKind
from veza.kit.database import Database


async def fill_chat(database: Database, person: UUID, count: int) -> dict[str, UUID]:
    """So many direct channels of the person; in the site's channel so many messages with a reaction each, and so many
    people who are muted there; so many strangers whom the person blocks. The ids of the site's channel and of a
    message of the person there."""
    channel = await opened(database)
    own = await said(database, channel, person, "hello", mentions=[person])
    others = [await factories.person(database, f"Talker {number}") for number in range(count)]
    for other in others:
        message = await said(database, channel, other, "hello back", reply_to=own.id, mentions=[person])
        async with database.write("a test") as session:
            await reactions.react(session, channel, message.id, of(person), "🎵", is_given=True)
            await reactions.react(session, channel, own.id, of(other), "🎵", is_given=True)
            await direct.open_direct(session, person, [other])
            muted = SanctionDraft("loud")
            await moderating.sanction(session, channel, other, of(person, Role.MODERATOR), SanctionKind.MUTE, muted)
    # Messages of the people who are blocked would not be listed.
    strangers = [await factories.person(database, f"Stranger {number}") for number in range(count)]
    async with database.write("a test") as session:
        for stranger in strangers:
            await reach.block(session, person, stranger)
    return {"channel_id": channel, "message_id": own.id}
