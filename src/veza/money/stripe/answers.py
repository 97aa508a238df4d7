"""What came back from the provider, reduced to the facts that decide what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    silence: str | None = None
    latency_ms: int = 0

    @property
    def is_ok(self) -> bool:
        """A readable 2xx with an object in it."""
        return self.status is not None and 200 <= self.status < 300 and self.body is not None

    @property
    def object(self) -> Mapping[str, Any]:
        return self.body or NOTHING

    def __str__(self) -> str:
        if self.status is None:
            return f"no answer ({self.silence})"
        if self.is_ok:
            return f"{self.status} {self.object.get('id', '')}".strip()
        words = [str(self.status), self.error_code or self.error_type or "", self.message]
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a list, every page of it; `failed` is the answer that ended the reading early, if one did."""

    items: tuple[Mapping[str, Any], ...]
    failed: Answer | None = None

    @property
    def is_complete(self) -> bool:
        return self.failed is None


def id_of(value: Any) -> str | None:
    """A field that is an id, or the object itself where it was expanded."""
    return str(value["id"]) if isinstance(value, Mapping) else value
