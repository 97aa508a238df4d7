"""Settings that hold several values, separated by commas."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import NoDecode


def listed(written: object) -> object:
    """The items of a text; anything else is left to pydantic."""
    if isinstance(written, str):
        return tuple(item.strip() for item in written.split(",") if item.strip())
    return written


def currencies(written: object) -> object:
    """The same for codes of currencies, in capitals; raises ValueError."""
    items = listed(written)
    if not isinstance(items, tuple):
        return items
    for item in items:
        if not re.fullmatch(r"[A-Za-z]{3}", item):
            raise ValueError(f"“{item}” is not a currency code; use ISO 4217, such as EUR")
    return tuple(item.upper() for item in items)


def networks(items: tuple[str, ...]) -> tuple[str, ...]:
    """`items`, each an address or a network; raises ValueError."""
    for item in items:
        try:
            ip_network(item)
        except ValueError:
            raise ValueError(f"“{item}” is no address or network, such as 10.0.0.7 or 10.0.0.0/24") from None
    return items


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(listed)]
