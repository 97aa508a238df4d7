"""Notices about refund requests: to the artist's people that one waits, to the buyer how it was decided.

A request that waits has a deadline (`answer_by`). The artist's people are reminded before it; once it is over the
platform's admins are told, who may decide every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from veza.accounts import roles
from veza.accounts.people import Person
from veza.accounts.permissions import Role
from veza.community.preferences import NoticeKind, Recipient
from veza.kit.database import Database, Session
from veza.kit.messages import Joined, Message, gettext, joined, message_of, paragraphs
from veza.kit.money import Amount
from veza.kit.one_by_one import one_by_one
from veza.kit.subscriptions import Event
from veza.market import orders, refund_asking, refund_requests
from veza.market.notices import buyer_of, people_of
from veza.market.orders import Order, OrderLine
from veza.market.refund_requests import RefundRequest
from veza.market.rules import MarketRules
from veza.money import findings
from veza.money.findings import FindingKind

EVERY = timedelta(minutes=15)
BATCH = 200
ACTOR = "refund deadlines"
ODD_AGAIN = timedelta(days=1)
"""How long until a request whose notice failed is tried again."""


async def asked(session: Session, request: RefundRequest, rules: MarketRules) -> None:
    """A buyer made a request, or made it once more: tell the artist's people, with the deadline."""
    line, order = await orders.find_line(session, request.line_id)
    subject = gettext("A refund is asked for: {title}", title=line.title)
    said = gettext(
        "A buyer asks for {price} back, paid for “{title}” · {artist}, and writes:",
        price=_price(line, order),
        title=line.title,
        artist=line.artist,
    )
    text = paragraphs(said, f"    {request.reason}", _to_decide(request))
    people = (await people_of(session, [request.artist_id]))[request.artist_id]
    await rules.notices.mail(session, people, NoticeKind.REFUND_REQUEST, subject, text)


async def answered(session: Session, request: RefundRequest, rules: MarketRules) -> None:
    """The request was granted or declined: tell the buyer the answer."""
    line, order = await orders.find_line(session, request.line_id)
    if request.status == "granted":
        subject = gettext("Your refund is granted: {title}", title=line.title)
        said = gettext(
            "{left} for “{title}” · {artist} goes back to you. The answer to your request:",
            left=_left(line, order),
            title=line.title,
            artist=line.artist,
        )
        after = [gettext("You are told once the money has left; your bank shows it within ten days.")]
    else:
        subject = gettext("Your refund is declined: {title}", title=line.title)
        said = gettext(
            "What you paid for “{title}” · {artist} is not given back. The answer to your request:",
            title=line.title,
            artist=line.artist,
        )
        is_last = request.times_asked >= refund_asking.MOST_TIMES
        after = [] if is_last else [gettext("You may ask once more, within the time for refunds.")]
    answer = f"    {request.answer}"
    await _tell_buyer(session, order, subject, [said, answer, joined([*after, _about(order)], by="\n")], rules)


async def refunded_directly(session: Session, line: OrderLine, order: Order, answer: str, rules: MarketRules) -> None:
    """An operator gives a line's money back without a request: tell the buyer why."""
    subject = gettext("You get your money back: {title}", title=line.title)
    said = gettext(
        "{left} for “{title}” · {artist} goes back to you:",
        left=_left(line, order),
        title=line.title,
        artist=line.artist,
    )
    after = joined([gettext("You are told once the money has left."), _about(order)], by="\n")
    await _tell_buyer(session, order, subject, [said, f"    {answer}", after], rules)


async def on_failed(database: Database, event: Event, rules: MarketRules) -> None:
    """A refund failed: if it was of a granted request, tell the buyer, and the artist's people to grant it again."""
    async with database.write("market notices") as session:
        mine = select(RefundRequest).where(RefundRequest.refund_id == UUID(event.payload["refund_id"]))
        request = (await session.scalars(mine)).one_or_none()
        if request is not None and request.status == "failed":
            await _failed(session, request, rules)


async def _failed(session: Session, request: RefundRequest, rules: MarketRules) -> None:
    line, order = await orders.find_line(session, request.line_id)
    why = await refund_requests.failed_because(session, request)
    said = gettext(
        "The refund for “{title}” · {artist} did not arrive: {why}.",
        title=line.title,
        artist=line.artist,
        why=why or gettext("the payment provider says so"),
    )
    subject = gettext("The refund did not arrive: {title}", title=line.title)
    after = joined([gettext("The artist is told, too, and may try it once more."), _about(order)], by="\n")
    await _tell_buyer(session, order, subject, [said, after], rules)
    people = (await people_of(session, [request.artist_id]))[request.artist_id]
    again = gettext("Grant refund request {request_id} once more to try it again.", request_id=request.id)
    await rules.notices.mail(session, people, NoticeKind.REFUND_REQUEST, subject, paragraphs(said, again))


