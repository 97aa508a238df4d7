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
from veza.kit.messages import Message, gettext
from veza.money import findings
from veza.money.findings import FindingKind
from veza.money.webhook_signatures import is_word

LARGEST_MINOR = 2**63 - 1
"""What a column holds."""

Listed = Mapping[str, Any]


def oddity(seen: Listed) -> Message | None:
    """What of a charge, refund, dispute, transfer or reversal cannot be read, in words; None if it can."""
    amount, reversed_there = seen.get("amount"), seen.get("amount_reversed")
    if not is_word(seen.get("id")):
        return gettext("its id is {id}", id=_quoted(seen.get("id")))
    if not _is_amount(amount) or amount == 0:
        return gettext("its amount is {amount}", amount=_quoted(amount))
    if reversed_there is not None and not _is_amount(reversed_there):
        return gettext("its amount_reversed is {reversed}", reversed=_quoted(reversed_there))
    if not is_word(seen.get("currency")):
        return gettext("its currency is {currency}", currency=_quoted(seen.get("currency")))
    if seen.get("status") is not None and not is_word(seen["status"]):
        return gettext("its status is {status}", status=_quoted(seen["status"]))
    if not isinstance(seen.get("metadata"), Mapping | None):
        return gettext("its metadata are {metadata}", metadata=_quoted(seen["metadata"]))
    return None if _can_be_stored(seen) else gettext("it holds a character that no database stores")


def _quoted(value: object) -> str:
    """As Python writes it, in ASCII and not for long: it may be anything."""
    return f"{value!a:.40}"


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
        said = gettext("{subject} cannot be read: {odd}", subject=subject, odd=odd)
        mend = gettext("look at it at the provider; it was left out, everything else was recorded")
        await findings.report(session, FindingKind.ODD_OBJECT, subject, said, mend=mend, payment_id=payment_id)
    return left
