"""Channels: one's own, those of artists and releases, direct ones; what is read, and the time between messages."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.chat.shapes import (
    CHANNEL_EXAMPLE,
    CHANNEL_ID,
    DIRECT_EXAMPLE,
    EVENT_EXAMPLE,
    SEATED,
    TALKING,
    ChannelEventResponse,
    ChannelResponse,
    Count,
    channel_response,
    event_response,
)
from veza.api.community.playlist_shapes import ARTIST_ID, PERSON_ID
from veza.api.operations import listing, read, write
from veza.chat import channels, direct, history, moderating, reading, seats
from veza.chat.direct import PARTIES_MOST
from veza.chat.messages import SLOWEST
from veza.chat.rules import Act, ChannelKind
from veza.http.errors.accounts import NOT_CONFIRMED
from veza.http.errors.chat import NOT_REACHABLE
from veza.http.paging import LARGEST, Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

TAG = "channels"


class ChannelWanted(Struct, forbid_unknown_fields=True):
    """Whose channel: the site's, or that of an artist or a release with this id. Direct ones have an address of their
    own."""

    kind: ChannelKind
    subject_id: UUID | None = None


class DirectWanted(Struct, forbid_unknown_fields=True):
    """The others; you are in it yourself."""

    person_ids: Annotated[list[UUID], Meta(min_length=1, max_length=PARTIES_MOST)]


class ReadMark(Struct, forbid_unknown_fields=True):
    """The number of the last message that was read."""

    number: Count


class SlowMode(Struct, forbid_unknown_fields=True):
    """Seconds between two messages of one person; 0 ends it."""

    seconds: Annotated[int, Meta(ge=0, le=int(SLOWEST.total_seconds()))]


class ChannelLeft(Struct, frozen=True):
    """The channel that is no longer in your list."""

    id: UUID


@listing(
    "/channels",
    operation="listChannels",
    summary="List your channels",
    permission=Permission.LISTEN,
    sorts=reading.SORTS,
    gives=(ChannelResponse, "A page, the newest message first.", CHANNEL_EXAMPLE),
)
async def list_channels(
    session: Session,
    page_request: PageRequest,
    identity: Identity,
    kind: Annotated[ChannelKind | None, QueryParameter(description="Only of this kind.")] = None,
) -> Page[ChannelResponse]:
    """The channels that you opened or wrote in, with what you have not read. Those of what is not public any more are
    left out."""
    page = page_request.of("channels", {"person": identity.person, "kind": kind})
    rows = await reading.mine(session, identity.person, page.slice, kind=kind)
    return page.filled(rows, channel_response)


@write.post(
    "/channels",
    operation="openChannel",
    summary="Open a channel of the site, an artist or a release",
    permission=Permission.LISTEN,
    body={"kind": "artist", "subject_id": ARTIST_ID},
    gives=(200, ChannelResponse, "The channel, in your list.", CHANNEL_EXAMPLE),
    problems=SEATED,
)
async def open_channel(session: Session, data: ChannelWanted, identity: Identity) -> ChannelResponse:
    """Finds the channel, which is made when it is first opened, and puts it into your list. Opening twice is opening
    once."""
    row = await channels.open_public(session, data.kind, data.subject_id)
    await seats.take(session, row.id, identity, Act.READ)
    await channels.join(session, row.id, identity.person)
    return channel_response(await reading.shown(session, row.id, identity.person_id))


@write.post(
    "/channels/direct",
    operation="openDirectChannel",
    summary="Open a direct channel",
    permission=Permission.SAY,
    body={"person_ids": [PERSON_ID]},
    gives=(200, ChannelResponse, "The channel of these people.", DIRECT_EXAMPLE),
    spends=lambda identity: (direct.OPENING.of(identity.person),),
    problems=(NOT_CONFIRMED, NOT_FOUND, NOT_REACHABLE),
)
async def open_direct_channel(session: Session, data: DirectWanted, identity: Identity) -> ChannelResponse:
    """The one channel of two to eight people. Each of the others has chosen who may write to them
    (`/me/chat-settings`); a channel that is open already stays open."""
    row = await direct.open_direct(session, identity.person, data.person_ids)
    return channel_response(await reading.shown(session, row.id, identity.person_id))


@read(
    "/channels/{channel_id:uuid}",
    operation="showChannel",
    summary="Show a channel",
    permission=Permission.BROWSE,
    gives=(ChannelResponse, "The channel.", CHANNEL_EXAMPLE),
    problems=SEATED,
)
async def show_channel(session: Session, channel_id: UUID, identity: Identity) -> ChannelResponse:
    """One channel, with what you have not read of it."""
    await seats.take(session, channel_id, identity, Act.READ)
    return channel_response(await reading.shown(session, channel_id, identity.person_id))


@listing(
    "/channels/{channel_id:uuid}/events",
    operation="listChannelEvents",
    summary="List what happened in a channel",
    permission=Permission.BROWSE,
    sorts=history.EVENT_SORTS,
    gives=(ChannelEventResponse, "A page, in the order it happened.", EVENT_EXAMPLE),
    problems=SEATED,
)
async def list_channel_events(
    session: Session,
    page_request: PageRequest,
    channel_id: UUID,
    identity: Identity,
    after: Annotated[int, QueryParameter(ge=0, le=LARGEST, description="The last `sequence` you know.")] = 0,
) -> Page[ChannelEventResponse]:
    """Everything after a sequence, so that a reader who was away catches up: messages, edits, deletions, reactions. An
    event of a person whom you block is left out."""
    page = page_request.of("channel events", {"channel": channel_id, "after": after})
    seat = await seats.take(session, channel_id, identity, Act.READ)
    rows = await history.events(session, seat, page.slice, after=after)
    return page.filled(rows, event_response)


@write.put(
    "/channels/{channel_id:uuid}/read-mark",
    operation="markChannelRead",
    summary="Mark messages as read",
    permission=Permission.LISTEN,
    body={"number": 12},
    gives=(200, ChannelResponse, "The channel with what is unread now.", CHANNEL_EXAMPLE),
    problems=SEATED,
)
async def mark_channel_read(session: Session, channel_id: UUID, data: ReadMark, identity: Identity) -> ChannelResponse:
    """Everything up to this number is read, on all your devices. A mark goes only forward."""
    seat = await seats.take(session, channel_id, identity, Act.READ)
    await reading.mark_read(session, seat, data.number)
    return channel_response(await reading.shown(session, channel_id, identity.person_id))


@write.delete(
    "/channels/{channel_id:uuid}/membership",
    operation="leaveChannel",
    summary="Leave a channel",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, ChannelLeft, "It is no longer in your list.", {"id": CHANNEL_ID}),
    problems=SEATED,
)
async def leave_channel(session: Session, channel_id: UUID, identity: Identity) -> ChannelLeft:
    """Takes the channel from your list. A direct channel that you left you read no more, until it is opened again."""
    await seats.take(session, channel_id, identity, Act.READ)
    await channels.leave(session, channel_id, identity.person)
    return ChannelLeft(channel_id)


_SLOWED: dict[str, Any] = {**CHANNEL_EXAMPLE, "slow_seconds": 30}


@write.put(
    "/channels/{channel_id:uuid}/slow-mode",
    operation="slowChannelDown",
    summary="Slow a channel down",
    permission=Permission.SAY,
    body={"seconds": 30},
    gives=(200, ChannelResponse, "The channel.", _SLOWED),
    problems=TALKING,
)
async def slow_channel_down(session: Session, channel_id: UUID, data: SlowMode, identity: Identity) -> ChannelResponse:
    """For moderators of the channel: a person may post one message in so many seconds."""
    await moderating.slow_down(session, channel_id, identity, data.seconds)
    return channel_response(await reading.shown(session, channel_id, identity.person_id))
