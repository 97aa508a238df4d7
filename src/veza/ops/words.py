"""How money, time and ids are written for people at a terminal."""

from __future__ import annotations

import re
from datetime import timedelta

STATUS_STYLES = {
    "succeeded": "green",
    "completed": "green",
    "reversed": "green",
    "reversal_pending": "yellow",
    "pending": "yellow",
    "processing": "yellow",
    "requested": "yellow",
    "failed": "red",
    "permanently_failed": "bold red",
    "refused": "red",
    "canceled": "dim",
    "expired": "dim",
}
"""How a status looks, wherever one is shown."""

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{6}([0-9a-f]{6})\b")
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def duration(span: timedelta) -> str:
    """“2 hours”, “1 minute”, “3 days 6 hours”: at most two units."""
    seconds = round(span.total_seconds())
    words = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words[:2]) or "no time"


def shortened(text: str) -> str:
    """The text with every UUID cut to its last six characters, which differ where the first do not."""
    return _UUID.sub(r"…\1", text)
