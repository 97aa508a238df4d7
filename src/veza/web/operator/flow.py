"""One payment's money as a drawing: what the buyer paid runs right, by lines to sellers and to the site; what came back
runs around the outside to where it began. A style sheet gives the shapes their colours.

Heights are in proportion to amounts, so that what goes out of a bar is what came into it, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from veza.money.payments import PaymentLine
from veza.money.transfers import SellerTransfer, is_kept, is_unsent

BAR = 8
PAID_AT, LINES_AT, ENDS_AT = 160, 330, 560
"""Where the bars of the buyer, the lines, and the sellers and the site stand."""
TALL = 216
"""How high the whole payment is drawn."""
GAP, LABEL = 18, 44
"""Between bars; and how high a bar with its label is at least."""
TOP, LANE, BEND = 52, 36, 26
"""Above the drawing; between it and what comes back; and the least radius of a turn."""
RIGHT_OF_ENDS, LEFT_OF_PAID = 220, 20
"""How far the innermost of what comes back runs around the drawing."""
LINES_SHOWN = 8
"""More lines than these are drawn as one."""


@dataclass(frozen=True, slots=True)
class End:
    """Where money ended: a seller, or the site itself (`seller_id` None). Amounts in minor units."""

    seller_id: str | None
    share_minor: int
    sent_minor: int = 0
    kept_minor: int = 0
    """Of its share, for what the seller owes of other sales."""
    waiting_minor: int = 0
    back_minor: int = 0
    transfers: Sequence[SellerTransfer] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, as high as its amount."""

    x: int
    y: float
    height: float

    @property
    def beside(self) -> float:
        """Where a label beside it begins."""
        return round(self.y + min(self.height / 2, 30) + 2, 1)

    @property
    def above(self) -> float:
        """Where a label of two lines above it begins."""
        return round(self.y - 26, 1)


@dataclass(frozen=True, slots=True)
class Band:
    """What came back of one end: a line as thick as the amount."""

    path: str
    thick: float
    amount_minor: int
    of_site: bool


@dataclass(slots=True)
class Flow:
    """The drawing. `lines` and `ends` are (what, its bar); what is left over of many lines has None."""

    left: float = 0
    width: float = 900
    height: float = 0
    paid: Bar = field(default_factory=lambda: Bar(PAID_AT, TOP, TALL))
    lines: list[tuple[PaymentLine | None, int, Bar]] = field(default_factory=list)
    ends: list[tuple[End, Bar]] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    fees: list[str] = field(default_factory=list)
    back: list[Band] = field(default_factory=list)
    returned_minor: int = 0


def ends_of(lines: Sequence[PaymentLine], transfers: Sequence[SellerTransfer], returned_minor: int) -> list[End]:
    """Each seller of a payment, in the order of its lines, and the site, which pays back what sellers did not."""
    ends, left = [], returned_minor
    for seller_id in dict.fromkeys(line.seller_id for line in lines):
        mine = [row for row in transfers if row.seller_id == seller_id and row.status != "canceled"]
        share = sum(line.share_minor for line in lines if line.seller_id == seller_id)
        sent = [row for row in mine if not is_unsent(row)]
        back = min(sum(row.reversed_minor for row in sent if not is_kept(row)), left, share)
        left -= back
        kept = sum(row.sent_minor for row in sent if is_kept(row))
        went = sum(row.sent_minor for row in sent) - kept
        waiting = sum(row.sent_minor for row in mine if row not in sent)
        ends.append(End(seller_id, share, went, kept, waiting, back, mine))
    return [*ends, End(None, sum(line.fee_minor for line in lines), back_minor=left)]


