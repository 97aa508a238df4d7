"""Everything that can happen in a simulated run, and how often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from veza.lab.simulator import backups, bank, buyers, people, races, trouble
from veza.lab.simulator.run import Run

Action = Callable[[Run, Random], Awaitable[str | None]]

ACTIONS: dict[str, tuple[Action, int]] = {
    name: (action, weight)
    for action, weight in (
        (buyers.sell, 24),
        (buyers.sell_abroad, 4),
        (buyers.buy_of_debtor, 30),
        (buyers.open_checkout, 12),
        (buyers.pay_by_debit, 12),
        (buyers.pay_late, 14),
        (buyers.give_up_checkout, 8),
        (people.refund_part, 60),
        (people.refund_line, 30),
        (people.refund_all, 30),
        (people.refund_too_much, 4),
        (people.retry, 30),
        (people.connect_account, 8),
        (people.fill_in_form, 12),
        (people.reconcile_now, 6),
        (people.catch_up_now, 6),
        (people.forget_provider_id, 4),
        (bank.refund_by_hand, 16),
        (bank.reverse_by_hand, 24),
        (bank.mend_by_hand, 12),
        (bank.send_by_hand, 4),
        (bank.refund_fails, 20),
        (bank.refund_moves, 24),
        (bank.reversal_moves, 12),
        (bank.dispute, 20),
        (bank.dispute_escalates, 14),
        (bank.dispute_ends, 20),
        (bank.dispute_returns, 14),
        (bank.debit_ends, 12),
        (bank.payout, 16),
        (bank.money_arrives, 12),
        (bank.lose_capability, 6),
        (bank.regain_capability, 8),
        (trouble.fault, 90),
        (trouble.refuse_reversals, 24),
        (trouble.webhook_fault, 20),
        (trouble.shuffle_webhooks, 16),
        (trouble.old_webhooks_again, 8),
        (trouble.provider_down, 8),
        (trouble.late_truth, 10),
        (trouble.silence, 12),
        (races.overtaken, 10),
        (trouble.switch_behaviour, 20),
        (races.stray_key, 8),
        (trouble.crash, 20),
        (backups.back_up, 10),
        (backups.restore_backup, 8),
        (trouble.minutes, 80),
        (trouble.hours, 40),
        (trouble.days, 12),
        (trouble.a_month, 2),
        (trouble.just_work, 70),
    )
    for name in [action.__name__]
}
FROM_OUTSIDE = frozenset(
    name
    for name, (action, _) in ACTIONS.items()
    if action.__module__ in {module.__name__ for module in (bank, races, trouble)}
)
"""Actions that are faults themselves: what banks, provider and machines do to Veza."""
NAMES = tuple(ACTIONS)
WEIGHTS = tuple(weight for _, weight in ACTIONS.values())