async def sweep(database: Database, rules: MarketRules) -> int:
    """Remind of deadlines that come near, and tell the admins of passed ones; returns how many requests."""

    async def remind(session: Session, request_id: UUID) -> bool:
        mine = select(RefundRequest).where(RefundRequest.id == request_id, *_due(session)).with_for_update()
        request = (await session.scalars(mine.execution_options(populate_existing=True))).one_or_none()
        if request is not None:
            await _remind(session, request, rules)
        return request is not None

    told = 0
    while True:
        async with database.read() as session:
            due = select(RefundRequest.id).where(*_due(session))
            ids = list(await session.scalars(due.order_by(RefundRequest.remind_at, RefundRequest.id).limit(BATCH)))
        done, odd = await one_by_one(database, ACTOR, ids, remind) if ids else ([], [])
        for request_id, error in odd:
            await _put_off(database, request_id, error)
        told += sum(done)
        if len(ids) < BATCH:
            return told


def _due(session: Session) -> tuple[ColumnElement[bool], ...]:
    return RefundRequest.status == "asked", RefundRequest.remind_at <= session.now


async def _put_off(database: Database, request_id: UUID, error: Exception) -> None:
    """The reminder of this request failed: a finding tells the operator, and the request is tried again a day later."""
    async with database.write(ACTOR) as session:
        later = update(RefundRequest).where(RefundRequest.id == request_id)
        await session.execute(later.values(remind_at=session.now + ODD_AGAIN))
        subject = f"refund request {request_id}"
        said = gettext(
            "the reminder of {subject} failed ({kind}: {error})",
            subject=subject,
            kind=type(error).__name__,
            error=message_of(error),
        )
        mend = gettext("decide it by hand; every other request was told, and this one is tried again daily")
        await findings.report(session, FindingKind.RUN_FAILED, subject, said, mend=mend)


async def _remind(session: Session, request: RefundRequest, rules: MarketRules) -> None:
    line, order = await orders.find_line(session, request.line_id)
    what = gettext("{price} for “{title}” · {artist}", price=_price(line, order), title=line.title, artist=line.artist)
    if request.answer_by > session.now:
        people: Sequence[Recipient] = (await people_of(session, [request.artist_id]))[request.artist_id]
        subject = gettext("A refund request waits for you: {title}", title=line.title)
        said = gettext(
            "A buyer has been waiting since {since} for your answer about {what}.",
            since=request.created_at,
            what=what,
        )
        next_at: datetime | None = request.answer_by
    else:
        people = await _admins(session)
        subject = gettext("A refund request was not answered: {title}", title=line.title)
        said = gettext(
            "The artist's people have not answered by {answer_by} a buyer who asks for {what}.",
            answer_by=request.answer_by,
            what=what,
        )
        next_at = None
    text = paragraphs(said, _to_decide(request))
    await rules.notices.mail(session, people, NoticeKind.REFUND_REQUEST, subject, text)
    await refund_requests.machine.update(session, request, remind_at=next_at)


async def _admins(session: Session) -> list[Recipient]:
    rows = await session.execute(
        select(Person.id, Person.email, Person.language, Person.time_zone)
        .where(Person.id.in_(roles.having(Role.ADMIN)), Person.email.is_not(None))
        .where(Person.email_confirmed_at.is_not(None))
        .order_by(Person.id)
    )
    return [Recipient(str(email), person_id, language, zone) for person_id, email, language, zone in rows]


async def _tell_buyer(
    session: Session, order: Order, subject: Message, said: Sequence[Message | Joined | str], rules: MarketRules
) -> None:
    buyer = await buyer_of(session, order)
    if buyer is not None:
        text = paragraphs(*said)
        await rules.notices.mail(session, [buyer], NoticeKind.REFUND, subject, text, about=order.id)


def _about(order: Order) -> Message:
    return gettext("It is about order {order_id}.", order_id=order.id)


def _to_decide(request: RefundRequest) -> Message:
    return gettext(
        "Please grant or decline it by {answer_by}. It is refund request {request_id}.",
        answer_by=request.answer_by,
        request_id=request.id,
    )


def _price(line: OrderLine, order: Order) -> Amount:
    return Amount(line.gross_minor, order.currency)


def _left(line: OrderLine, order: Order) -> Amount:
    return Amount(line.gross_minor - line.refunded_minor, order.currency)
