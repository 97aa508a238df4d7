"""How numbers, times and states are said to people; used by every template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from veza.kit.money import Amount

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def money(minor: int, currency: str) -> str:
    """“5.00 EUR”."""
    return str(Amount(minor, currency))


def units(minor: int, currency: str) -> str:
    """“5.00”, as one would type it."""
    return str(Amount(minor, currency)).removesuffix(f" {currency}")


def utc(at: datetime) -> str:
    """“2026-01-05 09:00:00 UTC”."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(seconds: float) -> str:
    """“3 min”, “2 h 5 min”, “4 d 1 h”: the two largest units, never finer than a minute.

    Not finer, because a page that says seconds is another page at every look, and would be sent again for nothing.
    """
    left = int(abs(seconds))
    if left < 60:
        return "under a minute"
    said = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {unit}")
        elif said:
            break
    return " ".join(said[:2])


def length_of(milliseconds: int) -> str:
    """“3:34”, “1:02:03”: how long a recording is, as players say it."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ago(at: datetime, now: datetime) -> str:
    """“3 min ago”, or “in 3 min” for what is still to come."""
    seconds = (now - at).total_seconds()
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(seconds)}"


def short(text: object, most: int = 80) -> str:
    """At most `most` characters of a text that a person or the provider chose."""
    said = str(text)
    return said if len(said) <= most else said[: most - 1] + "…"


def sentence(said: str) -> str:
    """A message as a sentence of its own: with a capital and a full stop."""
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?", "!")) else ".")


def tail(identifier: object) -> str:
    """The end of one of our ids: the beginning of a UUIDv7 is its time, and the same for all of a minute."""
    return "…" + str(identifier)[-8:]


@dataclass(frozen=True, slots=True)
class State:
    """How one status is said: a word or two, a tone (which chooses its colour) and what it means."""

    label: str
    tone: str
    meaning: str


_STATES: dict[str, dict[str, State]] = {
    "payment": {
        "pending": State("pending", "busy", "The buyer has not paid yet."),
        "succeeded": State("succeeded", "good", "The buyer's charge succeeded."),
        "processing": State("processing", "busy", "The buyer is done; their bank takes days to pay or to refuse."),
        "expired": State("expired", "quiet", "The checkout session ended unpaid."),
        "failed": State("failed", "bad", "The buyer's bank did not pay; the buyer was told."),
    },
    "refund": {
        "requested": State("requested", "busy", "Asked for; the provider has not taken it yet."),
        "pending": State("pending", "busy", "The provider took it; the money is on its way to the buyer."),
        "requires_action": State("requires action", "warn", "The buyer must do something to get the money."),
        "succeeded": State("succeeded", "good", "The buyer has the money back."),
        "failed": State("failed", "bad", "The buyer's bank did not take it; sellers were given their share again."),
        "canceled": State("canceled", "quiet", "Canceled at the provider."),
        "refused": State("refused", "bad", "The provider refused it for good."),
    },
    "transfer": {
        "pending": State("pending", "busy", "Waits to be sent to the seller."),
        "completed": State("completed", "good", "The seller has the money."),
        "failed": State("failed, will retry", "warn", "The last attempt failed; the worker tries again by itself."),
        "permanently_failed": State("permanently failed", "bad", "It will not happen by itself any more."),
        "reversal_pending": State("reversal pending", "busy", "Money is being taken back from the seller."),
        "reversed": State("reversed", "good", "All of it came back from the seller."),
        "canceled": State("canceled", "quiet", "Nothing is owed any more; it is not sent."),
    },
    "reversal": {
        "pending": State("pending", "busy", "Waits to be taken back from the seller."),
        "succeeded": State("succeeded", "good", "The money came back."),
        "permanently_failed": State("permanently failed", "bad", "It will not come back alone: the seller owes it."),
        "canceled": State("canceled", "quiet", "Not needed any more."),
    },
    "dispute": {
        "open": State("open", "warn", "No funds were moved so far."),
        "withdrawn": State("funds withdrawn", "bad", "The bank took the funds."),
        "reinstated": State("funds reinstated", "good", "The funds came back."),
        "closed": State("closed", "quiet", "It ended without moving funds."),
    },
    "event": {
        "received": State("waiting", "busy", "Stored, not handled yet; the inbox worker will."),
        "handled": State("handled", "good", "It was handled."),
        "ignored": State("ignored", "quiet", "It does not concern us."),
        "failed": State("failed", "bad", "Handling failed too often; a person must look."),
    },
    "netting": {
        "kept": State("kept", "busy", "Kept of a share; the debt it pays counts it in a moment."),
    },
    "breaker": {
        "closed": State("closed", "good", "Requests to the provider flow."),
        "open": State("open", "bad", "Requests are held back, one row probes at a time; no row loses a retry."),
        "half_open": State("half open", "warn", "The provider answers again; requests are let through bit by bit."),
    },
}  # fmt: skip


_DERIVED: dict[str, dict[str, State]] = {
    "payment": {
        "refunded": State("refunded", "quiet", "All of it went back to the buyer."),
        "partly_refunded": State("partly refunded", "warn", "A part of it went back to the buyer."),
    },
    "kept": {
        "completed": State("kept for a debt", "good", "It pays what the seller owed of an earlier sale."),
        "reversal_pending": State("needed back", "busy", "Its sale was refunded: the seller will owe it again."),
        "permanently_failed": State("owed again", "bad", "Its sale was refunded: the seller owes it again."),
        "reversed": State("paid again", "good", "Its sale was refunded, and later sales paid it."),
    },
}
"""What a row of this status is called because of other rows, and what a transfer is called that was kept: no machine
has these."""


def state(machine: str, status: str) -> State:
    """How `status` of a `machine` is said; an unknown one is shown as it is."""
    known = _STATES.get(machine, {}).get(status) or _DERIVED.get(machine, {}).get(status)
    return known or State(status.replace("_", " "), "quiet", "")


def states(machine: str) -> dict[str, State]:
    """Every status of a machine, in the order a row goes through them."""
    return _STATES[machine]


_FILTERS = (money, units, utc, span, length_of, ago, short, sentence, tail)
FILTERS: dict[str, Any] = {one.__name__: one for one in _FILTERS}
