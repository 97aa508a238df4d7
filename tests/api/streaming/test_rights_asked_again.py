"""What a stream was begun with is asked again while it lasts: the credential, its scopes, and the roles of its person."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.api.streaming.conftest import Stage
from veza.accounts import tokens
from veza.accounts.permissions import Role, Scope
from veza.catalog.visibility import HiddenTrack


@pytest.fixture
async def judge(stage: Stage) -> UUID:
    """A moderator; the track is hidden, so that moderators and its artist's people alone hear it."""
    async with stage.veza.database.write("test") as session:
        session.add(HiddenTrack(track_id=stage.track, hidden_at=session.now))
    return await stage.listener(Role.MODERATOR)


async def bearer(stage: Stage, person: UUID, *scopes: Scope) -> dict[str, str]:
    """The header of a new token of the person."""
    async with stage.veza.database.write("test") as session:
        _, text = await tokens.make(session, person, "a test", scopes, timedelta(hours=1))
    return {"Authorization": f"Bearer {text}"}


async def test_a_token_hears_no_file_that_a_stronger_one_of_its_person_began(stage: Stage, judge: UUID) -> None:
    strong, weak = await bearer(stage, judge, *Scope), await bearer(stage, judge, Scope.READ)
    assert (await stage.get("audio.m4a", weak)).status_code == 404
    assert (await stage.get("audio.m4a", strong)).status_code == 200
    assert (await stage.get("audio.m4a", weak)).status_code == 404
