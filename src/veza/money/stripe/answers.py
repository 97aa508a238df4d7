"""What came back from the provider, reduced to the facts that decide what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from veza.kit.messages import Message, gettext, verbatim

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or the lack of one (`status` None, `silence` says how the line went dead).

    `body` is the decoded JSON object of a 2xx answer, None when it was unreadable; the `error_*` fields are
    those of Stripe's error object. `replayed` is `Idempotent-Replayed: true`.
    """

    status: int | None
    body: Mapping[str, Any] | None = None
    error_type: str | None = None
    error_code: str | None = None
    message: str = ""
    request_id: str | None = None
    replayed: bool = False
    silence: Message | None = None
    latency_ms: int = 0

    @property
    def is_ok(self) -> bool:
        """A readable 2xx with an object in it."""
        return self.status is not None and 200 <= self.status < 300 and self.body is not None

    @property
    def object(self) -> Mapping[str, Any]:
        return self.body or NOTHING

    @property
    def said(self) -> Message:
        """The provider's own words, with its status; or that it said nothing."""
        if self.status is None:
            return gettext("no answer ({silence})", silence=self.silence)
        if self.is_ok:
            return verbatim(f"{self.status} {self.object.get('id', '')}".strip())
        words = [str(self.status), self.error_code or self.error_type or "", self.message]
        return verbatim(" ".join(word for word in words if word))

    def __str__(self) -> str:
        return str(self.said)


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a list, every page of it; `failed` is the answer that ended the reading early, if one did."""

    items: tuple[Mapping[str, Any], ...]
    failed: Answer | None = None

    @property
    def is_complete(self) -> bool:
        return self.failed is None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its objects, and the id after which the next page begins (None: this was the last).

    `failed` is the answer that was no page. `unreadable` says what of the page was no object with an id.
    """

    items: tuple[Mapping[str, Any], ...]
    next_after: str | None = None
    failed: Answer | None = None
    unreadable: tuple[str, ...] = ()


def page_of(answer: Answer, after: str | None) -> Page:
    """The page an answer is; `after` is where it was asked to begin. What has no id cannot be an object of the list."""
    data = answer.object.get("data")
    if not answer.is_ok or not isinstance(data, list):
        return Page((), failed=answer)
    items = tuple(one for one in data if isinstance(one, Mapping) and isinstance(one.get("id"), str))
    unreadable = tuple(repr(one)[:200] for one in data if one not in items)
    if not answer.object.get("has_more") or not data:
        return Page(items, unreadable=unreadable)
    if not items or items[-1]["id"] == after:
        silence = gettext("the list does not go on after {after}", after=after)
        return Page(items, failed=Answer(None, silence=silence), unreadable=unreadable)
    return Page(items, str(items[-1]["id"]), unreadable=unreadable)


def id_of(value: Any) -> str | None:
    """A field that is an id, or the object itself where it was expanded."""
    return str(value["id"]) if isinstance(value, Mapping) else value
