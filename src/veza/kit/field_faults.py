"""Faults of the fields of a form or body, gathered so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from veza.kit.messages import Message, joined, message_of

MAX_FAULTS = 50
"""Faults in one answer: no client reads more, and a list may have a thousand wrong items."""

Place = tuple[str | int, ...]
"""Names of fields and numbers of items, from the outside in."""


class FieldFault(ValueError):
    """A field whose value cannot be taken; the message says which and why in one sentence.

    `faults` is where each fault is, with its sentence, as far as `FieldChecks` found that out; empty elsewhere.
    """

    faults: tuple[tuple[Place, Message], ...] = ()

    def __str__(self) -> str:
        return str(joined(said for _, said in self.faults)) or super().__str__()


class FieldChecks:
    """Check one field after the other, each in `with checks.field(name):`; `demand` raises for all that failed, at most
    MAX_FAULTS.

    It raises the first error, of its own type, with the faults of all: code that catches this type still does.
    """

    def __init__(self) -> None:
        self._found: list[tuple[Place, Exception]] = []

    @contextmanager
    def field(self, *place: str | int, also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """A FieldFault raised inside the block is noted, and ends the block; so is one of `also`, such as that of a row
        the field names."""
        try:
            yield
        except Exception as error:
            if not isinstance(error, (FieldFault, *also)):
                raise
            if len(self._found) < MAX_FAULTS:
                self._found.append((place, error))

    @property
    def all_right(self) -> bool:
        """Whether no field has failed so far: what asks more of several fields waits for that."""
        return not self._found

    def demand(self) -> None:
        """Raises FieldFault, or one of `also`, if any field failed."""
        if not self._found:
            return
        (_, first) = self._found[0]
        told = tuple(
            ((*place, *inner), said)
            for place, error in self._found
            for inner, said in (faults_of(error) or (((), message_of(error)),))
        )
        first.faults = told[:MAX_FAULTS]  # type: ignore[attr-defined]  # `faults_of` reads it
        raise first


def faults_of(error: Exception) -> tuple[tuple[Place, Message], ...]:
    """Where each fault is that `FieldChecks` found beside `error`, with its sentence; empty for any other error."""
    found: tuple[tuple[Place, Message], ...] = getattr(error, "faults", ())
    return found
