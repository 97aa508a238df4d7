"""What channels, their messages and events look like at this door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.api.community.playlist_shapes import ARTIST_ID, AT, PERSON_ID
from veza.api.shapes import show
from veza.chat.history import ShownEvent, ShownMessage
from veza.chat.journal import EventKind
from veza.chat.messages import MENTIONS_MOST
from veza.chat.reading import ShownChannel
from veza.chat.rules import ChannelKind
from veza.chat.words import EMOJI_MOST, TEXT_MOST
from veza.http.errors.accounts import NOT_CONFIRMED
from veza.http.errors.chat import BANNED, MUTED, NOT_REACHABLE
from veza.http.problems import NOT_FOUND

CHANNEL_ID = "01890000-0000-7000-8000-000000000021"
MESSAGE_ID = "01890000-0000-7000-8000-000000000022"
CLIENT_ID = "01890000-0000-7000-8000-000000000023"
COUNT_MOST = 2**53
"""The largest whole number that every JSON reader keeps."""

SEATED = (NOT_FOUND, BANNED)
"""What every operation in a channel may answer."""
TALKING = (*SEATED, MUTED, NOT_CONFIRMED, NOT_REACHABLE)
"""What one that writes there may answer as well."""

Said = Annotated[
    str,
    Meta(
        min_length=1,
        # Unicode may compose several code points to one character: the text is counted after that.
        max_length=2 * TEXT_MOST,
        description=f"Plain text, 1 to {TEXT_MOST} characters once it is normalised (NFC); line breaks are kept.",
    ),
]
Emoji = Annotated[str, Meta(min_length=1, max_length=EMOJI_MOST, description="One emoji.")]
Count = Annotated[int, Meta(ge=0, le=COUNT_MOST)]


class MessageSent(Struct, forbid_unknown_fields=True):
    """What to say. The same `client_id` again is the same message, also under another idempotency key."""

    text: Said
    client_id: UUID | None = None
    reply_to: UUID | None = None
    mentions: Annotated[list[UUID], Meta(max_length=MENTIONS_MOST, description="People whom the text names.")] = []


class MessageEdit(Struct, forbid_unknown_fields=True):
    """The corrected text."""

    text: Said


class Reaction(Struct, frozen=True):
    """How many people gave this emoji, and whether you did."""

    emoji: str
    count: int
    is_mine: bool


class MessageResponse(Struct, frozen=True):
    """A message as you see it; a deleted or hidden one keeps its place without text. `number` counts the channel's
    messages, `event_sequence` everything that happens in it."""

    id: UUID
    channel_id: UUID
    event_sequence: int
    number: int
    author_id: UUID | None
    author: str
    client_id: UUID
    text: str
    reply_to: UUID | None
    mentions: list[UUID]
    reactions: list[Reaction]
    is_deleted: bool
    is_hidden: bool
    created_at: datetime
    edited_at: datetime | None


class ChannelEventResponse(Struct, frozen=True):
    """What happened, with its message as that is now. `slow` tells of the channel's slow mode; after `erase` read the
    messages again: those of one person have become empty."""

    sequence: int
    kind: EventKind
    at: datetime
    message: MessageResponse | None
    slow_seconds: int


class PartyResponse(Struct, frozen=True):
    """A person of a direct channel."""

    person_id: UUID
    name: str


class ChannelResponse(Struct, frozen=True):
    """A channel. `title` is the artist's name or the release's title; `last_read_number` is null where the channel is
    not in your list; `unread` counts among the newest thousand messages."""

    id: UUID
    kind: ChannelKind
    subject_id: UUID | None
    title: str
    parties: list[PartyResponse]
    event_sequence: int
    message_number: int
    last_read_number: int | None
    unread: int
    slow_seconds: int
    last_message_at: datetime


def channel_response(row: ShownChannel) -> ChannelResponse:
    parties = [show(PartyResponse, one) for one in row.parties]
    return show(ChannelResponse, row, kind=ChannelKind(row.kind), parties=parties)


def message_response(row: ShownMessage) -> MessageResponse:
    reactions = [show(Reaction, one) for one in row.reactions]
    return show(MessageResponse, row, mentions=[*row.mentions], reactions=reactions)


def event_response(row: ShownEvent) -> ChannelEventResponse:
    return show(ChannelEventResponse, row, message=message_response(row.message) if row.message is not None else None)


MESSAGE_EXAMPLE: dict[str, Any] = {
    "id": MESSAGE_ID,
    "channel_id": CHANNEL_ID,
    "event_sequence": 41,
    "number": 12,
    "author_id": PERSON_ID,
    "author": "Mara",
    "client_id": CLIENT_ID,
    "text": "Who is at the concert tonight?",
    "reply_to": None,
    "mentions": [],
    "reactions": [{"emoji": "🎵", "count": 3, "is_mine": False}],
    "is_deleted": False,
    "is_hidden": False,
    "created_at": AT,
    "edited_at": None,
}
EVENT_EXAMPLE: dict[str, Any] = {
    "sequence": 42, "kind": "react", "at": AT, "message": MESSAGE_EXAMPLE, "slow_seconds": 0,
}  # fmt: skip
CHANNEL_EXAMPLE: dict[str, Any] = {
    "id": CHANNEL_ID,
    "kind": "artist",
    "subject_id": ARTIST_ID,
    "title": "Anna",
    "parties": [],
    "event_sequence": 42,
    "message_number": 12,
    "last_read_number": 10,
    "unread": 2,
    "slow_seconds": 0,
    "last_message_at": AT,
}
DIRECT_EXAMPLE = {
    **CHANNEL_EXAMPLE, "kind": "direct", "subject_id": None, "title": "",
    "parties": [{"person_id": PERSON_ID, "name": "Mara"}],
}  # fmt: skip
