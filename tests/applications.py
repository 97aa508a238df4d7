"""Applications for tests: each serves one test at a time and is used again after it, over other modules.

Making one (types read, routes and parameters modelled) takes 60 ms, more than most tests do with it. What a test brings
(its database, its modules) is reached through a place, whose thing changes from test to test: handlers are given the
thing itself, guards look at it through the place. What is the same for all (terms, tokens, addresses) is part of the
application.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.routes import HTTPRoute

Made = tuple[Any, Litestar]
"""What `web_application` returns."""


class Place:
    """Stands for the thing that the running test has put here; only its attributes can be read."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.thing, name)


@dataclass
class _Kept:
    places: Sequence[Place]
    made: Made

    def put(self, things: Sequence[Any]) -> None:
        for place, thing in zip(self.places, things, strict=True):
            place.thing = thing


_free: dict[Hashable, list[_Kept]] = defaultdict(list)


@contextmanager
def application(make: Callable[..., Made], *things: Any, **same: Hashable) -> Iterator[Made]:
    """What `make(*things, **same)` makes, of this test alone until the block ends.

    `same` are values; applications of other values are others.
    """
    free = _free[make, tuple(same.items())]
    if free:
        kept = free.pop()
        kept.put(things)
    else:
        places = [Place(thing) for thing in things]
        kept = _Kept(places, make(*places, **same))
        _give_things(kept.made[1])
    yield kept.made
    kept.put([None] * len(things))
    free.append(kept)


def _give_things(litestar: Litestar) -> None:
    """A dependency that provides a place provides its thing from now on."""
    seen: dict[int, Provide] = {}
    for route in litestar.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                seen |= {id(provide): provide for provide in handler.resolve_dependencies().values()}
    for provide in seen.values():
        if provide.has_sync_callable:
            provide.dependency = partial(_thing, provide.dependency)


def _thing(provide: Callable[..., Any], **given: Any) -> Any:
    found = provide(**given)
    return found.thing if isinstance(found, Place) else found
