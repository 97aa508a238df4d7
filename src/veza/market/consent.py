"""The buyer's consent to have digital things at once, and so to lose the right of withdrawal (Directive 2011/83/EU,
Article 16 (m)): which text was agreed to, and when. The mail about the purchase confirms it, as that Article asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from veza.kit.messages import Message, gettext
from veza.market.orders import Order

CURRENT = "withdrawal-1"
"""The text that is shown today. Another text is another entry: what was agreed to is never rewritten."""
TEXTS: Mapping[str, Message] = {
    CURRENT: gettext("I want it at once, and know that my right of withdrawal ends when I can have it."),
}


def agreed_text(order: Order) -> Message | None:
    """What the buyer of the order agreed to; None where nothing was asked."""
    return None if order.consent is None else TEXTS.get(order.consent)


def confirmed(order: Order) -> list[Message]:
    """The paragraph of a mail that confirms it; none where nothing was asked."""
    said = agreed_text(order)
    if said is None or order.consented_at is None:
        return []
    return [gettext("On {day:day} you agreed: “{wording}”", day=order.consented_at, wording=said)]
