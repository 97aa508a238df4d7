"""Messages of a channel: read, post, correct, take back, react, hide."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.chat.shapes import (
    CLIENT_ID,
    MESSAGE_EXAMPLE,
    SEATED,
    TALKING,
    Emoji,
    MessageEdit,
    MessageResponse,
    MessageSent,
    message_response,
)
from veza.api.community.playlist_shapes import AT
from veza.api.operations import listing, read, write
from veza.chat import history, messages, moderating, reactions, seats
from veza.chat.messages import MessageDraft
from veza.chat.rules import Act
from veza.http.errors.kit import BAD_TEXT
from veza.http.paging import LARGEST, Page, PageRequest
from veza.http.problems import CONFLICT, REFUSED
from veza.kit.database import Session

TAG = "messages"

BeforeSequence = Annotated[
    int | None, QueryParameter(ge=0, le=LARGEST, description="Only messages whose `event_sequence` is below this.")
]
AfterSequence = Annotated[
    int | None, QueryParameter(ge=0, le=LARGEST, description="Only messages whose `event_sequence` is above this.")
]
SearchText = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=100,
        description="Only messages with this in them, in any case, with accents or without.",
    ),
]


class ReactionSent(Struct, forbid_unknown_fields=True):
    """Give the emoji, or take it back."""

    emoji: Emoji
    is_given: bool = True


@listing(
    "/channels/{channel_id:uuid}/messages",
    operation="listMessages",
    summary="List a channel's messages",
    permission=Permission.BROWSE,
    sorts=history.SORTS,
    gives=(MessageResponse, "A page.", MESSAGE_EXAMPLE),
    problems=SEATED,
)
async def list_messages(
    session: Session,
    page_request: PageRequest,
    channel_id: UUID,
    identity: Identity,
    before: BeforeSequence = None,
    after: AfterSequence = None,
    text: SearchText = None,
) -> Page[MessageResponse]:
    """The newest first unless told otherwise, each as it is now. A search looks at the newest 10,000. What a person
    wrote whom you block is left out."""
    filters = {"channel": channel_id, "before": before, "after": after, "text": text}
    page = page_request.of("messages", filters)
    seat = await seats.take(session, channel_id, identity, Act.READ)
    rows = await history.listed(session, seat, page.slice, before=before, after=after, text=text)
    return page.filled(rows, message_response)


@write.post(
    "/channels/{channel_id:uuid}/messages",
    operation="postMessage",
    summary="Post a message",
    permission=Permission.SAY,
    body={"text": "Who is at the concert tonight?", "client_id": CLIENT_ID},
    gives=(201, MessageResponse, "The message.", MESSAGE_EXAMPLE),
    spends=lambda channel_id, identity: messages.allowances(channel_id, identity.person),
    problems=(*TALKING, BAD_TEXT, CONFLICT),
)
async def post_message(session: Session, channel_id: UUID, data: MessageSent, identity: Identity) -> MessageResponse:
    """Says something in the channel: eight messages at once, then one every two seconds, or as slow mode says. A first
    message that is nothing but links is held until a moderator of the channel shows it (`is_hidden`)."""
    draft = MessageDraft(data.text, data.client_id, data.reply_to, data.mentions)
    row = await messages.post(session, channel_id, identity, draft)
    return await _shown(session, channel_id, row.id, identity)


@read(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}",
    operation="showMessage",
    summary="Show a message",
    permission=Permission.BROWSE,
    gives=(MessageResponse, "The message.", MESSAGE_EXAMPLE),
    problems=SEATED,
)
async def show_message(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> MessageResponse:
    """One message as it is now. Its `ETag` is what `If-Match` takes."""
    return await _shown(session, channel_id, message_id, identity)


async def _message_to_edit(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> MessageResponse:
    await seats.take(session, channel_id, identity, Act.READ, lock=True)
    return await _shown(session, channel_id, message_id, identity)


@write.patch(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}",
    operation="editMessage",
    summary="Correct a message",
    permission=Permission.SAY,
    edits=_message_to_edit,
    body={"text": "Who is at the concert tonight, and where do we meet?"},
    gives=(200, MessageResponse, "The message as it is now.", {**MESSAGE_EXAMPLE, "edited_at": AT}),
    spends=lambda channel_id, identity: messages.allowances(channel_id, identity.person),
    problems=(*TALKING, BAD_TEXT),
)
async def edit_message(
    session: Session, channel_id: UUID, message_id: UUID, data: MessageEdit, identity: Identity
) -> MessageResponse:
    """Its author corrects it; it then shows that it was edited."""
    await messages.edit(session, channel_id, message_id, identity, data.text)
    return await _shown(session, channel_id, message_id, identity)


@write.delete(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}",
    operation="deleteMessage",
    summary="Take a message back",
    permission=Permission.SAY,
    edits=_message_to_edit,
    any_body=True,
    gives=(200, MessageResponse, "Its empty place.", {**MESSAGE_EXAMPLE, "text": "", "is_deleted": True}),
    problems=SEATED,
)
async def delete_message(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> MessageResponse:
    """Its author takes it back at any time: the text is gone for good, an empty place stays."""
    await messages.remove(session, channel_id, message_id, identity)
    return await _shown(session, channel_id, message_id, identity)


@write.put(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}/reactions",
    operation="reactToMessage",
    summary="React to a message",
    permission=Permission.SAY,
    body={"emoji": "🎵"},
    gives=(200, MessageResponse, "The message with its reactions.", MESSAGE_EXAMPLE),
    spends=lambda identity: (reactions.REACTING.of(identity.person),),
    problems=(*TALKING, REFUSED),
)
async def react_to_message(
    session: Session, channel_id: UUID, message_id: UUID, data: ReactionSent, identity: Identity
) -> MessageResponse:
    """Gives an emoji, or takes it back with `is_given: false`; twice is once. A message has at most twenty different
    ones."""
    await reactions.react(session, channel_id, message_id, identity, data.emoji, is_given=data.is_given)
    return await _shown(session, channel_id, message_id, identity)


@write.put(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}/hidden",
    operation="hideMessage",
    summary="Hide a message",
    permission=Permission.SAY,
    edits=_message_to_edit,
    any_body=True,
    gives=(200, MessageResponse, "It is hidden.", {**MESSAGE_EXAMPLE, "is_hidden": True}),
    problems=TALKING,
)
async def hide_message(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> MessageResponse:
    """For moderators of the channel: its text is for them and its author alone from now on."""
    await moderating.hide(session, channel_id, message_id, identity)
    return await _shown(session, channel_id, message_id, identity)


@write.delete(
    "/channels/{channel_id:uuid}/messages/{message_id:uuid}/hidden",
    operation="showMessageAgain",
    summary="Show a message again",
    permission=Permission.SAY,
    edits=_message_to_edit,
    any_body=True,
    gives=(200, MessageResponse, "It is shown.", MESSAGE_EXAMPLE),
    problems=TALKING,
)
async def show_message_again(
    session: Session, channel_id: UUID, message_id: UUID, identity: Identity
) -> MessageResponse:
    """For moderators of the channel: shows what they hid, or what is held; what a moderator of the site hid stays
    hidden."""
    await moderating.show_again(session, channel_id, message_id, identity)
    return await _shown(session, channel_id, message_id, identity)


async def _shown(session: Session, channel_id: UUID, message_id: UUID, identity: Identity) -> MessageResponse:
    seat = await seats.take(session, channel_id, identity, Act.READ)
    return message_response(await history.shown(session, seat, message_id))
