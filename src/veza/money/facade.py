"""The money module put together: every worker over one database, one gateway and one set of rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from veza.kit.database import Database, Session
from veza.money.breaker import Breaker
from veza.money.check_worker import CheckWorker
from veza.money.claims import RetryPolicy
from veza.money.netting_worker import NettingWorker
from veza.money.refund_worker import RefundWorker
from veza.money.refunds import Refund
from veza.money.restore_guard import RestoreGuard
from veza.money.reversal_worker import ReversalWorker
from veza.money.reversals import TransferReversal
from veza.money.stripe.gateway import Gateway
from veza.money.transfer_worker import TransferWorker
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import Inbox, InboxPolicy

_MODELS: dict[str, type[Any]] = {"refund": Refund, "transfer": SellerTransfer, "reversal": TransferReversal}


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """Everything an operator can set about this module."""

    refunds: RetryPolicy
    transfers: RetryPolicy
    reversals: RetryPolicy
    inbox: InboxPolicy
    netting_enabled: bool = True
    breaker_threshold: int = 5
    breaker_interval: timedelta = timedelta(minutes=1)
    lease: timedelta = timedelta(minutes=2)


class Money:
    """The workers and the inbox; `workers` lists them in the order money flows."""

    def __init__(self, database: Database, gateway: Gateway, rules: MoneyRules) -> None:
        self.database = database
        self.gateway = gateway
        self.rules = rules
        self.breaker = Breaker(rules.breaker_threshold, rules.breaker_interval, rules.lease, give_back_retry)
        self.inbox = Inbox(database, rules.inbox)
        self.guard = RestoreGuard(database, gateway, self.inbox, lease=rules.lease)
        self.refund_worker = RefundWorker(database, gateway, self.breaker, rules.refunds, self.guard)
        self.transfer_worker = TransferWorker(
            database, gateway, self.breaker, rules.transfers, self.guard, lets_sales_pay_debts=rules.netting_enabled
        )
        self.reversal_worker = ReversalWorker(database, gateway, self.breaker, rules.reversals, self.guard)
        self.netting_worker = NettingWorker(database, self.guard, is_enabled=rules.netting_enabled)
        self.check_worker = CheckWorker(database, gateway, lease=rules.lease, interval=timedelta(minutes=1))


async def give_back_retry(session: Session, subject: str) -> None:
    """The failure of `subject` (`reversal:ID`) opened the breaker: it was the provider's, not the row's."""
    kind, _, row_id = subject.partition(":")
    model = _MODELS[kind]
    mine = update(model).where(model.id == UUID(row_id), model.retry_count > 0)
    await session.execute(mine.values(retry_count=model.retry_count - 1).execution_options(synchronize_session=False))
