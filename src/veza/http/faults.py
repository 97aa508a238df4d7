"""Every fault of a value at once: where it is, and in words what would be right there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import Struct, UnsetType, ValidationError, convert
from msgspec.structs import FieldInfo, fields

from veza.http.words import expected

Source: TypeAlias = Literal["body", "query", "path", "header"]
Place: TypeAlias = tuple[str | int, ...]
"""Names of fields and numbers of items, from the outside in."""

MAX_FAULTS = 50
"""Named in one answer: more are not read by anybody, and a list may have a thousand wrong items."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request; prints as `name: what would be right`."""

    source: Source
    place: Place
    message: str

    @property
    def pointer(self) -> str:
        """A JSON pointer (RFC 6901) into the body, or to the parameter of that name; empty: the whole body."""
        return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in self.place)

    @property
    def field(self) -> str:
        """The same for people: `lines.0.title`."""
        return ".".join(map(str, self.place)) or self.source

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    def shown(self) -> dict[str, str]:
        """As it stands in a problem's `errors`."""
        return {"source": self.source, "pointer": self.pointer, "field": self.field, "message": self.message}


def faults_in_body(value: Any, annotation: Any) -> list[Fault]:
    """Everything that keeps `value` from being what `annotation` describes, at most MAX_FAULTS; empty if it fits.

    Types must be those described: `"5"` is no number, and neither is `1` a boolean (docs/decisions/0021).
    """
    found = []
    for place, message in _inside(value, annotation, ()):
        found.append(Fault("body", place, message))
        if len(found) == MAX_FAULTS:
            break
    return found


def _inside(value: Any, annotation: Any, at: Place) -> Iterator[tuple[Place, str]]:
    try:
        convert(value, annotation, strict=True)
    except ValidationError as error:
        whole = _bare(annotation)
        inner = [*_of_parts(value, whole, at)]
        yield from inner or [(at, expected(value, annotation, str(error)))]


def _of_parts(value: Any, annotation: Any, at: Place) -> Iterator[tuple[Place, str]]:
    """The faults of fields and items, where `value` has the outer form of `annotation`."""
    kind = get_origin(annotation) or annotation
    if isinstance(value, Mapping) and isinstance(kind, type) and issubclass(kind, Struct):
        yield from _of_fields(value, annotation, at)
    elif isinstance(value, list) and kind in (list, set, frozenset, tuple, Sequence) and get_args(annotation):
        for number, item in enumerate(value):
            yield from _inside(item, get_args(annotation)[0], (*at, number))
    elif isinstance(value, Mapping) and kind in (dict, Mapping) and get_args(annotation):
        for name, item in value.items():
            yield from _inside(item, get_args(annotation)[1], (*at, name))


def _of_fields(value: Mapping[str, Any], shape: type[Struct], at: Place) -> Iterator[tuple[Place, str]]:
    known: dict[str, FieldInfo] = {field.encode_name: field for field in fields(shape)}
    for name, field in known.items():
        if name in value:
            yield from _inside(value[name], field.type, (*at, name))
        elif field.required:
            yield (*at, name), "is missing"
    if shape.__struct_config__.forbid_unknown_fields:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        for name in value:
            if name not in known:
                yield (*at, name), f"is no field here: {takes}"


def _bare(annotation: Any) -> Any:
    """`annotation` without what is said about it, and without null and “not given” beside it."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        arms = [arm for arm in get_args(annotation) if arm not in (type(None), UnsetType)]
        return _bare(arms[0]) if len(arms) == 1 else annotation
    return annotation
