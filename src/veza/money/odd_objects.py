"""Objects of the provider about money that cannot be read: each is a finding, and the others go on.

What is read of them is judged before anything is written, so that one odd object leaves no half of its merge behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from veza.kit.database import Session
from veza.money import findings
from veza.money.findings import FindingKind
from veza.money.webhook_signatures import is_word

LARGEST_MINOR = 2**63 - 1
"""What a column holds."""

Listed = Mapping[str, Any]


def oddity(seen: Listed) -> str | None:
    """What of a charge, refund, dispute, transfer or reversal cannot be read, in words; None if it can."""
    amount, reversed_there = seen.get("amount"), seen.get("amount_reversed")
    if not is_word(seen.get("id")):
        return f"its id is {seen.get('id')!a:.40}"
    if not _is_amount(amount) or amount == 0:
        return f"its amount is {amount!a:.40}"
    if reversed_there is not None and not _is_amount(reversed_there):
        return f"its amount_reversed is {reversed_there!a:.40}"
    if not is_word(seen.get("currency")):
        return f"its currency is {seen.get('currency')!a:.40}"
    if seen.get("status") is not None and not is_word(seen["status"]):
        return f"its status is {seen['status']!a:.40}"
    if not isinstance(seen.get("metadata"), Mapping | None):
        return f"its metadata are {seen['metadata']!a:.40}"
    return None if _can_be_stored(seen) else "it holds a character that no database stores"


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON writes it, and not a text that says so."""


def _can_be_stored(seen: Listed) -> bool:
    try:
        return _NUL.search(msgspec.json.encode(seen)) is None
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


def _word(value: object, otherwise: str) -> str:
    """What a finding says of it: as it is where every database keeps it, else escaped and cut."""
    if value is None or value == "":
        return otherwise
    return str(value) if is_word(value) else ascii(value)[:80]


def _is_amount(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_MINOR


def readable(listed: Iterable[Listed]) -> list[Listed]:
    """Those that can be read; what becomes of the others is said where they are recorded."""
    return [one for one in listed if oddity(one) is None]


async def readable_or_told(session: Session, payment_id: UUID | None, listed: Iterable[Listed]) -> list[Listed]:
    """Those that can be read; each of the others is a finding, about this payment where it is known."""
    left = []
    for one in listed:
        odd = oddity(one)
        if odd is None:
            left.append(one)
            continue
        subject = f"{_word(one.get('object'), 'object')} {_word(one.get('id'), 'without an id')}"
        await findings.report(
            session, FindingKind.ODD_OBJECT, subject, f"{subject} cannot be read: {odd}",
            mend="look at it at the provider; it was left out, everything else was recorded", payment_id=payment_id,
        )  # fmt: skip
    return left
