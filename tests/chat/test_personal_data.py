"""A message is judged like any subject; what a person said is exported whole, and goes with the account."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.chat.talk import events, of, opened, read, said, texts
from tests.factories import person
from veza.accounts.permissions import Role
from veza.app.subjects import SUBJECTS
from veza.chat import direct, moderating, personal_data, reach, reactions
from veza.chat.channels import UnknownChannel
from veza.chat.messages import UnknownMessage
from veza.chat.moderating import SanctionDraft
from veza.chat.reach import WhoMayWrite
from veza.chat.sanctions import SanctionKind
from veza.kit.database import Database
from veza.moderation import decisions, reporting, reports


async def _report(database: Database, who: UUID, message: UUID) -> UUID:
    async with database.write(f"person {who}") as session:
        return (await reporting.report(session, SUBJECTS, who, "message", message, "abuse", "rude")).id


async def test_a_reported_message_is_hidden_and_shown_again_by_decision(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    async with database.write() as session:
        channel = (await direct.open_direct(session, mara, [ben])).id
    message = await said(database, channel, mara, "rude")
    with pytest.raises(UnknownChannel):
        await _report(database, zoe, message.id)
    report = await _report(database, ben, message.id)
    async with database.write("moderator") as session:
        assert (await reports.find(session, report)).label == "rude"
        await decisions.decide_report(session, SUBJECTS, report, "hide", "too rude")
    assert await texts(database, channel, ben) == [""]
    with pytest.raises(UnknownMessage):
        await _report(database, ben, message.id)
    async with database.write("moderator") as session:
        await decisions.decide(session, SUBJECTS, "message", message.id, "restore", "on second thought")
    assert await texts(database, channel, ben) == ["rude"]
    assert [one.kind for one in await events(database, channel, ben)] == ["message", "hide", "show"]


async def _life(database: Database) -> tuple[UUID, UUID, UUID]:
    """Mara, Ben and their channel, in which they do everything."""
    mara, ben, staff = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = await opened(database)
    mine = await said(database, channel, mara, "hello", mentions=[ben])
    theirs = await said(database, channel, ben, "hi", reply_to=mine.id, mentions=[mara])
    async with database.write("a test") as session:
        await reactions.react(session, channel, theirs.id, of(mara), "🎵", is_given=True)
        await reach.block(session, mara, staff)
        await reach.block(session, ben, mara)
        await reach.choose(session, mara, WhoMayWrite.FOLLOWED)
        staff_identity = of(staff, Role.MODERATOR)
        for kind in SanctionKind:
            await moderating.sanction(session, channel, mara, staff_identity, kind, SanctionDraft("loud"))
    return mara, ben, channel


async def test_the_export_is_whole_and_plain_json(database: Database) -> None:
    mara, _, _ = await _life(database)
    async with database.read() as session:
        exported = json.loads(json.dumps(await personal_data.export_of(session, mara)))
    assert [one["text"] for one in exported["messages"]] == ["hello"]
    assert [one["emoji"] for one in exported["reactions"]] == ["🎵"]
    assert [one["who_may_write"] for one in exported["chat_settings"]] == ["followed"]
    assert {one["kind"]: one["reason"] for one in exported["channel_sanctions"]} == {"mute": "loud", "ban": "loud"}
    assert len(exported["mentions"]) == len(exported["blocked_people"]) == 1


async def test_a_person_who_goes_leaves_empty_places_and_a_ban_without_a_name(database: Database) -> None:
    mara, ben, channel = await _life(database)
    async with database.write() as session:
        await personal_data.forget_person(session, mara)
    async with database.read() as session:
        assert not any((await personal_data.export_of(session, mara)).values())
        assert await reach.choice_of(session, mara) is WhoMayWrite.EVERYBODY
    first, reply = await read(database, channel, ben)
    assert (first.author_id, first.author, first.text, first.is_deleted) == (None, "deleted account", "", True)
    assert (reply.text, reply.mentions, reply.reactions) == ("hi", (), ())
    assert (await events(database, channel, ben))[-1].kind == "erase"
