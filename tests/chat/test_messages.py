"""Messages: one order for all readers, a resend is the same message, and what changes is an event of its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.chat.talk import events, of, opened, read, row_of, said, texts
from tests.factories import artist, person
from veza.accounts.audit import AuditEntry
from veza.accounts.people import UnknownPerson
from veza.accounts.permissions import Role
from veza.chat import direct, messages, moderating, reach, reactions
from veza.chat.messages import ClientIdTaken, NotYourMessage, TooManyMentions, UnknownMessage
from veza.chat.moderating import OutranksYou, SanctionDraft
from veza.chat.reactions import KINDS_MOST, ReactionCount, TooManyReactions
from veza.chat.rules import ChannelKind
from veza.chat.sanctions import SanctionKind
from veza.chat.seats import Muted
from veza.chat.words import BadReaction
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.limits import RateLimited


async def test_many_at_once_are_numbered_without_a_gap(database: Database) -> None:
    people, channel = [await person(database, f"P{i}") for i in range(6)], await opened(database)
    await asyncio.gather(*(said(database, channel, one, str(i)) for i in range(5) for one in people))
    shown = await read(database, channel, None)
    assert [one.number for one in shown] == [*range(1, 31)]
    assert [one.event_sequence for one in shown] == [*range(1, 31)]
    assert (await row_of(database, channel)).message_number == 30


async def test_a_resend_is_the_same_message_also_at_the_same_instant(database: Database) -> None:
    mara, channel, client_id = await person(database), await opened(database), uuid4()
    sent = await asyncio.gather(*(said(database, channel, mara, "once", client_id=client_id) for _ in range(5)))
    assert len({one.id for one in sent}) == 1
    assert await texts(database, channel, None) == ["once"]
    ben = await person(database, "Ben")
    assert (await said(database, channel, ben, "mine", client_id=client_id)).id != sent[0].id
    async with database.write() as session:
        elsewhere = (await direct.open_direct(session, mara, [ben])).id
    with pytest.raises(ClientIdTaken):
        await said(database, elsewhere, mara, "once", client_id=client_id)


async def test_a_reader_who_was_away_catches_up_by_the_sequence(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    first = await said(database, channel, mara, "frist")
    second = await said(database, channel, ben, "second")
    async with database.write() as session:
        await messages.edit(session, channel, first.id, of(mara), "first")
        await reactions.react(session, channel, first.id, of(ben), "🎵", is_given=True)
        await messages.remove(session, channel, second.id, of(ben))
    missed = await events(database, channel, mara, after=2)
    assert [(one.sequence, one.kind) for one in missed] == [(3, "edit"), (4, "react"), (5, "delete")]
    (edited, reacted, deleted) = [one.message for one in missed]
    assert edited == reacted
    assert edited is not None
    assert deleted is not None
    assert (edited.text, edited.reactions) == ("first", [ReactionCount("🎵", 1, False)])
    assert edited.edited_at is not None
    assert (deleted.text, deleted.is_deleted) == ("", True)
    assert await events(database, channel, mara, after=5) == []


async def test_only_the_author_edits_and_deletes(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    message = await said(database, channel, mara)
    async with database.write() as session:
        with pytest.raises(NotYourMessage):
            await messages.edit(session, channel, message.id, of(ben), "mine now")
        with pytest.raises(NotYourMessage):
            await messages.remove(session, channel, message.id, of(ben, Role.ADMIN))
        await messages.remove(session, channel, message.id, of(mara))
        with pytest.raises(UnknownMessage):
            await messages.edit(session, channel, message.id, of(mara), "back")


async def test_a_reply_is_to_a_message_of_the_channel(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    first = await said(database, channel, mara)
    assert (await said(database, channel, ben, reply_to=first.id)).reply_to == first.id
    async with database.write() as session:
        elsewhere = (await direct.open_direct(session, mara, [ben])).id
    with pytest.raises(UnknownMessage):
        await said(database, elsewhere, mara, reply_to=first.id)


async def test_mentions_are_people_who_are_there(database: Database) -> None:
    mara, ben, zoe, channel = [await person(database, n) for n in ("Mara", "Ben", "Zoe")] + [await opened(database)]
    await said(database, channel, mara, "you two", mentions=[ben, zoe, ben])
    (shown,) = await read(database, channel, None)
    assert set(shown.mentions) == {ben, zoe}
    assert len(shown.mentions) == 2
    with pytest.raises(UnknownPerson):
        await said(database, channel, mara, mentions=[uuid4()])
    with pytest.raises(TooManyMentions):
        await said(database, channel, mara, mentions=[uuid4() for _ in range(21)])
    async with database.write() as session:
        of_two = (await direct.open_direct(session, mara, [ben])).id
    with pytest.raises(UnknownPerson):
        await said(database, of_two, mara, mentions=[zoe])


async def test_a_flood_is_refused_and_others_are_untouched(database: Database, clock: ManualClock) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    sent = await asyncio.gather(*(said(database, channel, mara) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(one, RateLimited) for one in sent) == 4
    await said(database, channel, ben)
    assert (await row_of(database, channel)).message_number == 9
    clock.advance(timedelta(seconds=2))
    await said(database, channel, mara)


async def test_slow_mode_leaves_time_between_a_persons_messages(database: Database, clock: ManualClock) -> None:
    mara, staff, channel = await person(database), await person(database, "Ben"), await opened(database)
    async with database.write("a test") as session:
        await moderating.slow_down(session, channel, of(staff, Role.MODERATOR), 30)
    await said(database, channel, mara)
    with pytest.raises(RateLimited, match="wait 30 s"):
        await said(database, channel, mara)
    clock.advance(timedelta(seconds=30))
    await said(database, channel, mara)
    assert [one.kind for one in await events(database, channel, None)] == ["slow", "message", "message"]


async def test_reactions_are_counted_once_for_each_person(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    message = await said(database, channel, mara)

    async def react(who: object, emoji: str, is_given: bool = True) -> None:
        async with database.write() as session:
            await reactions.react(session, channel, message.id, of(who), emoji, is_given=is_given)  # type: ignore[arg-type]

    for who, emoji in ((mara, "🎵"), (ben, "🎵"), (ben, "🎵"), (ben, "👍🏽"), (ben, "3️⃣")):
        await react(who, emoji)
    (shown,) = await read(database, channel, mara)
    assert set(shown.reactions) == {
        ReactionCount("🎵", 2, True), ReactionCount("👍🏽", 1, False), ReactionCount("3️⃣", 1, False),
    }  # fmt: skip
    await react(ben, "🎵", False)
    await react(ben, "🎵", False)
    assert [one.kind for one in await events(database, channel, None, after=1)] == ["react"] * 5
    for no_emoji in ("a", "", "1", "🎵 🎵", "<b>", "\u200d", "🎵" * 17):
        with pytest.raises(BadReaction):
            await react(mara, no_emoji)


async def test_a_message_has_a_bounded_number_of_reactions(database: Database, clock: ManualClock) -> None:
    mara, channel = await person(database), await opened(database)
    message = await said(database, channel, mara)
    for number in range(KINDS_MOST + 1):
        clock.advance(timedelta(seconds=1))
        async with database.write() as session:
            reacting = reactions.react(session, channel, message.id, of(mara), chr(0x1F400 + number), is_given=True)
            if number < KINDS_MOST:
                await reacting
            else:
                with pytest.raises(TooManyReactions):
                    await reacting


async def test_a_hidden_message_keeps_its_place_and_its_text_for_author_and_moderators(database: Database) -> None:
    mara, ben, staff = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = await opened(database)
    message = await said(database, channel, mara, "rude")
    async with database.write("a test") as session:
        await moderating.hide(session, channel, message.id, of(staff, Role.MODERATOR))
    assert await texts(database, channel, ben) == [""]
    assert await texts(database, channel, mara) == ["rude"]
    assert await texts(database, channel, ben, text="rude") == []
    async with database.write("a test") as session:
        with pytest.raises(UnknownMessage):
            await messages.edit(session, channel, message.id, of(mara), "nice")
        await moderating.show_again(session, channel, message.id, of(staff, Role.MODERATOR))
    assert await texts(database, channel, ben) == ["rude"]
    assert [one.kind for one in await events(database, channel, ben)] == ["message", "hide", "show"]


async def test_a_first_message_of_links_alone_is_held(database: Database) -> None:
    mara, ben, staff = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = await opened(database)
    held = await said(database, channel, mara, "https://shop.example www.shop.example")
    await said(database, channel, ben, "see https://example.org")
    await said(database, channel, ben, "https://example.org")
    assert await texts(database, channel, None) == ["", "see https://example.org", "https://example.org"]
    async with database.write("a test") as session:
        await moderating.show_again(session, channel, held.id, of(staff, Role.MODERATOR))
    assert (await texts(database, channel, None))[0] == held.text


async def test_who_is_muted_takes_back_what_they_said_and_says_nothing(database: Database) -> None:
    mara, staff, channel = await person(database), await person(database, "Ben"), await opened(database)
    message = await said(database, channel, mara)
    moderator = of(staff, Role.MODERATOR)
    async with database.write("a test") as session:
        await moderating.sanction(session, channel, mara, moderator, SanctionKind.MUTE, SanctionDraft("spam"))
    async with database.write() as session:
        await messages.remove(session, channel, message.id, of(mara))
    assert await texts(database, channel, None) == [""]
    with pytest.raises(Muted, match="spam"):
        await said(database, channel, mara)


async def test_a_moderator_of_a_channel_has_no_power_over_its_hosts_or_another_moderator(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = await opened(database, ChannelKind.ARTIST, await artist(database, run_by=mara))
    async with database.write("a test") as session:
        for one in (ben, zoe):
            await moderating.appoint(session, channel, one, of(mara), is_moderator=True)
        for one in (mara, zoe, ben):
            with pytest.raises(OutranksYou):
                await moderating.sanction(session, channel, one, of(ben), SanctionKind.BAN, SanctionDraft("revenge"))
        await moderating.sanction(session, channel, ben, of(mara), SanctionKind.BAN, SanctionDraft("enough"))
    async with database.read() as session:
        noted = (await session.scalars(select(AuditEntry.act).order_by(AuditEntry.id))).all()
    assert noted == ["made moderator of a channel", "made moderator of a channel", "banned from a channel"]


async def test_what_a_blocked_person_writes_does_not_arrive(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    await said(database, channel, ben, "one")
    async with database.write() as session:
        await reach.block(session, mara, ben)
    await said(database, channel, ben, "two")
    await said(database, channel, mara, "three")
    assert await texts(database, channel, mara) == ["three"]
    assert [one.sequence for one in await events(database, channel, mara)] == [3]
    assert await texts(database, channel, ben) == ["one", "two", "three"]
    async with database.write() as session:
        await reach.unblock(session, mara, ben)
    assert await texts(database, channel, mara) == ["one", "two", "three"]
