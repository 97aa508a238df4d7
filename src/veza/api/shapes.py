"""What the shapes of every module are made of, and how an operation is described with its answer and its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter, itemgetter
from typing import Annotated, Any, TypeAlias, TypeVar, cast

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from msgspec import Meta, Struct, convert

from veza.http.faults import Source
from veza.http.problems import (
    BAD_CURSOR,
    KEY_IN_USE,
    KEY_MISSING,
    KEY_REUSED,
    MALFORMED_BODY,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    Described,
    Kind,
    problem_responses,
)
from veza.http.whole_request import one_fault
from veza.http.words import CURRENCY, SELLER, WEB_ADDRESS
from veza.http.words import PLAIN as PLAIN
from veza.kit.messages import gettext, render
from veza.kit.moves import StatusChange
from veza.settings import parse_duration, show_duration

WRITE_PROBLEMS = (KEY_MISSING, MALFORMED_BODY, KEY_IN_USE, KEY_REUSED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
"""What every write may answer."""
EDIT_PROBLEMS = (PRECONDITION_FAILED, *WRITE_PROBLEMS)
"""What a write that honours `If-Match` may answer."""
LIST_PROBLEMS = (BAD_CURSOR,)

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN)]
SellerId = Annotated[
    str,
    Meta(pattern=SELLER, description="Your own id of the seller; Veza reads nothing out of it."),
]
Url = Annotated[str, Meta(max_length=2000, pattern=WEB_ADDRESS)]
CurrencyCode = Annotated[str, Meta(pattern=CURRENCY, description="ISO 4217, such as EUR.")]
Minor = Annotated[
    int,
    Meta(description="Whole minor units of `currency`: cents for EUR, yen for JPY; above zero."),
]


class Change(Struct, frozen=True):
    """One move of a row: from which state to which, when, by whom and why."""

    at: datetime
    source: str | None
    target: str
    by: str
    because: str
    provider_request_id: str | None


CHANGE_EXAMPLE = {
    "at": "2026-01-02T10:30:02Z",
    "source": "completed",
    "target": "reversal_pending",
    "by": "refund worker",
    "because": "refund 01890000-0000-7000-8000-000000000003",
    "provider_request_id": None,
}

S = TypeVar("S", bound=Struct)
_Several: TypeAlias = Callable[[Any], tuple[Any, ...]]


def show(shape: type[S], row: Any, **more: Any) -> S:
    """`shape` filled from the attributes of `row` that have the same names; `more` has the rest."""
    read, in_order = _fields(shape, tuple(more))
    return shape(*in_order((*read(row), *more.values())))


@cache
def _fields(shape: type[Struct], given: tuple[str, ...]) -> tuple[_Several, _Several]:
    """What reads a row's part of the fields, and what puts these, followed by the `given` ones, as the shape has them.

    By their places a shape takes them four times as quickly as by their names.
    """
    fields = shape.__struct_fields__
    if strange := set(given) - set(fields):
        raise TypeError(f"{shape.__name__} has no {', '.join(sorted(strange))}")
    names = [*(name for name in fields if name not in given), *given]
    return _several(attrgetter, names[: len(names) - len(given)]), _several(itemgetter, [*map(names.index, fields)])


def _several(getter: Callable[..., Any], keys: Sequence[Any]) -> _Several:
    """attrgetter or itemgetter of these, as a tuple also where it is one, or none."""
    if len(keys) > 1:
        return cast(_Several, getter(*keys))
    return lambda one: tuple(getter(key)(one) for key in keys)


def changes(rows: Iterable[StatusChange], language: str) -> list[Change]:
    """A history as it is shown to a reader of this language."""
    return [show(Change, row, because=render(row.reason, language)) for row in rows]


def answers(status: int, shape: Any, description: str, example: Any, *kinds: Kind) -> Mapping[int, ResponseSpec]:
    """The described answers of one operation: what it gives with a real example, and its problems."""
    # As the shape itself: an example that does not fit fails the import, and Litestar drops the nulls of a dict.
    shown = Example(value=convert(example, shape))
    return {
        status: Described(shape, generate_examples=False, description=description, examples=[shown]),
        **problem_responses(*kinds),
    }


def nothing(description: str, *kinds: Kind) -> Mapping[int, ResponseSpec]:
    """The described answers of an operation that has nothing to say when it succeeds: 204 and its problems."""
    return {204: Described(None, generate_examples=False, description=description), **problem_responses(*kinds)}


def page_of(example: Any) -> dict[str, Any]:
    """The example of a list with one item."""
    return {"items": [example], "next_cursor": None}


def duration(written: str, source: Source, name: str, *, most: timedelta) -> timedelta:
    """Read `7d`, `12h`, `30m`; raises Problem (invalid-request) for anything else, or for more than `most`."""
    try:
        read = parse_duration(written)
    except ValueError:
        said = gettext("write a duration as a number and its unit, such as 30s, 1m, 1h or 30d")
        raise one_fault(source, name, said) from None
    except OverflowError:
        read = most + timedelta(1)
    if not isinstance(read, timedelta) or not timedelta(0) < read <= most:
        raise one_fault(source, name, gettext("must be above zero and at most {most}", most=show_duration(most)))
    return read
