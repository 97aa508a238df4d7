"""Names take turns, one piece of work each; what waits is bounded, and the one that waits most gives a place up."""

from __future__ import annotations

import asyncio

import pytest

from veza.kit.turns import NoTurn, Turns


async def _work(turns: Turns, name: str, done: list[str], go: asyncio.Event) -> None:
    async with turns.of(name):
        done.append(name)
        await go.wait()


async def _started(turns: Turns, names: str, done: list[str], go: asyncio.Event) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(_work(turns, name, done, go)) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_names_take_turns_in_the_order_they_came() -> None:
    turns, done, go = Turns(1, 10), list[str](), asyncio.Event()
    tasks = await _started(turns, "aaaabcb", done, go)
    go.set()
    await asyncio.gather(*tasks)
    assert "".join(done) == "aabcaba"


async def test_as_many_at_once_as_may_be() -> None:
    turns, done, go = Turns(3, 10), list[str](), asyncio.Event()
    tasks = await _started(turns, "abcde", done, go)
    assert "".join(done) == "abc"
    go.set()
    await asyncio.gather(*tasks)
    async with turns.of("a"), turns.of("b"), turns.of("c"):
        pass


async def test_a_full_line_refuses_the_name_that_waits_most() -> None:
    turns, done, go = Turns(1, 3), list[str](), asyncio.Event()
    tasks = await _started(turns, "aaaa", done, go)
    with pytest.raises(NoTurn):
        async with turns.of("a"):
            pass
    (guest,) = await _started(turns, "b", done, go)
    go.set()
    found = await asyncio.gather(*tasks, guest, return_exceptions=True)
    assert [type(one) for one in found] == [type(None)] * 3 + [NoTurn, type(None)]
    assert "".join(done) == "aaba"


async def test_who_leaves_the_line_gives_the_place_up() -> None:
    turns, done, go = Turns(1, 2), list[str](), asyncio.Event()
    _, leaving, other = await _started(turns, "abc", done, go)
    leaving.cancel()
    await asyncio.sleep(0)
    (late,) = await _started(turns, "d", done, go)
    go.set()
    await asyncio.gather(other, late)
    assert "".join(done) == "acd"
    async with turns.of("a"):
        pass


async def test_a_turn_that_comes_as_its_name_leaves_goes_to_the_next() -> None:
    turns, done, go = Turns(1, 3), list[str](), asyncio.Event()
    first, leaving, next_one = await _started(turns, "abc", done, go)
    go.set()
    await asyncio.sleep(0)  # the first ends, and gives its turn to the one who leaves in the same instant
    leaving.cancel()
    await asyncio.wait({first, leaving, next_one})
    assert done[-1] == "c"
    async with turns.of("a"):
        pass
