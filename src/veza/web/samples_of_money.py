"""What the page of components shows of carts, refunds, codes and the operator's money: of no one, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from veza.kit.money import Amount
from veza.market import consent
from veza.money.backlog import WAITING, Peak
from veza.money.ledger import Account
from veza.money.payments import PaymentLine
from veza.money.timeline import Entry
from veza.web import day_chart
from veza.web.answers import Form
from veza.web.cart_payments import CartPayment, Part
from veza.web.operator import flow
from veza.web.operator.chart import AGE, RANGES, ROWS, charts
from veza.web.operator.equation import Equation, equation_of
from veza.web.samples_of_music import ARTIST, AT, CURRENCY, NOTHING, RECORD, product

REFUND_DAYS = 14
_CODES = tuple(f"ABCD-EFGH-{number}" for number in range(1, 5))
_LETTERS = "ABCDEFGHIJKLMNOP"
_QR = (
    '<svg viewBox="0 0 7 7"><path fill="#fff" d="M0 0h7v7H0z"/>'
    '<path d="M1 1h2v2H1zM4 1h2v2H4zM1 4h2v2H1zM5 5h1v1H5z"/></svg>'
)
"""The squares of a code that says nothing."""


def values() -> Mapping[str, Any]:
    """What the template of this group takes."""
    too_low = UUID(int=2)
    return {
        "form": Form({"product": str(too_low), "amount": "1"}, "the least is 7.00 EUR"),
        "key": str(NOTHING), "now": AT, "artist": ARTIST,
        "offer": _offer("minimum"), "gift": _offer("free"),
        "chips": (500, 700, 1000), "suggested": 700, "fee_bps": 1000, "digits": 2, "share": 630, "fee": 70,
        **_cart(too_low),
        **_refunds(),
        "batches": [_batch(12), _batch(20), _batch(3, revoked_at=AT)],
        "codes": _CODES,
        "begun": SimpleNamespace(qr_svg=_QR, secret=_LETTERS, uri="otpauth://totp/"),
        "balance": SimpleNamespace(
            sent_minor=9000, coming_minor=2000, given_up_minor=0, here_minor=7000, to_reverse_minor=1000,
            reversed_minor=1000,
        ),
        "heard": _heard(),
        **_backlog(),
        **_payment(),
        "sent": {
            "pending": 3, "completed": 1204, "reversal_pending": 2, "reversed": 17, "canceled": 4, "failed": 1,
            "permanently_failed": 1,
        },
        "back": {"pending": 2, "succeeded": 17, "permanently_failed": 1, "canceled": 0},
        "history": SimpleNamespace(shown=_happened(), left_out=2),
    }  # fmt: skip


def _offer(pricing: str) -> SimpleNamespace:
    return SimpleNamespace(product=product(pricing), artist=ARTIST, title=RECORD.title, track=None, licence=None)


def _cart(too_low: UUID) -> Mapping[str, Any]:
    """A line as it is, one whose price changed, one whose price its buyer names too low, and one that is gone; and
    three payments."""
    lines = [
        _line(UUID(int=1), _offer("fixed")),
        _line(UUID(int=3), _offer("fixed"), was=Amount(500, CURRENCY)),
        _line(too_low, _offer("minimum"), is_named=True),
    ]
    parts = [Part("Artist", None, 630, 0, 590), Part("Artist", None, 315, 598, 292)]
    payments = [
        CartPayment(CURRENCY, (), 1050, parts, 105, 898),
        CartPayment("USD", (), 700, [Part("Artist", None, 630, 0, 890)], 70, 898),
        CartPayment(CURRENCY, (), 0, (), 0, 0),
    ]
    return {
        "lines": lines,
        "gone": SimpleNamespace(offer=None, item=SimpleNamespace(product_id=NOTHING)),
        "cart": SimpleNamespace(payments=payments, seen=""),
        "refund_days": REFUND_DAYS, "consent": consent.TEXTS[consent.CURRENT],
    }  # fmt: skip


def _line(id: UUID, offer: SimpleNamespace, **more: Any) -> SimpleNamespace:
    one = {
        "item": SimpleNamespace(product_id=id), "offer": offer, "card": None, "now": Amount(700, CURRENCY), "was": None,
        "is_named": False, "address": f"/releases/{NOTHING}",
    }  # fmt: skip
    return SimpleNamespace(**one | more)


def _refunds() -> Mapping[str, Any]:
    """Two lines that are asked back, and two requests to decide: one that waits, one whose refund came to nothing."""
    order = SimpleNamespace(id=NOTHING, currency=CURRENCY, created_at=AT)
    asked, again = (
        SimpleNamespace(
            line=SimpleNamespace(
                id=UUID(int=number), title="Record", artist="Artist", gross_minor=700, refunded_minor=0
            )
        )
        for number in (1, 2)
    )
    requests = [
        SimpleNamespace(
            request=SimpleNamespace(
                id=UUID(int=number), reason="Bought it twice", status=status, answer_by=AT + timedelta(REFUND_DAYS)
            ),
            line=asked.line, order=order, failed_because=why,
        )
        for number, status, why in ((3, "asked", None), (4, "failed", "no money is left"))
    ]  # fmt: skip
    return {
        "order": order, "asked": asked, "asked_again": again, "requests": requests, "least": 3, "most": 1000,
    }  # fmt: skip


def _batch(redeemed: int, **more: Any) -> SimpleNamespace:
    one = {
        "id": UUID(int=redeemed), "size": 20, "note": "Record fair", "item_id": NOTHING, "kind": "release",
        "created_at": AT, "revoked_at": None,
    }  # fmt: skip
    return SimpleNamespace(batch=SimpleNamespace(**one | more), redeemed=redeemed)


def _heard() -> day_chart.DayChart:
    last = AT.date()
    first = day_chart.days_back(last, 30)
    plays = [(first + timedelta(day), key, (day * 7) % 11 + 1) for day in range(30) for key in ("more", "less")]
    return day_chart.drawn(plays, first, last)


def _backlog() -> Mapping[str, Any]:
    """What waited in the last hour as bands, and how long as lines; some minutes have no sample."""
    chosen = RANGES["1h"]
    peaks = [
        Peak(AT - minute * chosen.step, kind, state, CURRENCY, minute % 7, 700 * minute, 60 * minute)
        for minute in range(22)
        for kind in ("transfer", "refund")
        for state in WAITING[kind]
    ]
    drawn = [
        next(one for one in charts(peaks, chosen, AT, measure) if one.kind == kind)
        for kind, measure in (("transfer", ROWS), ("refund", AGE))
    ]
    return {"chosen": chosen, "charts": drawn}


def _payment() -> Mapping[str, Any]:
    """A payment of three lines to two sellers, of which one gave a part back; its equation, and one that fails."""
    lines = [
        PaymentLine(
            id=UUID(int=number),
            seller_id=seller,
            gross_minor=gross,
            fee_minor=gross // 10,
            share_minor=gross - gross // 10,
        )
        for number, (seller, gross) in enumerate((("seller-1", 1200), ("seller-2", 800), ("seller-2", 500)), 1)
    ]
    ends = [
        flow.End("seller-1", 1080, sent_minor=1080),
        flow.End("seller-2", 1170, sent_minor=970, kept_minor=100, waiting_minor=100, back_minor=450),
        flow.End(None, 250, back_minor=50),
    ]
    of = dict.fromkeys(Account, 0) | {
        Account.SENT_TO_SELLERS: -1600, Account.SHARES_UNSENT: -100, Account.NETTED: -100,
        Account.PLATFORM_REVENUE: -200, Account.REFUNDED: -500,
    }  # fmt: skip
    holds = equation_of(2500, of)
    return {
        "payment": SimpleNamespace(currency=CURRENCY, amount_minor=2500, lines=lines),
        "products": dict.fromkeys((line.id for line in lines), "Record"),
        "flow": flow.draw(lines, ends),
        "equation": holds,
        "broken": Equation(2600, holds.terms, holds=False),
    }


def _happened() -> list[Entry]:
    """An entry of each kind that looks other."""
    return [
        Entry(AT, "move", "transfer", "", "", "worker", change=("pending", "completed"), machine="transfer"),
        Entry(
            AT, "attempt", "transfer", "POST /v1/transfers", "", "worker", detail={"http_status": 200, "latency_ms": 80}
        ),
        Entry(AT, "posting", "payment", "platform_cash 25.00", "", "worker"),
        Entry(AT, "operator", "transfer", "retry", "", "operator"),
        Entry(AT, "finding", "payment", "law_broken", "", "reconciler"),
    ]
