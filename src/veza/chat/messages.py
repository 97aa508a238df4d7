"""Messages: written, edited and deleted by their authors; each change is an event of the channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from veza.accounts import people
from veza.accounts.identity import Identity
from veza.accounts.people import Person, UnknownPerson
from veza.chat import channels, journal, seats, words
from veza.chat.channels import Channel, ChannelMember
from veza.chat.rules import Act, ChannelKind
from veza.chat.seats import MODERATES, Seat
from veza.kit import limits
from veza.kit.database import Base, Session
from veza.kit.field_faults import FieldChecks, FieldFault
from veza.kit.limits import Allowance, Limit
from veza.kit.messages import gettext
from veza.moderation import reports

MENTIONS_MOST = 20
IN_ONE_CHANNEL = Limit("messages in a channel of", 8, timedelta(seconds=2))
"""Of one person in one channel: more than the others there can read."""
IN_ALL_CHANNELS = Limit("messages in all channels of", 20, timedelta(seconds=1))
"""Of one person: no person talks in twenty places at once."""
SLOWEST = timedelta(hours=6)


class ChatMessage(Base):
    """`number` counts the messages of the channel, `event_sequence` is the place of its first event. A deleted message
    keeps its place without text; `hidden_by` says who hid it: moderators of the `channel`, a `moderator` of the site,
    or that it is `held` until one of them shows it.

    `author_id` is null once the account is gone; `client_id` is the author's own: the same again is the same message.
    """

    __tablename__ = "chat_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel_id: Mapped[UUID] = mapped_column(ForeignKey(Channel.id))
    event_sequence: Mapped[int]
    number: Mapped[int]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    client_id: Mapped[UUID]
    text: Mapped[str]
    search_text: Mapped[str]
    reply_to: Mapped[UUID | None] = mapped_column(ForeignKey("chat_messages.id"))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    hidden_by: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("hidden_by IS NULL OR hidden_by IN ('channel', 'moderator', 'held')", name="hidden_by_known"),
        Index("uq_chat_messages_number", "channel_id", "number", unique=True),
        Index("uq_chat_messages_event_sequence", "channel_id", "event_sequence", unique=True),
        Index("uq_chat_messages_client_id", "author_id", "client_id", unique=True),
        Index(None, "author_id", "channel_id"),
    )

    @property
    def is_shown(self) -> bool:
        """Whether every reader of the channel reads it."""
        return self.deleted_at is None and self.hidden_by is None


class MessageMention(Base):
    """A person whom a message names; clients show who it is by this, and not by the text."""

    __tablename__ = "message_mentions"

    message_id: Mapped[UUID] = mapped_column(ForeignKey(ChatMessage.id), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True)

    __table_args__ = (Index(None, "person_id"),)


class UnknownMessage(LookupError):
    """No such message in this channel, or not any more."""

    def __init__(self, wanted: object) -> None:
        super().__init__(gettext("there is no message {wanted}", wanted=wanted))


class NotYourMessage(Exception):
    """It can be read, not changed."""

    def __init__(self) -> None:
        super().__init__(gettext("only its author may change this message"))


class ClientIdTaken(Exception):
    """The author used this client id in another channel."""

    def __init__(self, client_id: UUID) -> None:
        super().__init__(gettext("you used the client id {client_id} in another channel", client_id=client_id))


class TooManyMentions(FieldFault):
    """More people than one message may name."""

    def __init__(self, count: int) -> None:
        super().__init__(
            gettext(
                "a message may mention at most {most} people, this one has {count}", most=MENTIONS_MOST, count=count
            )
        )


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """What to say. Without a `client_id` a second post is a second message."""

    text: str
    client_id: UUID | None = None
    reply_to: UUID | None = None
    mentions: Sequence[UUID] = ()


def allowances(channel_id: UUID, person_id: UUID) -> tuple[Allowance, Allowance]:
    """What a message of this person costs."""
    return IN_ONE_CHANNEL.of(f"{person_id} {channel_id}"), IN_ALL_CHANNELS.of(person_id)


async def post(session: Session, channel_id: UUID, identity: Identity, draft: MessageDraft) -> ChatMessage:
    """A new message, or the one that the author posted under this client id.

    Raises UnknownPerson, what `seats.take` raises, RateLimited, BadText, UnknownMessage, TooManyMentions,
    ClientIdTaken.
    """
    # The person's row is the lock: two posts of one client id at the same instant see each other.
    await people.hold(session, identity.person)
    sent = await _sent_already(session, identity.person, draft.client_id)
    if sent is not None:
        if sent.channel_id != channel_id:
            raise ClientIdTaken(sent.client_id)
        return sent
    seat = await seats.take(session, channel_id, identity, Act.WRITE, lock=True)
    await _spend(session, seat)
    text, mentions = await _checked(session, seat, draft)
    message_id, is_held = session.new_id(), await _is_held(session, seat, text)
    place = await journal.note(session, channel_id, "message", message_id, numbered=True)
    message = ChatMessage(
        id=message_id,
        channel_id=channel_id,
        event_sequence=place.sequence,
        number=place.number,
        author_id=seat.person,
        client_id=draft.client_id or message_id,
        text=text,
        search_text=words.fold(text),
        reply_to=draft.reply_to,
        created_at=session.now,
        hidden_by="held" if is_held else None,
    )
    session.add(message)
    await session.flush()
    session.add_all(MessageMention(message_id=message_id, person_id=one) for one in mentions)
    if seat.kind is not ChannelKind.DIRECT:
        await channels.join(session, channel_id, seat.person)
    await session.flush()
    return message


async def edit(session: Session, channel_id: UUID, message_id: UUID, identity: Identity, text: str) -> ChatMessage:
    """The author says it otherwise; it then shows that it was edited. What is hidden stays as it is. Raises what
    `seats.take` raises, RateLimited, UnknownMessage, NotYourMessage, BadText."""
    seat = await seats.take(session, channel_id, identity, Act.WRITE, lock=True)
    message = await _own(session, seat, message_id)
    if message.hidden_by is not None:
        raise UnknownMessage(message_id)
    await limits.spend(session, *allowances(channel_id, seat.person))
    kept = words.clean(text)
    if kept == message.text:
        return message
    message.text, message.search_text, message.edited_at = kept, words.fold(kept), session.now
    await session.flush()
    await journal.note(session, channel_id, "edit", message_id)
    return message


async def remove(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> ChatMessage:
    """The author takes it back, also while muted: its text is gone for good. Raises what `seats.take` raises,
    UnknownMessage, NotYourMessage."""
    seat = await seats.take(session, channel_id, identity, Act.READ, lock=True)
    message = await _own(session, seat, message_id)
    message.text, message.search_text, message.deleted_at = "", "", session.now
    await session.flush()
    await journal.note(session, channel_id, "delete", message_id)
    await reports.forget_labels(session, "message", [message_id])
    return message


async def find(session: Session, seat: Seat, message_id: UUID) -> ChatMessage:
    """A message of the seat's channel that was not deleted, and is not hidden unless the reader wrote it or moderates;
    raises UnknownMessage."""
    message = await session.get(ChatMessage, message_id, populate_existing=True)
    if message is None or message.channel_id != seat.channel.id or message.deleted_at is not None:
        raise UnknownMessage(message_id)
    if message.hidden_by is not None and not reads_hidden(seat, message.author_id):
        raise UnknownMessage(message_id)
    return message


def reads_hidden(seat: Seat, author_id: UUID | None) -> bool:
    """Whether the reader sees the text of a hidden message of this author."""
    return seat.role in MODERATES or (seat.person_id is not None and seat.person_id == author_id)


async def _sent_already(session: Session, author_id: UUID, client_id: UUID | None) -> ChatMessage | None:
    if client_id is None:
        return None
    return (await session.scalars(_SENT, {"author": author_id, "client": client_id})).one_or_none()


async def _spend(session: Session, seat: Seat) -> None:
    spent = [*allowances(seat.channel.id, seat.person)]
    if seat.channel.slow_seconds and seat.role not in MODERATES:
        slow = Limit("slow mode of", 1, timedelta(seconds=seat.channel.slow_seconds))
        spent.append(slow.of(f"{seat.person} {seat.channel.id}"))
    await limits.spend(session, *spent)


async def _checked(session: Session, seat: Seat, draft: MessageDraft) -> tuple[str, list[UUID]]:
    """The text and the mentions as they are kept."""
    checks, text = FieldChecks(), ""
    mentions = list(dict.fromkeys(draft.mentions))
    with checks.field("text"):
        text = words.clean(draft.text)
    with checks.field("reply_to", also=(UnknownMessage,)):
        if draft.reply_to is not None:
            await find(session, seat, draft.reply_to)
    with checks.field("mentions", also=(UnknownPerson,)):
        if len(mentions) > MENTIONS_MOST:
            raise TooManyMentions(len(mentions))
        await _demand_mentionable(session, seat, mentions)
    checks.demand()
    return text, mentions


async def _demand_mentionable(session: Session, seat: Seat, mentions: Sequence[UUID]) -> None:
    """They are there, and in a direct channel they are of its people. Raises UnknownPerson."""
    if not mentions:
        return
    found = select(Person.id).where(Person.id.in_(mentions), Person.deleted_at.is_(None))
    if seat.kind is ChannelKind.DIRECT:
        of_it = (ChannelMember.person_id == Person.id, ChannelMember.channel_id == seat.channel.id)
        found = found.where(select(ChannelMember.person_id).where(*of_it).exists())
    there = set((await session.scalars(found)).all())
    for one in mentions:
        if one not in there:
            raise UnknownPerson(one)


async def _is_held(session: Session, seat: Seat, text: str) -> bool:
    """The first message of a person in a public channel that is nothing but links waits for a moderator's look."""
    if seat.kind is ChannelKind.DIRECT or seat.role in MODERATES or not words.is_only_links(text):
        return False
    return await session.scalar(_SHOWN_BEFORE, {"author": seat.person, "channel": seat.channel.id}) == 0


async def _own(session: Session, seat: Seat, message_id: UUID) -> ChatMessage:
    message = await find(session, seat, message_id)
    if message.author_id != seat.person:
        raise NotYourMessage
    return message


_SENT = select(ChatMessage).where(
    ChatMessage.author_id == bindparam("author"), ChatMessage.client_id == bindparam("client")
)
_SHOWN_BEFORE = select(func.count()).where(
    ChatMessage.author_id == bindparam("author"),
    ChatMessage.channel_id == bindparam("channel"),
    ChatMessage.hidden_by.is_(None),
)
