"""Direct channels: the same people have one, and each person says who may open one with them."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.chat.talk import read, said, texts
from tests.factories import artist, person
from veza.accounts.people import NotConfirmed
from veza.chat import channels, direct, reach
from veza.chat.channels import UnknownChannel
from veza.chat.direct import BadParties
from veza.chat.reach import BLOCKED_MOST, CannotBlock, NotReachable, WhoMayWrite
from veza.community import follows
from veza.kit.database import Database
from veza.kit.limits import RateLimited
from veza.kit.listing import start_of


async def _open(database: Database, who: UUID, *others: UUID) -> UUID:
    async with database.write(f"person {who}") as session:
        return (await direct.open_direct(session, who, others)).id


async def _choose(database: Database, who: UUID, choice: WhoMayWrite) -> None:
    async with database.write() as session:
        await reach.choose(session, who, choice)


async def test_the_same_people_have_one_channel_whoever_opens_it(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    opened = await asyncio.gather(_open(database, mara, ben), _open(database, ben, mara), _open(database, mara, ben))
    assert len(set(opened)) == 1
    assert await _open(database, zoe, ben, mara) == await _open(database, ben, mara, zoe) != opened[0]


async def test_a_channel_is_of_two_to_eight(database: Database) -> None:
    mara, *others = [await person(database, f"P{i}") for i in range(9)]
    await _open(database, mara, *others[:7])
    for wrong in ([], [mara], others):
        with pytest.raises(BadParties):
            await _open(database, mara, *wrong)


async def test_everybody_says_who_may_write_to_them(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    anna = await artist(database, run_by=mara)
    await _choose(database, ben, WhoMayWrite.FOLLOWED)
    with pytest.raises(NotReachable):
        await _open(database, mara, ben)
    async with database.write() as session:
        await follows.follow(session, ben, anna)
    await _open(database, mara, ben)
    with pytest.raises(NotReachable):
        await _open(database, zoe, ben)
    await _choose(database, ben, WhoMayWrite.NOBODY)
    await _open(database, mara, ben)
    with pytest.raises(NotReachable, match=r"^1 of these people"):
        await _open(database, mara, ben, zoe)
    await _choose(database, ben, WhoMayWrite.EVERYBODY)
    await _open(database, mara, ben, zoe)


async def test_who_blocks_and_who_is_not_there_are_answered_alike(database: Database) -> None:
    mara, ben = await person(database), await person(database, "Ben")
    async with database.write() as session:
        await reach.block(session, ben, mara)
    answers = []
    for one in (ben, uuid4()):
        with pytest.raises(NotReachable) as refused:
            await _open(database, mara, one)
        answers.append(str(refused.value))
    assert answers[0] == answers[1]
    await _open(database, ben, mara)


async def test_a_confirmed_address_and_patience_are_needed_to_open_many(database: Database) -> None:
    mara, others = await person(database), [await person(database, f"P{i}") for i in range(11)]
    with pytest.raises(NotConfirmed):
        await _open(database, await person(database, confirmed=False), mara)
    for one in others[:10]:
        await _open(database, mara, one)
    with pytest.raises(RateLimited):
        await _open(database, mara, others[10])
    await _open(database, mara, others[0])


async def test_who_leaves_reads_no_more_and_is_asked_again(database: Database) -> None:
    mara, ben = await person(database), await person(database, "Ben")
    channel = await _open(database, mara, ben)
    await said(database, channel, mara, "hello")
    async with database.write() as session:
        await channels.leave(session, channel, ben)
    with pytest.raises(UnknownChannel):
        await read(database, channel, ben)
    await _choose(database, ben, WhoMayWrite.NOBODY)
    with pytest.raises(NotReachable):
        await _open(database, mara, ben)
    assert await _open(database, ben, mara) == channel
    assert await texts(database, channel, ben) == ["hello"]


async def test_blocking_is_listed_and_bounded(database: Database) -> None:
    mara, ben = await person(database), await person(database, "Ben")
    async with database.write() as session:
        for _ in range(2):
            await reach.block(session, mara, ben)
        with pytest.raises(CannotBlock):
            await reach.block(session, mara, mara)
    async with database.read() as session:
        (row,) = await reach.blocked_by(session, mara, start_of(reach.SORTS, 10))
        assert (row.person_id, row.name) == (ben, "Ben")
        assert await reach.choice_of(session, mara) is WhoMayWrite.EVERYBODY
    assert BLOCKED_MOST == 1_000
