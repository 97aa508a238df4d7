"""What a comparison with the provider finds: a difference, and what records it in our rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from veza.kit.database import Session
from veza.kit.messages import Message, gettext
from veza.money.findings import FindingKind
from veza.money.stripe.answers import Answer

ACTOR = "reconciliation"
WHY = gettext("reconciliation")
IN_FLIGHT = timedelta(minutes=10)
"""A difference younger than this is an event on its way, not a finding."""


class CannotReconcile(Exception):
    """The provider could not be read to the end, so the rest was not compared."""

    def __init__(self, what: Message, answer: Answer) -> None:
        super().__init__(gettext("the provider's {what} could not be read: {answer}", what=what, answer=answer.said))
        self.is_of_provider = answer.status is None or answer.status in (401, 403, 429) or answer.status >= 500


Apply = Callable[[Session, Any], Awaitable[object]]
"""Records a difference; gets the frame of the payment it is about, or None where it is about none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind, what it is about, a sentence, and what `--apply` does about it."""

    kind: FindingKind
    subject: str
    message: Message
    mend: Message
    payment_id: UUID | None = None
    charge_id: str | None = None
    """The charge that an operator may give back, where it is about one."""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "subject": self.subject,
            "message": str(self.message),
            "mend": str(self.mend),
            "payment_id": str(self.payment_id) if self.payment_id else None,
        }


Found = tuple[Difference, Apply | None]
"""A difference, and what records it in our rows, where something can."""
