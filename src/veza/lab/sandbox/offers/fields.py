"""The words an endpoint's table of parameters is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

TEXT, INTEGER, FLAG, CHOICE, EMAIL = "text", "integer", "true or false", "one of", "email address"
OBJECT, OBJECTS, TEXTS, METADATA, PERIOD = "object", "array of objects", "array of texts", "metadata", "time or range"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter that is taken, and the effect it has.

    kind      one of the words above
    effect    what the parameter does, in words, for the page of what is offered; it may use `code`
    values    the values that are taken, of a CHOICE, a FLAG or the items of TEXTS; empty takes all
    fields    the parameters inside an OBJECT, and inside each of OBJECTS
    required  whether the endpoint refuses to go on without it
    old_name  why Stripe's own typings do not know it (any more)
    any_known whether TEXTS take every value of Stripe's typings, and no other
    """

    kind: str
    effect: str
    values: tuple[str, ...] = ()
    fields: Mapping[str, Field] | None = None
    required: bool = False
    old_name: str = ""
    any_known: bool = False

    def named(self, old_name: str) -> Field:
        """The same, under a name that Stripe's typings have lost."""
        return replace(self, old_name=old_name)

    def valued(self, *values: str) -> Field:
        """The same, taken with these values only."""
        return replace(self, values=values)


Fields = Mapping[str, Field]


def text(effect: str) -> Field:
    return Field(TEXT, effect)


def email(effect: str) -> Field:
    return Field(EMAIL, effect)


def integer(effect: str) -> Field:
    return Field(INTEGER, effect)


def flag(effect: str) -> Field:
    return Field(FLAG, effect)


def only_false(effect: str = "nothing: it is off here") -> Field:
    """A switch that exists only switched off."""
    return Field(FLAG, effect, ("false",))


def choice(*values: str, effect: str) -> Field:
    return Field(CHOICE, effect, values)


def texts(effect: str, *values: str) -> Field:
    return Field(TEXTS, effect, values)


def group(effect: str, **fields: Field) -> Field:
    return Field(OBJECT, effect, fields=fields)


def each(effect: str, **fields: Field) -> Field:
    return Field(OBJECTS, effect, fields=fields)


def required(field: Field) -> Field:
    return replace(field, required=True)


EXPAND = texts("ids in the answer are replaced by their objects")
METADATA_FIELD = Field(METADATA, "kept and shown; an empty value takes a key away")
CREATED = Field(PERIOD, "objects made at this second, or within `gt`, `gte`, `lt`, `lte`")
ONLY_EXPAND: Fields = {"expand": EXPAND}
PAGE: Fields = {
    "limit": integer("this many, 1 to 100, 10 without it"),
    "starting_after": text("the page after this id"),
    "ending_before": text("the page before this id"),
    "expand": EXPAND,
}
ADDRESS: Fields = {
    name: text("kept and shown") for name in ("city", "country", "line1", "line2", "postal_code", "state")
}
