"""Where a provider's page may send people back to: our own addresses, and those on a list.

An address that leads anywhere else would let a link with our name end on a stranger's page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from veza.http.faults import Fault
from veza.kit.messages import gettext

FIELDS = ("success_url", "cancel_url", "return_url")
"""Of bodies: each holds such an address. A test finds every field that takes a web address here."""
_USUAL_PORT = {"http": 80, "https": 443}


class ReturnAddresses:
    """The origins that people may be sent back to: `own`, and `listed` ones such as `https://shop.example`."""

    def __init__(self, own: str, listed: Sequence[str] = ()) -> None:
        self._own = own
        self._origins = {origin for one in (own, *listed) if (origin := origin_of(one)) is not None}

    def leads_back(self, address: str) -> bool:
        """Whether a browser that is sent to `address` ends on one of these origins."""
        return origin_of(address) in self._origins

    def faults(self, body: Any) -> Iterator[Fault]:
        """Those fields of a body that lead elsewhere."""
        if not isinstance(body, Mapping):
            return
        for name in FIELDS:
            address = body.get(name)
            if isinstance(address, str) and not self.leads_back(address):
                yield Fault(
                    "body", (name,), gettext("an address of {own}, or of the list RETURN_ADDRESSES", own=self._own)
                )


def origin_of(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port, as a browser reads them; None for what it may read otherwise than we do."""
    # Browsers take a backslash for a slash, skip tabs and line breaks, and call what is before @ a user's name.
    if "\\" in address or any(character <= " " or character == "\x7f" for character in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower().rstrip(".")
    if scheme not in _USUAL_PORT or not host or "@" in parts.netloc or "%" in parts.netloc:
        return None
    return scheme, host, port if port is not None else _USUAL_PORT[scheme]
