"""A scenario told at a terminal while it happens: one line per move of money, in plain words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from rich.text import Text
from sqlalchemy import select

from veza.kit.database import Database, Session
from veza.kit.money import Amount
from veza.kit.moves import StatusChange
from veza.money.attempts import ProviderAttempt
from veza.money.disputes import Dispute
from veza.money.payments import Payment
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.stripe.outcomes import Meaning
from veza.money.transfers import SellerTransfer
from veza.money.webhook_inbox import WebhookEvent
from veza.ops.terminal_console import Console
from veza.ops.words import STATUS_STYLES, duration

FIRST_ID = UUID(int=0)
MODELS: dict[str, Any] = {
    "payment": Payment,
    "refund": Refund,
    "transfer": SellerTransfer,
    "reversal": TransferReversal,
    "dispute": Dispute,
}
UNEVENTFUL = (Meaning.DONE, Meaning.NOT_DONE_YET)


class Storyteller:
    """Tells a person on a terminal: each step, and under it every move and every failed attempt it led to."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_change = FIRST_ID
        self._last_attempt = FIRST_ID
        self._is_crowd = False
        self._day: datetime | None = None

    def step(self, sentence: str) -> None:
        self._console.print()
        self._console.print(Text("▸ ", style="cyan").append(sentence, style="bold"))

    def time_passes(self, by: timedelta) -> None:
        self._console.print()
        self._console.print(Text(f"⏩ {duration(by)} later", style="magenta"))

    def note(self, sentence: str) -> None:
        self._console.print(Text(f"  {sentence}", style="dim"))

    def crowd(self, is_crowd: bool) -> None:
        """In a crowd single moves are not told."""
        self._is_crowd = is_crowd

    async def catch_up(self, database: Database) -> None:
        """Tell what was written since the last time."""
        if self._is_crowd:
            return
        async with database.read() as session:
            changes = (await session.scalars(_after(StatusChange, self._last_change))).all()
            attempts = (await session.scalars(_after(ProviderAttempt, self._last_attempt))).all()
            if changes:
                self._last_change = changes[-1].id
            if attempts:
                self._last_attempt = attempts[-1].id
            told = [(row.id, row.at, await _told_change(session, row)) for row in changes if row.source]
            told += [
                (row.id, row.answered_at, await _told_attempt(session, row))
                for row in attempts
                if row.meaning not in UNEVENTFUL or row.replayed
            ]
        for _, at, (line, aside) in sorted(told, key=lambda one: one[0]):
            self._line(at, line, aside)

    def _line(self, at: datetime, line: Text, aside: str) -> None:
        if self._day is not None and at.date() != self._day.date():
            self._console.print(Text(f"  {at:%a %d %b}", style="magenta"))
        self._day = at
        text = Text(f"  {at:%H:%M:%S}  ", style="dim").append_text(line)
        if text.cell_len + len(aside) + 2 <= self._console.width:  # half a name says nothing
            text.append(f"  {aside}", style="dim")
        self._console.print(text, no_wrap=True, overflow="ellipsis")


def _after(model: Any, last: UUID) -> Any:
    return select(model).where(model.id > last).order_by(model.id)


async def _told_change(session: Session, change: StatusChange) -> tuple[Text, str]:
    line = Text(f"{await subject_of(session, change.machine, change.row_id):<28} ")
    line.append(f"{change.source} → ", style="dim").append(change.target, style=STATUS_STYLES.get(change.target, ""))
    by = change.by
    if change.provider_event_id is not None:
        event = await session.get(WebhookEvent, change.provider_event_id)
        by = f"webhook {event.type}" if event else "webhook"
    return line, by


async def _told_attempt(session: Session, attempt: ProviderAttempt) -> tuple[Text, str]:
    line = Text(f"{await subject_of(session, attempt.kind, attempt.row_id):<28} ")
    words = f"attempt {attempt.attempt}: {attempt.meaning.replace('_', ' ')}"
    if attempt.replayed:
        return line.append(f"{words}, the first answer again", style="cyan"), "nothing was done twice"
    return line.append(words, style="yellow"), attempt.detail


async def subject_of(session: Session, machine: str, row_id: UUID) -> str:
    """What a row is called in a story: “transfer to anna 9.00 EUR”."""
    row: Any = await session.get(MODELS[machine], row_id)
    if row is None:
        return machine
    amount = Amount(row.sent_minor if machine == "transfer" else row.amount_minor, row.currency)
    towards = {"transfer": "transfer to", "reversal": "reversal from"}.get(machine)
    return f"{towards} {row.seller_id} {amount}" if towards else f"{machine} {amount}"
