"""What a page's handler returns: a page that is shown, or another address to go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from litestar.datastructures import Cookie

from veza.kit.ids import id_of
from veza.kit.messages import Message


class Shown:
    """A page: its template below `templates/pages`, and what it shows.

    `is_public` says that visitors without cookies all get the same one, which caches may keep for a minute. One that
    `is_framed` says the same to every reader, and pages of other sites may frame it.
    """

    def __init__(
        self, template: str, *, status: int = 200, is_public: bool = False, is_framed: bool = False, **values: Any
    ) -> None:
        self.template, self.status, self.values = template, status, values
        self.is_public, self.is_framed = is_public, is_framed


@dataclass(frozen=True, slots=True)
class See:
    """Go on to `address` with GET (303), which says `said` once it is shown."""

    address: str
    said: Message | None = None
    cookies: Sequence[Cookie] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it was sent, shown again with what was wrong in it; an empty one at first."""

    given: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    """Name of a field → what is wrong with it."""
    is_conflict: bool = False
    """Whether what it asks for does not fit what is there by now: another request was first."""
    asks: Message | None = None
    """What is asked before it is done: the page shows the question, and a form that says yes."""

    def asking(self, question: Message) -> Form:
        """The same with a question, which its page is to ask."""
        return replace(self, asks=question)

    def value(self, name: str, default: object = "") -> str:
        """What was typed into a field, else the `default`; no text that was typed is lost."""
        found = self.given.get(name)
        return found if found is not None else ("" if default is None else str(default))

    def id_of(self, name: str) -> UUID | None:
        """The id that was chosen; None for anything else."""
        return id_of(self.value(name))

    def several(self, name: str) -> list[str]:
        """What commas separate in a field, such as tags."""
        return [one.strip() for one in self.value(name).split(",") if one.strip()]

    def fault(self, name: str) -> str:
        """What is wrong with a field, or nothing."""
        return self.faults.get(name, "")
