"""What an operator decides about the market, and how it sends mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from veza.community.notices import Notices
from veza.kit.database import Session
from veza.kit.messages import Message

SendMail = Callable[[Session, str, Message, Message, UUID, str | None], Awaitable[None]]
"""`send(session, to, subject, text, order_id, language)`: joins the transaction, so a mail is sent only for what really
happened. A language of None is English."""


@dataclass(frozen=True, slots=True)
class MarketRules:
    """`fee_bps` where an artist has none of their own; prices include the VAT of `vat_rate_bps` (0: no VAT line).

    `base_url` is where people reach Veza, without a slash at the end. `send_mail` is for mails without which a buyer
    could not have what they paid for, `notices` for those one may stop.
    """

    currencies: tuple[str, ...]
    fee_bps: int
    base_url: str
    send_mail: SendMail
    notices: Notices
    vat_rate_bps: int = 0
    refund_window: timedelta = timedelta(days=14)
    refund_answer_within: timedelta = timedelta(days=7)
    platform_name: str = "Veza"
    platform_address: str = ""
