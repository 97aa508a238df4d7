"""How the money module looks at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from veza.kit.money import Amount
from veza.money import transfers
from veza.money.invariants import Violation
from veza.money.reconciliation import Reconciled
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer
from veza.ops.money_views import Detail
from veza.ops.terminal_console import Console
from veza.ops.words import STATUS_STYLES, shortened

Cell = str | Text


@contextmanager
def working(what: str, *, quiet: bool) -> Iterator[None]:
    """A spinner on stderr while something takes its time; nothing for programs."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(f"{what} …"):
        yield


def print_rows(what: str, rows: Sequence[Any], limit: int) -> None:
    """A table of rows of one kind; findings as what is wrong and what mends it."""
    console = Console()
    if not rows:
        console.print(f"There are no such {what}.")
        return
    if what == "findings":
        for row in rows:
            _print_to_mend(console, row.kind, shortened(row.message), row.mend)
    else:
        columns = _COLUMNS[what]
        table = _table(*columns)
        for row in rows:
            table.add_row(*(cell(row) for cell in columns.values()))
        console.print(table)
    if len(rows) == limit:
        console.print(Text(f"the newest {limit}; --limit shows more", style="dim"))


def print_detail(found: Detail) -> None:
    """A payment and what followed from it, one section each."""
    console, payment = Console(), found.payment
    title = Text(f"Payment {payment.id}  ", style="bold").append(str(_money(payment.amount_minor, payment)))
    console.print(title.append("  ").append_text(status(payment.status)))
    ids = [payment.order_ref, payment.stripe_charge_id, payment.stripe_payment_intent_id]
    console.print(Text("  ".join(one for one in ids if one), style="dim"))
    if payment.why_held:
        console.print(Text(f"held: {payment.why_held}", style="yellow"))
    _section(
        console,
        "Lines",
        ("product", "seller", "gross", "fee", "share"),
        [
            (row.product_ref, row.seller_id, *(str(_money(minor, payment)) for minor in _split(row)))
            for row in found.lines
        ],
    )
    _section(
        console,
        "Refunds",
        ("state", "amount", "reason", "id"),
        [(status(row.status), str(_money(row.amount_minor, row)), str(row.why), str(row.id)) for row in found.refunds],
    )
    for transfer in found.transfers:
        _print_transfer(console, transfer, [row for row in found.reversals if row.transfer_id == transfer.id])
    _section(
        console,
        "Disputes",
        ("state", "amount", "provider says", "id"),
        [
            (status(row.status), str(_money(row.amount_minor, row)), row.provider_status, str(row.id))
            for row in found.disputes
        ],
    )
    _section(
        console,
        "Sellers",
        ("seller", "owed", "planned"),
        [
            (book.seller_id, str(_money(book.owed_minor, payment)), str(_money(book.planned_minor, payment)))
            for book in found.books
        ],
    )
    posted = [(name, str(_money(minor, payment))) for name, minor in found.ledger.items() if minor]
    _section(console, "Ledger", ("account", "balance"), posted)
    if found.findings:
        console.print()
        console.print(Text("Open findings", style="bold"))
    for row in found.findings:
        _print_to_mend(console, row.kind, shortened(row.message), row.mend)


def _print_transfer(console: Console, transfer: SellerTransfer, reversals: Sequence[TransferReversal]) -> None:
    console.print()
    what = "Kept for a debt of" if transfers.is_kept(transfer) else "Transfer to"
    line = Text(f"{what} {transfer.seller_id}  ", style="bold").append_text(status(transfer.status))
    back = f", {_money(transfer.reversed_minor, transfer)} of it back" if transfer.reversed_minor else ""
    back += f", {_money(transfer.netted_minor, transfer)} of it paid from later sales" if transfer.netted_minor else ""
    console.print(line.append(f"  {_money(transfer.sent_minor, transfer)}{back}", style="not bold"))
    console.print(Text("  ".join(str(one) for one in (transfer.id, transfer.stripe_transfer_id) if one), style="dim"))
    if transfer.status in transfers.UNSENT or transfer.failed_step == "transfer":
        _print_last(console, transfer)
    for row in reversals:
        line = Text("  reversal  ").append_text(status(row.status))
        console.print(line.append(f"  {_money(row.amount_minor, row)}  for {row.cause_kind} {row.cause_id}"))
        if row.status != "succeeded":
            _print_last(console, row)


