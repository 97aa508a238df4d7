"""Durations as they are written in settings and shown to people: `30s`, `1m`, `1h`, `30d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

LONGEST_DURATION = timedelta(days=3650)
"""Ten years: added to any instant it is still one that can be stored."""

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(written: object) -> object:
    """Read `30s`, `1m`, `1h`, `30d` or `250ms`; anything that is not text is left to pydantic."""
    if not isinstance(written, str):
        return written
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", written.strip())
    if found is None:
        raise ValueError("write a duration as a number and its unit, such as 30s, 1m, 1h or 30d")
    try:
        duration = timedelta(**{_UNITS[found[2]]: float(found[1])})
    except OverflowError:
        duration = timedelta.max
    if duration > LONGEST_DURATION:
        raise ValueError(f"a duration may be at most {LONGEST_DURATION.days}d")
    return duration


def show_duration(duration: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it, in the largest unit that keeps it whole."""
    for unit, name in reversed(_UNITS.items()):
        count, rest = divmod(duration, timedelta(**{name: 1}))
        if count and not rest:
            return f"{count}{unit}"
    return "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
