"""What an attempt worker must know of one kind of intent: what to ask the provider, how to look, what an end does.

claim      due, due_parameters
ask        body, can_be_asked, send
look up    look_up
record     prefetch, record_seen, record_done, fail_for_good, record_unaskable, record_taken_by_others
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic
from uuid import UUID

from sqlalchemy import Select

from veza.kit.database import Database, Session
from veza.kit.messages import Message, gettext
from veza.kit.moves import Machine
from veza.money.claims import Claim, LookUp, R, RetryPolicy, new_key
from veza.money.payment_frame import PaymentFrame, prefetch
from veza.money.stripe.answers import Answer
from veza.money.stripe.gateway import Gateway
from veza.money.stripe.outcomes import Row


class Intent(ABC, Generic[R]):
    """One kind of intent, such as a refund. Payments are locked where a frame is passed; the row is one of theirs."""

    kind: ClassVar[str]
    wake_topic: ClassVar[str]
    model: type[R]
    machine: Machine[Any]
    outcomes: ClassVar[tuple[Row, ...]]
    claimable: ClassVar[tuple[str, ...]]
    """Statuses in which a row may be sent."""
    status_between_tries: ClassVar[str | None] = None
    """What a row becomes when an attempt failed and another will follow, where that is a status of its own."""
    due: Select[*tuple[Any, ...]]
    """At most `:limit` rows that may be claimed `:now`, oldest due first, each with its target: the provider's id of
    the charge, account or transfer the request is about, None where there is none."""

    def __init__(self, database: Database, gateway: Gateway, policy: RetryPolicy) -> None:
        self.database = database
        self.gateway = gateway
        self.policy = policy

    def due_parameters(self, now: datetime, limit: int) -> dict[str, Any]:
        """The parameters of `due`."""
        return {"now": now, "limit": limit}

    @abstractmethod
    def body(self, row: R, target: str | None) -> str | None:
        """The frozen request, built where the row has none yet; None when there is nothing to ask."""

    def can_be_asked(self, claim: Claim[R]) -> bool:
        """Whether the provider can be asked or looked at for this row at all."""
        return claim.body is not None or claim.only_looks

    @abstractmethod
    async def send(self, claim: Claim[R], body: str, key: str, ready: Callable[[], bool]) -> Answer: ...

    @abstractmethod
    async def look_up(self, claim: Claim[R]) -> LookUp: ...

    async def prefetch(self, session: Session, frames: Collection[PaymentFrame]) -> None:
        """Read what recording successes of these payments needs, in as few queries as possible."""
        await prefetch(session, frames)

    @abstractmethod
    async def record_seen(
        self, session: Session, frame: PaymentFrame, row: R, objects: Sequence[Any], because: Message
    ) -> None:
        """Merge what the provider has; afterwards the row shows whether ours was among it."""

    @abstractmethod
    async def record_done(self, session: Session, frame: PaymentFrame, row: R, answer: Answer) -> None: ...

    @abstractmethod
    async def fail_for_good(
        self,
        session: Session,
        frame: PaymentFrame,
        row: R,
        because: Message,
        request_id: str | None,
        **facts: Any,
    ) -> None: ...

    async def record_unaskable(self, session: Session, frame: PaymentFrame, row: R) -> None:
        """The provider cannot be asked: say what becomes of the row; by default it is refused."""
        await self.fail_for_good(session, frame, row, gettext("there is nothing the provider could be asked"), None)

    async def record_taken_by_others(self, session: Session, frame: PaymentFrame, row: R, answer: Answer) -> None:
        """It was done at the provider, and the look-up did not find ours; by default a refusal."""
        await self.fail_for_good(session, frame, row, answer.said, answer.request_id, **new_key(row))

    def transfer_of(self, row: R) -> UUID | None:
        """The seller's transfer it is about, for the log; None for a refund, which is about all of them."""
        return None
