"""The money module put together: every worker over one database, one gateway and one set of rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from veza.kit.database import Database, Session
from veza.money.attempt_worker import AttemptWorker
from veza.money.breaker import Breaker
from veza.money.check_worker import CheckWorker
from veza.money.claims import RetryPolicy
from veza.money.inbox_worker import InboxWorker
from veza.money.netting_worker import NettingWorker
from veza.money.refund_intent import RefundIntent
from veza.money.refunds import Refund
from veza.money.restore_guard import RestoreGuard
from veza.money.reversal_intent import ReversalIntent
from veza.money.reversals import TransferReversal
from veza.money.stripe.gateway import Gateway
from veza.money.transfer_intent import TransferIntent
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
        self.breaker = Breaker(rules.breaker_threshold, rules.breaker_interval, rules.lease, return_retry)
        self.inbox = Inbox(database, rules.inbox)
        self.inbox_worker = InboxWorker(self.inbox)
        self.guard = RestoreGuard(database, gateway, self.inbox, lease=rules.lease)
        refunds = RefundIntent(database, gateway, rules.refunds)
        transfers = TransferIntent(database, gateway, rules.transfers, lets_sales_pay_debts=rules.netting_enabled)
        reversals = ReversalIntent(database, gateway, rules.reversals)
        self.refund_worker = AttemptWorker(refunds, self.breaker, self.guard)
        self.transfer_worker = AttemptWorker(transfers, self.breaker, self.guard)
        self.reversal_worker = AttemptWorker(reversals, self.breaker, self.guard)
        self.netting_worker = NettingWorker(database, self.guard, is_enabled=rules.netting_enabled)
        self.check_worker = CheckWorker(database, gateway, lease=rules.lease, interval=timedelta(minutes=1))


async def return_retry(session: Session, kind: str, row_id: UUID) -> None:
    """The failure of this row opened the breaker: it was the provider's, not the row's, and costs it no retry."""
    model = _MODELS[kind]
    mine = update(model).where(model.id == row_id, model.retry_count > 0)
    await session.execute(mine.values(retry_count=model.retry_count - 1).execution_options(synchronize_session=False))
