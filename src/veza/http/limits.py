"""Rate limits at the doors: the network address of a request, and the answer to one request too many.

The mechanism is `veza.kit.limits`; this is what every door needs of it. A door spends a limit in a transaction of its
own, before any other work, so that the try counts also where the request fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection

from veza.kit import limits
from veza.kit.database import Database
from veza.kit.limits import Allowance

Connection = ASGIConnection[Any, Any, Any, Any]


def address_of(connection: Connection) -> str:
    """The network address the request comes from; "unknown" where the server does not know it."""
    return connection.client.host if connection.client else "unknown"


def network_of(connection: Connection) -> str:
    """The network of that address: visitors of one network share their limits."""
    return limits.network(address_of(connection))


async def spend(database: Database, *allowances: Allowance) -> None:
    """Take one try of each allowance now; raises RateLimited."""
    await limits.spend_now(database, "limits", *allowances)


def retry_headers(error: Exception) -> Mapping[str, str]:
    """`Retry-After` (RFC 9110, 10.2.3) for an error that knows how many seconds to wait; else nothing."""
    seconds = getattr(error, "retry_after_seconds", None)
    return {"Retry-After": str(seconds)} if seconds is not None else {}
