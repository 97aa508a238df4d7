"""Reading: the list of one's channels, what is unread on every device, history in pieces, and search."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.chat.talk import of, opened, read, said, texts
from tests.factories import artist, change, person, release
from veza.catalog.artists import Artist
from veza.chat import channels, direct, reach, reading, seats
from veza.chat.reading import ShownChannel
from veza.chat.rules import Act, ChannelKind
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.kit.listing import start_of


async def _mine(database: Database, who: UUID, **how: ChannelKind) -> list[ShownChannel]:
    async with database.read() as session:
        return await reading.mine(session, who, start_of(reading.SORTS, 50), **how)


async def _mark(database: Database, channel: UUID, who: UUID, number: int) -> None:
    async with database.write() as session:
        await reading.mark_read(session, await seats.take(session, channel, of(who), Act.READ), number)


async def test_a_persons_channels_have_names_and_the_newest_message_first(
    database: Database, clock: ManualClock
) -> None:
    mara, ben = await person(database), await person(database, "Ben")
    anna = await artist(database, "Anna")
    album, _ = await release(database, anna, "a", title="Dawn")
    for kind, subject in ((ChannelKind.SITE, None), (ChannelKind.ARTIST, anna), (ChannelKind.RELEASE, album)):
        channel = await opened(database, kind, subject)
        clock.advance(timedelta(minutes=1))
        await said(database, channel, mara)
    async with database.write() as session:
        await direct.open_direct(session, ben, [mara])
    assert [(one.kind, one.title, [party.name for party in one.parties]) for one in await _mine(database, mara)] == [
        ("direct", "", ["Ben", "Mara"]), ("release", "Dawn", []), ("artist", "Anna", []), ("site", "", []),
    ]  # fmt: skip
    assert [one.kind for one in await _mine(database, ben)] == ["direct"]
    assert [one.title for one in await _mine(database, mara, kind=ChannelKind.ARTIST)] == ["Anna"]
    await change(database, Artist, anna, hidden_at=clock.now())
    assert [one.kind for one in await _mine(database, mara)] == ["direct", "site"]


async def test_unread_are_the_others_messages_after_the_mark(database: Database, clock: ManualClock) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    channel = await opened(database)
    await _mark(database, channel, mara, 0)
    for who in (mara, ben, zoe, ben):
        await said(database, channel, who)
    (shown,) = await _mine(database, mara)
    assert (shown.unread, shown.last_read_number, shown.message_number) == (3, 0, 4)
    async with database.write() as session:
        await reach.block(session, mara, zoe)
    assert (await _mine(database, mara))[0].unread == 2
    await _mark(database, channel, mara, 2)
    assert (await _mine(database, mara))[0].unread == 1


async def test_a_mark_goes_only_forward_and_not_beyond_what_there_is(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    for _ in range(3):
        await said(database, channel, ben)
    for number, expected in ((2, 2), (1, 2), (99, 3)):
        await _mark(database, channel, mara, number)
        (shown,) = await _mine(database, mara)
        assert shown.last_read_number == expected


async def test_history_is_read_before_and_after_a_sequence(database: Database) -> None:
    mara, channel = await person(database), await opened(database)
    for number in range(1, 6):
        await said(database, channel, mara, str(number))
    assert await texts(database, channel, None, before=3) == ["1", "2"]
    assert await texts(database, channel, None, after=3) == ["4", "5"]
    assert await texts(database, channel, None, before=5, after=2) == ["3", "4"]


async def test_search_finds_folded_text_as_it_is_now(database: Database) -> None:
    mara, channel = await person(database), await opened(database)
    await said(database, channel, mara, "Ångström meets ÉTÉ")
    await said(database, channel, mara, "100 % of_it")
    for wanted, found in (("angstrom", 1), ("ete", 1), ("100 %", 1), ("%", 1), ("_", 1), ("winter", 0), ("été", 1)):
        assert len(await read(database, channel, None, text=wanted)) == found, wanted


async def test_leaving_takes_the_channel_from_the_list(database: Database) -> None:
    mara, channel = await person(database), await opened(database)
    await said(database, channel, mara)
    async with database.write() as session:
        await channels.leave(session, channel, mara)
    assert await _mine(database, mara) == []
    assert len(await read(database, channel, mara)) == 1
