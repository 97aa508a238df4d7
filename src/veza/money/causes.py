"""Why money moves back or forth: a refund, a dispute, a sale, something seen at the provider."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from veza.kit.messages import Message, gettext


class CauseKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"
    DISPUTE = "dispute"
    PROVIDER = "provider"
    """Made at the provider and not by Veza: in its dashboard, or by another program."""
    REBALANCE = "rebalance"
    """A second intent for a cause that already has one of its kind on the same transfer."""
    NETTING = "netting"
    """A seller's debt that was paid from a later sale."""


@dataclass(frozen=True, slots=True)
class Cause:
    """`id` is that of our refund, dispute, payment, reversal or netting row of this kind."""

    kind: CauseKind
    id: UUID

    @property
    def said(self) -> Message:
        """The cause as a reason."""
        return gettext("{kind} {id}", kind=self.kind.value, id=self.id)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
