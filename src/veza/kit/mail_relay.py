"""Handing a mail to the server that sends it, by SMTP."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from veza.kit.messages import Message, gettext

if TYPE_CHECKING:
    from aiosmtplib import SMTP

TIMEOUT = timedelta(seconds=30)
_PORTS = {"smtp": 587, "smtps": 465}


class NotDelivered(Exception):
    """The server did not take a mail; `for_good` when it never will, `is_untrusted` when nothing vouches for it."""

    def __init__(self, reason: Message, *, for_good: bool, is_untrusted: bool = False) -> None:
        super().__init__(reason)
        self.for_good, self.is_untrusted = for_good, is_untrusted


Deliver = Callable[[EmailMessage, str, str], Awaitable[None]]
"""Hands one message to a mail server, with the addresses of sender and recipient; raises NotDelivered."""


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server that sends: `smtp://user:password@host:587` (STARTTLS) or `smtps://…` (TLS from the start).

    Without `demands_tls`, STARTTLS is used where the server offers it.
    """

    url: str
    demands_tls: bool

    async def deliver(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Hand a message over in an envelope of its own: what its header says decides nothing. Raises NotDelivered."""
        async with _signed_in(self) as server:
            await server.send_message(message, sender=sender, recipients=[recipient])

    async def greet(self) -> None:
        """Connect and sign in as a delivery does, and send nothing; raises NotDelivered."""
        async with _signed_in(self):
            pass


@asynccontextmanager
async def _signed_in(relay: Relay) -> AsyncIterator[SMTP]:
    """The mail server, ready to take mails; what it refuses meanwhile is NotDelivered."""
    import aiosmtplib  # only a Veza that sends mail needs it

    parts = urlsplit(relay.url)
    server = aiosmtplib.SMTP(
        hostname=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        start_tls=True if relay.demands_tls and parts.scheme == "smtp" else None,
        timeout=TIMEOUT.total_seconds(),
    )
    try:
        async with server:
            yield server
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        raise NotDelivered(
            gettext("refused: {codes}", codes=codes), for_good=all(code >= 500 for code in codes)
        ) from None
    except aiosmtplib.SMTPResponseException as error:
        is_about_us = isinstance(error, aiosmtplib.SMTPAuthenticationError)
        raise NotDelivered(
            gettext("{code} {message}", code=error.code, message=error.message),
            for_good=error.code >= 500 and not is_about_us,
        ) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        reason = gettext("{kind}: {error}", kind=type(error).__name__, error=error)
        raise NotDelivered(reason, for_good=False, is_untrusted=_is_untrusted(error)) from None


def _is_untrusted(error: BaseException | None) -> bool:
    """Whether the server's certificate could not be verified; libraries wrap what `ssl` raised."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
