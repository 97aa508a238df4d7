"""The table of access at its other doors: with API tokens of every scope, through `veza stream`, in the web's library.

A sample of who asks in which state, the same each time; with `--whole` each of them under each choice of the artist.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from itertools import product

from tests import factories
from tests.api.streaming.access_table import (
    APART,
    CHOICES,
    JUDGES,
    LIBRARY,
    PEOPLE,
    STATES,
    TOKENS,
    wanted,
    wanted_by_token,
    wanted_of_library,
)
from tests.api.streaming.access_trials import Trial, make_downloads
from tests.api.streaming.buyers import WHO, Holder, by_token
from tests.api.streaming.conftest import Stage
from tests.api.streaming.test_access import put_into
from tests.grpc.apart import Apart, apart
from tests.grpc.conftest import Caller, caller
from tests.samples import Sampler
from veza.catalog.releases import Release
from veza.streaming.hearing import RECHECKED

__all__ = ["apart", "caller"]

Row = tuple[str, tuple[str, bool], str]
"""A state, the choice of the artist, and who asks."""


def rows(who: Collection[str]) -> list[Row]:
    return list(product(STATES, CHOICES, sorted(who)))


async def each(stage: Stage, chosen: Sequence[Row]) -> AsyncIterator[Row]:
    """The rows, once the release is in the state of each; what is remembered of the one before is too old then."""
    before = None
    for state, choice, who in chosen:
        if (state, choice) != before:
            before = state, choice
            await put_into(stage, state)
            heard_by, has_preview = choice
            await factories.change(
                stage.veza.database, Release, stage.release, heard_by=heard_by, has_preview=has_preview
            )
            stage.clock.advance(RECHECKED + timedelta(seconds=1))
        yield state, choice, who


async def test_a_persons_token_opens_what_its_scopes_and_the_table_say(caller: Caller, sampler: Sampler) -> None:
    """One token after the other, the strongest first: the next one profits of nothing that was remembered."""
    stage = caller.stage
    await make_downloads(stage)
    people = {who: await WHO[who](stage) for who in sorted(PEOPLE)}
    trials = {
        who: {name: Trial(stage, caller, await by_token(stage, holder, scopes)) for name, scopes in TOKENS.items()}
        for who, holder in people.items()
    }
    chosen = sorted([*sampler.some(rows(JUDGES), 4), *sampler.some(rows(PEOPLE - JUDGES), 6)])
    async for state, choice, who in each(stage, chosen):
        found = {name: await trial.answers() for name, trial in trials[who].items()}
        expected = {name: wanted_by_token(who, state, CHOICES[choice], name) for name in TOKENS}
        assert found == expected, (state, choice, who)


async def test_a_process_that_streams_alone_answers_as_the_table_says(
    caller: Caller, apart: Apart, sampler: Sampler
) -> None:
    stage = caller.stage
    holders: dict[str, Holder] = {who: await make(stage) for who, make in WHO.items()}
    trials = {who: Trial(stage, caller, holder, apart) for who, holder in holders.items()}
    tokens = {
        (who, name): Trial(stage, caller, await by_token(stage, holders[who], scopes), apart)
        for who in sorted(PEOPLE)
        for name, scopes in TOKENS.items()
    }
    async for state, choice, who in each(stage, sampler.some(rows(WHO), 16)):
        expected = wanted(who, state, CHOICES[choice])
        assert await trials[who].answers(APART) == {name: expected[name] for name in APART}, (state, choice, who)
        for token in TOKENS if who in PEOPLE else ():
            expected = wanted_by_token(who, state, CHOICES[choice], token)
            found = await tokens[who, token].answers(APART)
            assert found == {name: expected[name] for name in APART}, (state, choice, who, token)


async def test_the_library_of_the_web_leads_to_the_files_that_the_table_says(caller: Caller, sampler: Sampler) -> None:
    stage = caller.stage
    await make_downloads(stage)
    trials = {who: Trial(stage, caller, await make(stage)) for who, make in WHO.items()}
    async for state, choice, who in each(stage, sampler.some(rows(WHO), 32)):
        assert await trials[who].answers(LIBRARY) == wanted_of_library(who, state), (state, choice, who)
