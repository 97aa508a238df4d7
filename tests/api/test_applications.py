"""What tests borrow and give back (`tests.applications`) belongs to one test at a time."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency, Provide

from tests.applications import Made, application
from tests.client import http_client
from veza.api.application import web_application


class Shelf:
    database: Any = None

    def __init__(self, label: str) -> None:
        self.label = label


def _application(shelf: Any, *, town: str) -> Made:
    @get("/label", dependencies={"shelf": Provide(lambda: shelf, sync_to_thread=False)}, sync_to_thread=False)
    def label(shelf: NamedDependency[Shelf]) -> list[str]:
        return [type(shelf).__name__, shelf.label, town]

    return web_application(shelf.database, [label])


async def _label(asgi: Any) -> Any:
    async with http_client(asgi) as client:
        return (await client.get("/label")).json()


async def test_an_application_that_is_used_again_works_with_what_the_next_brings() -> None:
    with application(_application, Shelf("first"), town="Berlin") as (first, _):
        assert await _label(first) == ["Shelf", "first", "Berlin"]
    with application(_application, Shelf("second"), town="Berlin") as (second, _):
        assert await _label(second) == ["Shelf", "second", "Berlin"]
    assert first is second


async def test_two_at_a_time_and_those_of_other_values_are_different_ones() -> None:
    with (
        application(_application, Shelf("a"), town="Berlin") as (a, _),
        application(_application, Shelf("b"), town="Berlin") as (b, _),
        application(_application, Shelf("c"), town="Rome") as (c, _),
    ):
        assert [(await _label(one))[1:] for one in (a, b, c)] == [["a", "Berlin"], ["b", "Berlin"], ["c", "Rome"]]
