"""What a stream was begun with is asked again while it lasts: the credential, its scopes, its person's roles."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from tests import factories
from tests.api.streaming.conftest import Stage
from tests.api.streaming.test_streams import ended, rung_files
from veza.accounts import roles, second_factor, suspension, tokens
from veza.accounts.identity import OPERATOR
from veza.accounts.permissions import Role, Scope
from veza.accounts.second_factor import SecondFactor
from veza.accounts.tokens import ApiToken
from veza.audio.manifest import Rung
from veza.catalog.releases import Release
from veza.catalog.visibility import HiddenTrack
from veza.streaming.hearing import RECHECKED, link_of


@pytest.fixture
async def judge(stage: Stage) -> UUID:
    """A moderator; the track is hidden, so that moderators and its artist's people alone hear it."""
    async with stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    return await stage.listener(Role.MODERATOR)


async def test_a_token_hears_no_file_that_a_stronger_one_of_its_person_began(stage: Stage, judge: UUID) -> None:
    strong, weak = (
        await factories.bearer(stage.veza.database, judge, *Scope),
        await factories.bearer(stage.veza.database, judge, Scope.READ),
    )
    assert (await stage.get("audio.m4a", weak)).status_code == 404
    assert (await stage.get("audio.m4a", strong)).status_code == 200
    assert (await stage.get("audio.m4a", weak)).status_code == 404


async def test_the_stream_of_a_dismissed_moderator_ends(stage: Stage, judge: UUID) -> None:
    for headers in (await stage.signed_in(judge), await factories.bearer(stage.veza.database, judge, *Scope)):
        file = (await rung_files(stage, headers))["aac128"]
        assert (await stage.get("audio.m4a", headers)).status_code == 200
        assert not await ended(stage, file)
        async with stage.veza.database.write("test") as session:
            await roles.take(session, judge, Role.MODERATOR)
        assert await ended(stage, file)
        assert (await stage.get("audio.m4a", headers)).status_code == 404
        async with stage.veza.database.write("test") as session:
            await roles.give(session, judge, Role.MODERATOR, by="test")


async def test_a_moderator_who_needs_a_second_factor_and_has_none_left_hears_no_longer(
    stage: Stage, judge: UUID
) -> None:
    object.__setattr__(stage.veza.modules.accounts.rules, "staff_needs_second_factor", True)
    async with stage.veza.database.write("test") as session:
        session.add(
            SecondFactor(person_id=judge, secret="", created_at=session.now, confirmed_at=session.now, last_step=0)
        )
    cookie = await factories.cookie(stage.veza.database, judge, with_second_factor=True)
    by_each = (cookie, await factories.bearer(stage.veza.database, judge, *Scope))
    files = [(await rung_files(stage, headers))["aac128"] for headers in by_each]
    assert [await ended(stage, one) for one in files] == [False, False]
    async with stage.veza.database.write("test") as session:
        await second_factor.forget(session, judge)
    assert [await ended(stage, one) for one in files] == [True, True]


async def test_a_stream_ends_with_the_token_that_began_it(stage: Stage) -> None:
    person = await stage.buyer()
    revoked, expires, stays = [await factories.bearer(stage.veza.database, person, Scope.READ) for _ in range(3)]
    files = [(await rung_files(stage, headers))["aac128"] for headers in (revoked, expires, stays)]
    async with stage.veza.database.write("test") as session:
        first, second, _ = (await session.scalars(select(ApiToken).order_by(ApiToken.id))).all()
        await tokens.revoke(session, person, first.id)
        second.expires_at = session.now + timedelta(seconds=1)
    assert [await ended(stage, one) for one in files] == [True, True, False]
    assert (await stage.get("audio.m4a", revoked)).status_code == 401
    async with stage.veza.database.write("test") as session:
        await suspension.suspend(session, person, "a token opens the account no more than the password")
    assert await ended(stage, files[2])


async def test_the_operator_hears_a_hidden_track_until_it_is_one_that_is_not_judged(stage: Stage, judge: UUID) -> None:
    hearing = stage.veza.modules.hearing
    heard = await hearing.begin(OPERATOR, stage.track)
    assert heard.session is not None
    link = link_of(heard.session, Rung.AAC_128)
    stage.clock.advance(RECHECKED + timedelta(seconds=1))
    assert await hearing.allows(link)
    async with stage.veza.database.write("test") as session:
        await session.execute(delete(HiddenTrack))
        (await session.get_one(Release, stage.release)).status = "draft"
    stage.clock.advance(RECHECKED + timedelta(seconds=1))
    assert not await hearing.allows(link)