def _print_last(console: Console, row: SellerTransfer | TransferReversal) -> None:
    """Why it is not done yet, and when it is tried next."""
    said = row.last_error or (row.last_outcome or "").replace("_", " ")
    due = f"next try {row.next_retry_at:%Y-%m-%d %H:%M:%S} UTC" if row.next_retry_at else ""
    if parts := [part for part in (said, due) if part]:
        console.print(Padding(Text("; ".join(parts), style="yellow"), (0, 0, 0, 4)))


def print_check(checked: int, broken: Sequence[Violation], balanced: bool) -> None:
    """Whether the law holds, and every payment that breaks it."""
    console = Console()
    for violation in broken:
        console.print(Text(f"✗ {violation}", style="red"))
    if not balanced:
        console.print(Text("✗ debits and credits of the whole ledger differ", style="red"))
    if balanced and not broken:
        console.print(Text("✓ ", style="green").append(f"The law holds for {checked} payments.", style="default"))
    else:
        console.print(f"{len(broken)} broken promises in {checked} payments: `veza money timeline ID` shows how.")


def print_reconciled(found: Reconciled, *, applied: bool) -> None:
    """What was compared and what differs."""
    console = Console()
    compared = ", ".join(f"{count} {what}" for what, count in found.compared.items())
    if not found.differences:
        console.print(Text("✓ ", style="green").append(f"No differences in {compared}.", style="default"))
        return
    for one in found.differences:
        _print_to_mend(console, one.kind, str(one.message), str(one.mend))
    count = len(found.differences)
    said = f"{count} difference{'s' if count > 1 else ''} in {compared}"
    console.print(f"{said}; {found.applied} applied." if applied else f"{said}; --apply records what can be.")


def status(name: str) -> Text:
    """A status in its colour."""
    return Text(name, style=STATUS_STYLES.get(name, ""))


_AMOUNTS = ("amount", "back", "gross", "fee", "share", "owed", "planned", "balance")
_WHOLE = (*_AMOUNTS, "state", "id")


def _table(*headings: str) -> Table:
    """Amounts, states and ids are never cut, for an id is there to be copied; long words of the rest are folded."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in _AMOUNTS else "left"
        table.add_column(heading, justify=justify, no_wrap=heading in _WHOLE, overflow="fold")
    return table


def _section(console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    if not rows:
        return
    console.print()
    console.print(Text(title, style="bold"))
    table = _table(*headings)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_to_mend(console: Console, kind: str, what: str, mend: str) -> None:
    console.print(Text(kind.replace("_", " "), style="yellow").append(f"  {what}", style="default"))
    # In one line however narrow the terminal: a command with an id is there to be copied.
    console.print(Text(f"  → {mend}"), soft_wrap=True)


def _money(minor: int, row: Any) -> Amount:
    return Amount(minor, row.currency)


def _split(line: Any) -> tuple[int, int, int]:
    return line.gross_minor, line.fee_minor, line.share_minor


_COLUMNS: dict[str, dict[str, Callable[[Any], Cell]]] = {
    "transfers": {
        "state": lambda row: status(row.status),
        "seller": lambda row: row.seller_id,
        "amount": lambda row: str(_money(row.sent_minor, row)),
        "id": lambda row: str(row.id),
    },
    "payments": {
        "state": lambda row: status(row.status),
        "amount": lambda row: str(_money(row.amount_minor, row)),
        "order": lambda row: row.order_ref,
        "id": lambda row: str(row.id),
    },
    "refunds": {
        "state": lambda row: status(row.status),
        "amount": lambda row: str(_money(row.amount_minor, row)),
        "reason": lambda row: str(row.why),
        "id": lambda row: str(row.id),
    },
    "sellers": {
        "seller": lambda row: row.id,
        "name": lambda row: row.name,
        "may be paid": lambda row: Text("yes", style="green") if row.transfers_active else Text("no", style="yellow"),
        "account": lambda row: row.stripe_account_id or "none yet",
    },
}
