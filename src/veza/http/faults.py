"""Every fault of a value at once: where it is, and in words what would be right there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import Meta, Struct, UnsetType, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from veza.http.words import expected
from veza.kit.field_faults import MAX_FAULTS as MAX_FAULTS
from veza.kit.field_faults import Place as Place
from veza.kit.messages import ENGLISH, Message, gettext, joined, render

Source: TypeAlias = Literal["body", "query", "path", "header"]

LOOKED_AT = 5000
"""Items of one list in which faults are looked for, where it has no bound of its own: finding the one wrong item of
250,000 would hold the server up for a third of a second."""

SHOWN_CHARACTERS = 100
"""Of each name in a fault's place: a name may be as long as the body, and stand in the place of each of its faults."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request; prints as `name: what would be right`."""

    source: Source
    place: Place
    message: Message

    @property
    def pointer(self) -> str:
        """A JSON pointer (RFC 6901) into the body, or to the parameter of that name; empty: the whole body."""
        return "".join(f"/{_short(part).replace('~', '~0').replace('/', '~1')}" for part in self.place)

    @property
    def field(self) -> str:
        """The same for people: `lines.0.title`."""
        return ".".join(map(_short, self.place)) or self.source

    @property
    def said(self) -> Message:
        """Where it is, and what would be right there."""
        return gettext("{field}: {message}", field=self.field, message=self.message)

    def __str__(self) -> str:
        return str(self.said)

    def shown(self, language: str = ENGLISH) -> dict[str, str]:
        """As it stands in a problem's `errors`."""
        message = render(self.message, language)
        return {"source": self.source, "pointer": self.pointer, "field": self.field, "message": message}


def one_sentence(faults: Iterable[Fault]) -> Message:
    """All of them in one sentence."""
    return gettext("{faults}", faults=joined(fault.said for fault in faults))


def _short(part: str | int) -> str:
    name = str(part)
    return name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}…"


def faults_in_body(value: Any, annotation: Any) -> list[Fault]:
    """Everything that keeps `value` from being what `annotation` describes, at most MAX_FAULTS; empty if it fits.

    Types must be those described: `"5"` is no number, and neither is `1` a boolean (docs/decisions/0021).
    """
    return [Fault("body", *one) for one in islice(_inside(value, annotation, ()), MAX_FAULTS)]


def _inside(value: Any, annotation: Any, at: Place) -> Iterator[tuple[Place, Message]]:
    try:
        convert(value, annotation, strict=True)
    except ValidationError as error:
        whole, most = _bare(annotation)
        is_too_long = isinstance(value, list) and most is not None and len(value) > most
        if is_too_long:
            yield at, expected(value, annotation, str(error))
        inner = _of_parts(value, whole, LOOKED_AT if most is None else most, at)
        first = next(inner, None)
        if first is not None:
            yield first
            yield from inner
        elif isinstance(value, (list, Mapping)) and most is None and len(value) > LOOKED_AT:
            yield (
                at,
                gettext(
                    "at least one of those after the first {looked_at} is not what this takes", looked_at=LOOKED_AT
                ),
            )
        elif not is_too_long:
            yield at, expected(value, annotation, str(error))


def _of_parts(value: Any, annotation: Any, most: int, at: Place) -> Iterator[tuple[Place, Message]]:
    """The faults of fields and of the first `most` items, where `value` has the outer form of `annotation`."""
    kind = get_origin(annotation) or annotation
    if isinstance(value, Mapping) and isinstance(kind, type) and issubclass(kind, Struct):
        yield from _of_fields(value, annotation, at)
    elif isinstance(value, list) and kind in (list, set, frozenset, tuple, Sequence) and get_args(annotation):
        for number, item in enumerate(islice(value, most)):
            yield from _inside(item, get_args(annotation)[0], (*at, number))
    elif isinstance(value, Mapping) and kind in (dict, Mapping) and get_args(annotation):
        for name, item in islice(value.items(), most):
            yield from _inside(item, get_args(annotation)[1], (*at, name))


def _of_fields(value: Mapping[str, Any], shape: type[Struct], at: Place) -> Iterator[tuple[Place, Message]]:
    known: dict[str, FieldInfo] = {field.encode_name: field for field in fields(shape)}
    for name, field in known.items():
        if name in value:
            yield from _inside(value[name], field.type, (*at, name))
        elif field.required:
            yield (*at, name), gettext("is missing")
    if shape.__struct_config__.forbid_unknown_fields:
        takes = gettext("it takes {names}", names=", ".join(known)) if known else gettext("it takes none")
        for name in value:
            if name not in known:
                yield (*at, name), gettext("is no field here: {takes}", takes=takes)


def _bare(annotation: Any) -> tuple[Any, int | None]:
    """`annotation` without what is said about it, and without null and “not given” beside it; and how many items it
    may have, None where it does not say."""
    most: int | None = None
    while get_origin(annotation) is Annotated:
        annotation, *remarks = get_args(annotation)
        most = next((one.max_length for one in remarks if isinstance(one, Meta) and one.max_length is not None), most)
    if get_origin(annotation) in (Union, UnionType):
        arms = [arm for arm in get_args(annotation) if arm not in (type(None), UnsetType)]
        if len(arms) == 1:
            bare, inner = _bare(arms[0])
            return bare, most if inner is None else inner
    return annotation, most
