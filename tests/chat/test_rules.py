"""Who may do what in a channel: the table, and the seat that people really have."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.chat.talk import of, opened
from tests.factories import artist, change, member, person, release
from veza.accounts.identity import SignInNeeded
from veza.accounts.people import NotConfirmed, Person
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist
from veza.chat import direct, moderating, reach, seats
from veza.chat.channels import UnknownChannel
from veza.chat.moderating import SanctionDraft
from veza.chat.rules import LEFT, RULES, Act, ChannelKind, ChannelRole, State, allows
from veza.chat.sanctions import SanctionKind
from veza.chat.seats import Banned, Muted, NotAllowedHere, Seat, TakesNoMessages
from veza.kit.clock import ManualClock
from veza.kit.database import Database


def test_every_kind_role_and_state_is_decided_on() -> None:
    assert set(RULES) == set(ChannelKind)
    assert all(set(roles) == set(ChannelRole) for roles in RULES.values())
    assert set(LEFT) == set(State)


def test_who_writes_reads_and_who_appoints_moderates() -> None:
    for kind, roles in RULES.items():
        for role, acts in roles.items():
            assert not acts or Act.READ in acts, (kind, role)
            assert Act.APPOINT not in acts or Act.MODERATE in acts, (kind, role)


def test_the_state_only_takes_away() -> None:
    for kind in ChannelKind:
        for role in ChannelRole:
            for act in Act:
                if not allows(kind, role, State.FINE, act):
                    assert not any(allows(kind, role, state, act) for state in State)


def test_a_direct_channel_is_for_its_people_alone() -> None:
    assert {role for role in ChannelRole if RULES[ChannelKind.DIRECT][role]} == {ChannelRole.PARTY}


async def _seat(database: Database, channel: UUID, who: UUID | None, *roles: Role) -> Seat:
    async with database.read() as session:
        return await seats.take(session, channel, of(who, *roles), Act.READ)


async def test_the_people_of_the_artist_are_hosts_of_its_channels_and_staff_of_all(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    anna = await artist(database, run_by=mara)
    await member(database, anna, ben)
    album, _ = await release(database, anna, "a")
    of_artist = await opened(database, ChannelKind.ARTIST, anna)
    of_release = await opened(database, ChannelKind.RELEASE, album)
    for channel in (of_artist, of_release):
        assert [(await _seat(database, channel, one)).role for one in (mara, ben, zoe, None)] == [
            ChannelRole.HOST, ChannelRole.HOST, ChannelRole.PERSON, ChannelRole.VISITOR,
        ]  # fmt: skip
        assert (await _seat(database, channel, zoe, Role.MODERATOR)).role is ChannelRole.STAFF
    async with database.write() as session:
        await moderating.appoint(session, of_artist, zoe, of(mara), is_moderator=True)
    assert (await _seat(database, of_artist, zoe)).role is ChannelRole.MODERATOR
    assert (await _seat(database, of_release, zoe)).role is ChannelRole.PERSON
    async with database.write() as session:
        with pytest.raises(NotAllowedHere):
            await moderating.appoint(session, of_artist, ben, of(zoe), is_moderator=True)


async def test_the_channel_of_what_is_hidden_is_for_its_hosts_and_the_staff(database: Database) -> None:
    mara, ben = await person(database), await person(database, "Ben")
    anna = await artist(database, run_by=mara)
    channel = await opened(database, ChannelKind.ARTIST, anna)
    async with database.read() as session:
        now = session.now
    await change(database, Artist, anna, hidden_at=now)
    assert (await _seat(database, channel, mara)).may(Act.WRITE)
    assert (await _seat(database, channel, ben, Role.MODERATOR)).may(Act.WRITE)
    for stranger in (ben, None):
        with pytest.raises(UnknownChannel):
            await _seat(database, channel, stranger)


async def test_the_same_subject_has_one_channel(database: Database) -> None:
    anna = await artist(database)
    first = await opened(database, ChannelKind.ARTIST, anna)
    assert await opened(database, ChannelKind.ARTIST, anna) == first
    assert await opened(database) == await opened(database)
    with pytest.raises(UnknownChannel):
        await _seat(database, uuid4(), None)


async def test_visitors_and_the_unconfirmed_read_only(database: Database) -> None:
    mara, channel = await person(database, confirmed=False), await opened(database)
    for who, refusal in ((mara, NotConfirmed), (None, SignInNeeded)):
        seat = await _seat(database, channel, who)
        with pytest.raises(refusal):
            seat.demand(Act.WRITE)


async def test_a_mute_and_a_ban_end_when_they_were_said_to(database: Database, clock: ManualClock) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    for kind, refusal in ((SanctionKind.MUTE, Muted), (SanctionKind.BAN, Banned)):
        async with database.write("a test") as session:
            draft = SanctionDraft("too loud", 60)
            await moderating.sanction(session, channel, ben, of(mara, Role.MODERATOR), kind, draft)
        async with database.read() as session:
            seat = await seats.seat_of(session, channel, ben)
        with pytest.raises(refusal, match="too loud"):
            seat.demand(Act.WRITE)
        assert seat.may(Act.READ) is (kind is SanctionKind.MUTE)
        clock.advance(timedelta(seconds=61))
        assert (await _seat(database, channel, ben)).may(Act.WRITE)


async def test_who_is_blocked_reads_a_channel_of_two_and_writes_no_more(database: Database) -> None:
    mara, ben, zoe = [await person(database, name) for name in ("Mara", "Ben", "Zoe")]
    async with database.write() as session:
        of_two = (await direct.open_direct(session, ben, [mara])).id
        of_three = (await direct.open_direct(session, ben, [mara, zoe])).id
        await reach.block(session, mara, ben)
    with pytest.raises(TakesNoMessages):
        (await _seat(database, of_two, ben)).demand(Act.WRITE)
    assert (await _seat(database, of_two, mara)).may(Act.WRITE)
    assert (await _seat(database, of_three, ben)).may(Act.WRITE)
    with pytest.raises(UnknownChannel):
        await _seat(database, of_two, zoe, Role.ADMIN)


async def test_a_ban_follows_the_address_and_not_the_name(database: Database) -> None:
    mara, ben, channel = await person(database), await person(database, "Ben"), await opened(database)
    async with database.write("a test") as session:
        staff = of(mara, Role.MODERATOR)
        await moderating.sanction(session, channel, ben, staff, SanctionKind.BAN, SanctionDraft("threats"))
    await change(database, Person, ben, name="Somebody Else")
    with pytest.raises(Banned):
        await _seat(database, channel, ben)
    async with database.read() as session:
        address = (await session.get_one(Person, ben)).email
    await change(database, Person, ben, email=None, deleted_at=database.clock.now())
    again = await person(database, "Ben again", email=address)
    with pytest.raises(Banned):
        await _seat(database, channel, again)
    async with database.write("a test") as session:
        await moderating.lift(session, channel, again, of(mara, Role.MODERATOR), SanctionKind.BAN)
    assert (await _seat(database, channel, again)).may(Act.WRITE)
