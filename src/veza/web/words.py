"""How numbers, times and states are said to people; used by every template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from veza.kit.messages import Message, gettext, verbatim
from veza.kit.money import Amount

_UNITS: tuple[tuple[int, Callable[[int], Message]], ...] = (
    (86_400, lambda n: gettext("{n} d", n=n)),
    (3_600, lambda n: gettext("{n} h", n=n)),
    (60, lambda n: gettext("{n} min", n=n)),
)
"""Seconds of a unit, and how a number of it is said."""


KINDS: dict[str, Message] = {
    "album": gettext("Album"),
    "ep": gettext("EP"),
    "single": gettext("Single"),
    "sample_pack": gettext("Sample pack"),
}
"""What each kind of release is called."""
SITE_TEXTS: dict[str, Message] = {
    "imprint": gettext("Imprint"),
    "terms": gettext("Terms"),
    "privacy": gettext("Privacy"),
}
"""What each text of the site's owner is called."""


def units(minor: int, currency: str) -> str:
    """“5.00”, as one would type it."""
    return str(Amount(minor, currency).major)


def span(seconds: float) -> Message:
    """“3 min”, “2 h 5 min”, “4 d 1 h”: the two largest units, never finer than a minute.

    Not finer, because a page that says seconds is another page at every look, and would be sent again for nothing.
    """
    left = int(abs(seconds))
    if left < 60:
        return gettext("under a minute")
    said: list[Message] = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(unit(count))
        elif said:
            break
    return said[0] if len(said) == 1 else gettext("{larger} {smaller}", larger=said[0], smaller=said[1])


def length_of(milliseconds: int) -> str:
    """“3:34”, “1:02:03”: how long a recording is, as players say it."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def ago(at: datetime, now: datetime) -> Message:
    """“3 min ago”, or “in 3 min” for what is still to come."""
    seconds = (now - at).total_seconds()
    return gettext("{span} ago", span=span(seconds)) if seconds >= 0 else gettext("in {span}", span=span(seconds))


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

    label: Message
    tone: str
    meaning: Message


_STATES: dict[str, dict[str, State]] = {
    "payment": {
        "pending": State(gettext("pending"), "busy", gettext("The buyer has not paid yet.")),
        "succeeded": State(gettext("succeeded"), "good", gettext("The buyer's charge succeeded.")),
        "processing": State(
            gettext("processing"), "busy", gettext("The buyer is done; their bank takes days to pay or to refuse.")
        ),
        "expired": State(gettext("expired"), "quiet", gettext("The checkout session ended unpaid.")),
        "failed": State(gettext("failed"), "bad", gettext("The buyer's bank did not pay; the buyer was told.")),
    },
    "refund": {
        "requested": State(gettext("requested"), "busy", gettext("Asked for; the provider has not taken it yet.")),
        "pending": State(
            gettext("pending"), "busy", gettext("The provider took it; the money is on its way to the buyer.")
        ),
        "requires_action": State(
            gettext("requires action"), "warn", gettext("The buyer must do something to get the money.")
        ),
        "succeeded": State(gettext("succeeded"), "good", gettext("The buyer has the money back.")),
        "failed": State(
            gettext("failed"), "bad", gettext("The buyer's bank did not take it; sellers were given their share again.")
        ),
        "canceled": State(gettext("canceled"), "quiet", gettext("Canceled at the provider.")),
        "refused": State(gettext("refused"), "bad", gettext("The provider refused it for good.")),
    },
    "transfer": {
        "pending": State(gettext("pending"), "busy", gettext("Waits to be sent to the seller.")),
        "completed": State(gettext("completed"), "good", gettext("The seller has the money.")),
        "failed": State(
            gettext("failed, will retry"), "warn", gettext("The last attempt failed; the worker tries again by itself.")
        ),
        "permanently_failed": State(
            gettext("permanently failed"), "bad", gettext("It will not happen by itself any more.")
        ),
        "reversal_pending": State(
            gettext("reversal pending"), "busy", gettext("Money is being taken back from the seller.")
        ),
        "reversed": State(gettext("reversed"), "good", gettext("All of it came back from the seller.")),
        "canceled": State(gettext("canceled"), "quiet", gettext("Nothing is owed any more; it is not sent.")),
    },
    "reversal": {
        "pending": State(gettext("pending"), "busy", gettext("Waits to be taken back from the seller.")),
        "succeeded": State(gettext("succeeded"), "good", gettext("The money came back.")),
        "permanently_failed": State(
            gettext("permanently failed"), "bad", gettext("It will not come back alone: the seller owes it.")
        ),
        "canceled": State(gettext("canceled"), "quiet", gettext("Not needed any more.")),
    },
    "dispute": {
        "open": State(gettext("open"), "warn", gettext("No funds were moved so far.")),
        "withdrawn": State(gettext("funds withdrawn"), "bad", gettext("The bank took the funds.")),
        "reinstated": State(gettext("funds reinstated"), "good", gettext("The funds came back.")),
        "closed": State(gettext("closed"), "quiet", gettext("It ended without moving funds.")),
    },
    "event": {
        "received": State(gettext("waiting"), "busy", gettext("Stored, not handled yet; the inbox worker will.")),
        "handled": State(gettext("handled"), "good", gettext("It was handled.")),
        "ignored": State(gettext("ignored"), "quiet", gettext("It does not concern us.")),
        "failed": State(gettext("failed"), "bad", gettext("Handling failed too often; a person must look.")),
    },
    "netting": {
        "kept": State(gettext("kept"), "busy", gettext("Kept of a share; the debt it pays counts it in a moment.")),
    },
    "breaker": {
        "closed": State(gettext("closed"), "good", gettext("Requests to the provider flow.")),
        "open": State(
            gettext("open"), "bad", gettext("Requests are held back, one row probes at a time; no row loses a retry.")
        ),
        "half_open": State(
            gettext("half open"), "warn", gettext("The provider answers again; requests are let through bit by bit.")
        ),
    },
}


_DERIVED: dict[str, dict[str, State]] = {
    "payment": {
        "refunded": State(gettext("refunded"), "quiet", gettext("All of it went back to the buyer.")),
        "partly_refunded": State(gettext("partly refunded"), "warn", gettext("A part of it went back to the buyer.")),
    },
    "kept": {
        "completed": State(
            gettext("kept for a debt"), "good", gettext("It pays what the seller owed of an earlier sale.")
        ),
        "reversal_pending": State(
            gettext("needed back"), "busy", gettext("Its sale was refunded: the seller will owe it again.")
        ),
        "permanently_failed": State(
            gettext("owed again"), "bad", gettext("Its sale was refunded: the seller owes it again.")
        ),
        "reversed": State(gettext("paid again"), "good", gettext("Its sale was refunded, and later sales paid it.")),
    },
}
"""What a row of this status is called because of other rows, and what a transfer is called that was kept: no machine
has these."""


def state(machine: str, status: str) -> State:
    """How `status` of a `machine` is said; an unknown one is shown as it is."""
    known = _STATES.get(machine, {}).get(status) or _DERIVED.get(machine, {}).get(status)
    return known or State(verbatim(status.replace("_", " ")), "quiet", verbatim(""))


def statuses_of(machine: str) -> dict[str, State]:
    """Every status of a machine, in the order a row goes through them."""
    return _STATES[machine]


def in_groups(secret: str) -> str:
    """“JBSW Y3DP”: letters to be typed, in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


_FILTERS = (in_groups, units, span, length_of, ago, short, sentence, tail)
FILTERS: dict[str, Any] = {one.__name__: one for one in _FILTERS}
