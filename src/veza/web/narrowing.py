"""What a visitor searches for, as the address of the page says it; and what narrows the results, as links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from veza.http.paging import LONGEST_CURSOR
from veza.kit.amount import decimals
from veza.kit.messages import Message, gettext
from veza.search.facets import FACETS, Counts, Facet
from veza.search.places import KINDS, Kind

LONGEST = 100
"""Characters of the query, and of a facet's value, that are read."""
SHOWN = 12
"""Values of a facet that the page names, the most frequent ones."""
KIND_NAMES: Mapping[Kind, Message] = {
    "artist": gettext("Artists"),
    "release": gettext("Records"),
    "track": gettext("Tracks"),
    "playlist": gettext("Playlists"),
    "person": gettext("People"),
}
FACET_NAMES: Mapping[Facet, Message] = {
    "tag": gettext("Tag"),
    "format": gettext("Format"),
    "price": gettext("Price"),
    "language": gettext("Language"),
}
_NOT_TYPED = re.compile(r"[\x00-\x1f\x7f]+")
_STEP = re.compile(r"([a-z]{3}):([0-9]{1,4})-([0-9]{0,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Step:
    """Prices from `low_minor` to below `high_minor`, which is None where there is no upper end."""

    currency: str
    low_minor: int
    high_minor: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet, how many results have it, and the address with it, or without it where it is chosen.

    `count` is None of a value that no counted result has. `step` is what a price says.
    """

    value: str
    count: int | None
    address: str
    is_chosen: bool
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """The query as it was typed, the kind and the values of facets that narrow it, and the page of that kind."""

    query: str
    kind: Kind | None
    narrowed: Mapping[Facet, str]
    cursor: str | None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Searched:
        """What the parameters of an address ask for; an unknown kind is none."""

        def typed(name: str) -> str:
            return _NOT_TYPED.sub(" ", given.get(name, "")).strip()[:LONGEST]

        kind = next((one for one in KINDS if one == given.get("kind")), None)
        narrowed = {facet: value for facet in FACETS if (value := typed(facet).lower())}
        cursor = given.get("after", "")[:LONGEST_CURSOR] or None
        return cls(typed("q"), kind, narrowed, cursor if kind is not None else None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: a kind alone finds nothing."""
        return not self.query and not self.narrowed

    @property
    def filters(self) -> dict[str, object]:
        """What a cursor belongs to."""
        return {**self._said}

    def address(self, **changed: str | None) -> str:
        """The address of the first page with these parameters; None leaves one out."""
        said = {**self._said, **changed}
        return f"/search?{urlencode({name: value for name, value in said.items() if value})}"

    @property
    def _said(self) -> dict[str, str | None]:
        narrowed: dict[str, str | None] = dict(self.narrowed.items())
        return {"q": self.query, "kind": self.kind, **narrowed}


def kinds(searched: Searched, counts: Counts) -> list[Choice]:
    """Every kind that was found, in the order of results."""
    return _choices(
        searched, "kind", searched.kind, {kind: counts.kinds[kind] for kind in KINDS if kind in counts.kinds}
    )


def facets(searched: Searched, counts: Counts) -> dict[Facet, list[Choice]]:
    """Facet → its values, without facets that have none."""
    found = {
        facet: _choices(searched, facet, searched.narrowed.get(facet), counts.values.get(facet, {})) for facet in FACETS
    }
    return {facet: choices for facet, choices in found.items() if choices}


def _choices(searched: Searched, name: str, chosen: str | None, counted: Mapping[str, int]) -> list[Choice]:
    values = [value for value in counted if value != chosen][:SHOWN]
    if chosen is not None:
        values.insert(0, chosen)
    return [
        Choice(
            value, counted.get(value), searched.address(**{name: None if value == chosen else value}), value == chosen,
            step_of(value) if name == "price" else None,
        )
        for value in values
    ]  # fmt: skip


def step_of(value: str) -> Step | None:
    """What a price's value says, such as `eur:5-10`; None of `free`, and of what is none."""
    found = _STEP.fullmatch(value)
    if found is None:
        return None
    currency = found[1].upper()
    unit = 10 ** decimals(currency)
    return Step(currency, int(found[2]) * unit, int(found[3]) * unit if found[3] else None)
