"""People of a channel: muted, banned, made moderators; and whom one lets write to oneself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from veza.accounts import people
from veza.accounts.identity import Identity, actor_of
from veza.accounts.permissions import Permission
from veza.api.chat.shapes import CHANNEL_ID, TALKING
from veza.api.community.playlist_shapes import AT, PERSON_ID
from veza.api.operations import listing, read, write
from veza.api.shapes import show
from veza.chat import moderating, reach, sanctions, seats
from veza.chat.moderating import LONGEST, REASON_MOST, SanctionDraft
from veza.chat.reach import WhoMayWrite
from veza.chat.rules import Act
from veza.chat.sanctions import SanctionKind
from veza.http.errors.kit import BAD_TEXT
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND, REFUSED
from veza.kit.database import Session

TAG = "people of channels"


class SanctionSent(Struct, forbid_unknown_fields=True):
    """Why, and for how many seconds; without them it lasts until it is lifted."""

    reason: Annotated[str, Meta(min_length=1, max_length=REASON_MOST, description="One line; the person reads it.")]
    seconds: Annotated[int, Meta(ge=1, le=int(LONGEST.total_seconds()))] | None = None


class Sanctioned(Struct, frozen=True):
    """Whether the person is muted or banned now."""

    channel_id: UUID
    person_id: UUID
    kind: SanctionKind
    is_in_force: bool


class SanctionResponse(Struct, frozen=True):
    """Who is muted or banned, until when, why and by whom."""

    id: UUID
    person_id: UUID
    name: str
    kind: SanctionKind
    until: datetime | None
    reason: str
    by: str
    created_at: datetime


class Appointed(Struct, frozen=True):
    """Whether the person is a moderator of the channel now."""

    channel_id: UUID
    person_id: UUID
    is_moderator: bool


class ChatSettings(Struct, forbid_unknown_fields=True):
    """Who may open a direct channel with you; `followed` are the people of artists whom you follow."""

    who_may_write: WhoMayWrite


class BlockResponse(Struct, frozen=True):
    """A person whose messages do not arrive."""

    person_id: UUID
    name: str
    since: datetime


class Blocked(Struct, frozen=True):
    """Whether you block the person now."""

    person_id: UUID
    is_blocked: bool


def _sanctioned(kind: str, *, is_in_force: bool) -> dict[str, Any]:
    return {"channel_id": CHANNEL_ID, "person_id": PERSON_ID, "kind": kind, "is_in_force": is_in_force}


_SANCTION_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000024",
    "person_id": PERSON_ID,
    "name": "Mara",
    "kind": "mute",
    "until": AT,
    "reason": "the same link four times",
    "by": actor_of(UUID(PERSON_ID)),
    "created_at": AT,
}
_APPOINTED: dict[str, Any] = {"channel_id": CHANNEL_ID, "person_id": PERSON_ID, "is_moderator": True}


@listing(
    "/channels/{channel_id:uuid}/sanctions",
    operation="listChannelSanctions",
    summary="List who is muted or banned",
    permission=Permission.SAY,
    sorts=sanctions.SORTS,
    gives=(SanctionResponse, "A page.", _SANCTION_EXAMPLE),
    problems=TALKING,
)
async def list_sanctions(
    session: Session, page_request: PageRequest, channel_id: UUID, identity: Identity
) -> Page[SanctionResponse]:
    """For moderators of the channel: what is in force now."""
    page = page_request.of("channel sanctions", {"channel": channel_id})
    await seats.take(session, channel_id, identity, Act.MODERATE)
    rows = await sanctions.listed(session, channel_id, page.slice)
    return page.filled(rows, lambda row: show(SanctionResponse, row, kind=SanctionKind(row.kind)))


@write.put(
    "/channels/{channel_id:uuid}/mutes/{person_id:uuid}",
    operation="mutePerson",
    summary="Mute a person in a channel",
    permission=Permission.SAY,
    body={"reason": "the same link four times", "seconds": 3600},
    gives=(200, Sanctioned, "The person reads, and does not write.", _sanctioned("mute", is_in_force=True)),
    problems=(*TALKING, BAD_TEXT),
)
async def mute_person(
    session: Session, channel_id: UUID, person_id: UUID, data: SanctionSent, identity: Identity
) -> Sanctioned:
    """For moderators of the channel, over people of a lower role; it takes the place of an earlier mute."""
    draft = SanctionDraft(data.reason, data.seconds)
    await moderating.sanction(session, channel_id, person_id, identity, SanctionKind.MUTE, draft)
    return Sanctioned(channel_id, person_id, SanctionKind.MUTE, is_in_force=True)


@write.delete(
    "/channels/{channel_id:uuid}/mutes/{person_id:uuid}",
    operation="unmutePerson",
    summary="Lift a mute",
    permission=Permission.SAY,
    any_body=True,
    gives=(200, Sanctioned, "The person may write again.", _sanctioned("mute", is_in_force=False)),
    problems=TALKING,
)
async def unmute_person(session: Session, channel_id: UUID, person_id: UUID, identity: Identity) -> Sanctioned:
    """For moderators of the channel; nothing changes for a person who is not muted."""
    await moderating.lift(session, channel_id, person_id, identity, SanctionKind.MUTE)
    return Sanctioned(channel_id, person_id, SanctionKind.MUTE, is_in_force=False)


@write.put(
    "/channels/{channel_id:uuid}/bans/{person_id:uuid}",
    operation="banPerson",
    summary="Ban a person from a channel",
    permission=Permission.SAY,
    body={"reason": "threats"},
    gives=(200, Sanctioned, "The person neither reads nor writes.", _sanctioned("ban", is_in_force=True)),
    problems=(*TALKING, BAD_TEXT),
)
async def ban_person(
    session: Session, channel_id: UUID, person_id: UUID, data: SanctionSent, identity: Identity
) -> Sanctioned:
    """For moderators of the channel, over people of a lower role. It holds for the account, and for a new one with the
    same e-mail address."""
    draft = SanctionDraft(data.reason, data.seconds)
    await moderating.sanction(session, channel_id, person_id, identity, SanctionKind.BAN, draft)
    return Sanctioned(channel_id, person_id, SanctionKind.BAN, is_in_force=True)


@write.delete(
    "/channels/{channel_id:uuid}/bans/{person_id:uuid}",
    operation="unbanPerson",
    summary="Lift a ban",
    permission=Permission.SAY,
    any_body=True,
    gives=(200, Sanctioned, "The person may come back.", _sanctioned("ban", is_in_force=False)),
    problems=TALKING,
)
async def unban_person(session: Session, channel_id: UUID, person_id: UUID, identity: Identity) -> Sanctioned:
    """For moderators of the channel; nothing changes for a person who is not banned."""
    await moderating.lift(session, channel_id, person_id, identity, SanctionKind.BAN)
    return Sanctioned(channel_id, person_id, SanctionKind.BAN, is_in_force=False)


@write.put(
    "/channels/{channel_id:uuid}/moderators/{person_id:uuid}",
    operation="appointModerator",
    summary="Make a person a moderator of a channel",
    permission=Permission.SAY,
    any_body=True,
    gives=(200, Appointed, "The person is a moderator of it.", _APPOINTED),
    problems=TALKING,
)
async def appoint_moderator(session: Session, channel_id: UUID, person_id: UUID, identity: Identity) -> Appointed:
    """For the artist's people, and the site's moderators."""
    await moderating.appoint(session, channel_id, person_id, identity, is_moderator=True)
    return Appointed(channel_id, person_id, is_moderator=True)


@write.delete(
    "/channels/{channel_id:uuid}/moderators/{person_id:uuid}",
    operation="dismissModerator",
    summary="Dismiss a moderator of a channel",
    permission=Permission.SAY,
    any_body=True,
    gives=(200, Appointed, "The person is none.", {**_APPOINTED, "is_moderator": False}),
    problems=TALKING,
)
async def dismiss_moderator(session: Session, channel_id: UUID, person_id: UUID, identity: Identity) -> Appointed:
    """For the artist's people, and the site's moderators."""
    await moderating.appoint(session, channel_id, person_id, identity, is_moderator=False)
    return Appointed(channel_id, person_id, is_moderator=False)


@read(
    "/me/chat-settings",
    operation="showChatSettings",
    summary="Show who may write to you",
    permission=Permission.OWN_ACCOUNT,
    gives=(ChatSettings, "Your choice.", {"who_may_write": "everybody"}),
)
async def show_chat_settings(session: Session, identity: Identity) -> ChatSettings:
    """Who may open a direct channel with you. Its `ETag` is what `If-Match` takes."""
    return await _settings(session, identity)


async def _settings_to_edit(session: Session, identity: Identity) -> ChatSettings:
    await people.hold(session, identity.person)
    return await _settings(session, identity)


@write.put(
    "/me/chat-settings",
    operation="chooseChatSettings",
    summary="Choose who may write to you",
    permission=Permission.LISTEN,
    edits=_settings_to_edit,
    body={"who_may_write": "followed"},
    gives=(200, ChatSettings, "Your choice.", {"who_may_write": "followed"}),
    problems=(NOT_FOUND,),
)
async def choose_chat_settings(session: Session, data: ChatSettings, identity: Identity) -> ChatSettings:
    """It holds for channels that are opened from now on: leave one that is open, or block a person."""
    await reach.choose(session, identity.person, data.who_may_write)
    return data


@listing(
    "/me/blocks",
    operation="listBlocks",
    summary="List whom you block",
    permission=Permission.LISTEN,
    sorts=reach.SORTS,
    gives=(BlockResponse, "A page.", {"person_id": PERSON_ID, "name": "Mara", "since": AT}),
)
async def list_blocks(session: Session, page_request: PageRequest, identity: Identity) -> Page[BlockResponse]:
    """People whose messages do not arrive."""
    page = page_request.of("blocks", {"person": identity.person})
    rows = await reach.blocked_by(session, identity.person, page.slice)
    return page.filled(rows, lambda row: show(BlockResponse, row))


@write.put(
    "/me/blocks/{person_id:uuid}",
    operation="blockPerson",
    summary="Block a person",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, Blocked, "You block the person.", {"person_id": PERSON_ID, "is_blocked": True}),
    problems=(NOT_FOUND, REFUSED),
)
async def block_person(session: Session, person_id: UUID, identity: Identity) -> Blocked:
    """What they write does not arrive any more, and they open no direct channel with you. They are not told."""
    await reach.block(session, identity.person, person_id)
    return Blocked(person_id, is_blocked=True)


@write.delete(
    "/me/blocks/{person_id:uuid}",
    operation="unblockPerson",
    summary="Block a person no longer",
    permission=Permission.LISTEN,
    any_body=True,
    gives=(200, Blocked, "You do not block the person.", {"person_id": PERSON_ID, "is_blocked": False}),
    problems=(NOT_FOUND,),
)
async def unblock_person(session: Session, person_id: UUID, identity: Identity) -> Blocked:
    """What they wrote and write arrives again."""
    await reach.unblock(session, identity.person, person_id)
    return Blocked(person_id, is_blocked=False)


async def _settings(session: Session, identity: Identity) -> ChatSettings:
    return ChatSettings(await reach.choice_of(session, identity.person))