def draw(lines: Sequence[PaymentLine], ends: Sequence[End]) -> Flow:
    """The drawing of a payment with these lines, in the order of its lines."""
    flow, paid = Flow(), sum(line.gross_minor for line in lines)
    scale = TALL / max(paid, 1)
    at = {end.seller_id: 0.0 for end in ends}
    y = float(TOP)
    for end in ends:
        y += LABEL if end.back_minor else 0  # its label stands above what comes back
        bar = Bar(ENDS_AT, round(y, 1), max(round(end.share_minor * scale, 1), 1.5))
        flow.ends.append((end, bar))
        at[end.seller_id] = y
        y += max(bar.height, end.back_minor * scale if end.back_minor else LABEL) + GAP
    bottom = y
    y, from_y = float(TOP), float(TOP)
    for line, parts in _shown(lines):
        gross = sum(part.gross_minor for part in parts)
        bar = Bar(LINES_AT, round(y, 1), round(gross * scale, 1))
        flow.lines.append((line, gross, bar))
        flow.out.append(_ribbon(PAID_AT + BAR, from_y, LINES_AT, y, gross * scale))
        from_y += gross * scale
        inside = y
        for part in parts:
            flow.out.append(_ribbon(LINES_AT + BAR, inside, ENDS_AT, at[part.seller_id], part.share_minor * scale))
            inside += part.share_minor * scale
            at[part.seller_id] += part.share_minor * scale
        for part in parts:
            flow.fees.append(_ribbon(LINES_AT + BAR, inside, ENDS_AT, at[None], part.fee_minor * scale))
            inside += part.fee_minor * scale
            at[None] += part.fee_minor * scale
        y += max(bar.height + GAP, LABEL + GAP)
    bottom = max(bottom, y, TOP + TALL)
    flow.returned_minor = sum(end.back_minor for end in ends)
    flow.back = _bands(flow, scale, bottom)
    around = flow.returned_minor * scale
    flow.left = round(min(0.0, PAID_AT - LEFT_OF_PAID - around), 1)
    flow.width = round(max(900, ENDS_AT + RIGHT_OF_ENDS + around) - flow.left, 1)
    flow.height = round(bottom + (LANE + around + LABEL if around else 0), 1)
    return flow


def _shown(lines: Sequence[PaymentLine]) -> Iterable[tuple[PaymentLine | None, Sequence[PaymentLine]]]:
    if len(lines) <= LINES_SHOWN:
        return [(line, (line,)) for line in lines]
    return [*((line, (line,)) for line in lines[: LINES_SHOWN - 1]), (None, lines[LINES_SHOWN - 1 :])]


def _ribbon(x: float, y: float, to_x: float, to_y: float, thick: float) -> str:
    middle = (x + to_x) / 2
    return (
        f"M{x} {y:.1f}C{middle} {y:.1f} {middle} {to_y:.1f} {to_x} {to_y:.1f}v{thick:.1f}"
        f"C{middle} {to_y + thick:.1f} {middle} {y + thick:.1f} {x} {y + thick:.1f}Z"
    )


def _bands(flow: Flow, scale: float, bottom: float) -> list[Band]:
    """Lanes one inside the other: the topmost end's is the outermost, so that none crosses another."""
    bands, inner = [], 0.0
    for end, bar in reversed(flow.ends):
        thick = end.back_minor * scale
        if not thick:
            continue
        middle = inner + thick / 2
        radius = BEND + middle
        right, left = ENDS_AT + RIGHT_OF_ENDS + middle, PAID_AT - LEFT_OF_PAID - middle
        lane = bottom + LANE / 2 + middle
        leaves = bar.y + thick / 2
        enters = TOP + TALL - inner - thick / 2
        bands.append(
            Band(
                f"M{ENDS_AT + BAR} {leaves:.1f}H{right - radius:.1f}Q{right:.1f} {leaves:.1f} {right:.1f}"
                f" {leaves + radius:.1f}V{lane - radius:.1f}Q{right:.1f} {lane:.1f} {right - radius:.1f} {lane:.1f}"
                f"H{left + radius:.1f}Q{left:.1f} {lane:.1f} {left:.1f} {lane - radius:.1f}V{enters + 20:.1f}"
                f"Q{left:.1f} {enters:.1f} {min(left + 20, PAID_AT):.1f} {enters:.1f}H{PAID_AT}",
                round(max(thick, 1.5), 1), end.back_minor, end.seller_id is None,
            )
        )  # fmt: skip
        inner += thick
    return bands
