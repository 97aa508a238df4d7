"""The provider's objects in words, for findings: what one says of itself, without what it says of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veza.kit.money import Amount, BadAmount
from veza.money.provider_lists import created_at
from veza.money.stripe.answers import id_of

OURS = "veza_"
MOST_WORDS = 100
"""Characters of one metadata entry that are quoted: a value may have 500, an id of ours has 36."""


def amount_of(seen: Mapping[str, Any], name: str = "amount") -> str:
    """An object's amount with its currency, or as it stands there when that is no amount of money."""
    try:
        return str(Amount(int(seen[name]), str(seen["currency"]).upper()))
    except (BadAmount, KeyError, TypeError, ValueError):
        return f"{seen.get(name)!r} {seen.get('currency')!r}"


def said_by(seen: Mapping[str, Any]) -> str:
    """What an object says: amount, time, status, the objects it belongs to, its metadata."""
    kind = str(seen.get("object") or "object").replace("_", " ")
    words = [f"{kind} {seen.get('id')} of {amount_of(seen)}"]
    if made := created_at(seen):
        words.append(f"made {made:%Y-%m-%d %H:%M} UTC")
    if status := seen.get("status"):
        words.append(str(status))
    for name, before in (("charge", "of charge"), ("destination", "to account"), ("transfer_group", "in group")):
        if named := id_of(seen.get(name)):
            words.append(f"{before} {named}")
    for name, before in (("amount_refunded", "refunded"), ("amount_reversed", "reversed")):
        if seen.get(name):
            words.append(f"{amount_of(seen, name)} of it {before}")
    metadata = seen.get("metadata")
    if isinstance(metadata, Mapping):
        # Other programs and people write there, too, perhaps names and addresses: ours are ids.
        ours = sorted((name, value) for name, value in metadata.items() if str(name).startswith(OURS))
        words += [f"{name} {value}"[:MOST_WORDS] for name, value in ours]
    return ", ".join(words)
