"""Comments: say something at a moment of a track, read what others said, correct it, take it back, hide it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.community.follows import CountedIds
from veza.api.community.playlist_shapes import AT, PERSON_ID, TRACK_ID
from veza.api.operations import listing, read, write
from veza.api.shapes import show
from veza.catalog import visibility
from veza.community import comment_lists, comments
from veza.community.comments import LONGEST_TRACK, TEXT_MOST
from veza.http.errors.accounts import NOT_CONFIRMED
from veza.http.errors.community import BAD_MOMENT, TOO_LATE_TO_EDIT
from veza.http.errors.kit import BAD_TEXT
from veza.http.paging import Page, PageRequest
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session

TAG = "comments"
COMMENT_ID = "01890000-0000-7000-8000-000000000010"

Said = Annotated[
    str, Meta(min_length=1, max_length=TEXT_MOST, description="Plain text; line breaks are kept, markup is not read.")
]
Moment = Annotated[
    int,
    Meta(ge=0, le=int(LONGEST_TRACK.total_seconds()) * 1000, description="Milliseconds from the track's beginning."),
]


class CommentDraft(Struct, forbid_unknown_fields=True):
    """What to say, and where in the track; a reply stands at the moment of what it replies to."""

    track_id: UUID
    text: Said
    at_ms: Moment = 0
    reply_to: UUID | None = None


class CommentEdit(Struct, forbid_unknown_fields=True):
    """The corrected text."""

    text: Said


class CommentResponse(Struct, frozen=True):
    """A comment; a deleted one keeps its place without text where others replied, or where the account is gone."""

    id: UUID
    track_id: UUID
    parent_id: UUID | None
    person_id: UUID | None
    author: str
    at_ms: int
    text: str
    is_deleted: bool
    is_hidden: bool
    created_at: datetime
    edited_at: datetime | None


class CommentGone(Struct, frozen=True):
    """The comment that was taken back."""

    id: UUID


class CommentCount(Struct, frozen=True):
    """How many comments and replies a track has."""

    id: UUID
    count: int


class CommentCounts(Struct, frozen=True):
    """One count for each track that was asked for, in that order."""

    items: list[CommentCount]


COMMENT_EXAMPLE: dict[str, Any] = {
    "id": COMMENT_ID,
    "track_id": TRACK_ID,
    "parent_id": None,
    "person_id": PERSON_ID,
    "author": "Mara",
    "at_ms": 61_500,
    "text": "This turn!",
    "is_deleted": False,
    "is_hidden": False,
    "created_at": AT,
    "edited_at": None,
}


@write.post(
    "/comments",
    operation="writeComment",
    summary="Comment on a track",
    permission=Permission.SAY,
    body={"track_id": TRACK_ID, "at_ms": 61_500, "text": "This turn!"},
    gives=(201, CommentResponse, "The comment.", COMMENT_EXAMPLE),
    spends=lambda identity: (comments.COMMENTING.of(identity.person),),
    problems=(NOT_CONFIRMED, NOT_FOUND, BAD_TEXT, BAD_MOMENT),
)
async def write_comment(session: Session, data: CommentDraft, identity: Identity) -> CommentResponse:
    """Says something at a moment of a track, or replies to what was said. Takes a confirmed e-mail address; at most
    ten at once and then ten a minute: `Retry-After` says how long to wait."""
    row = await comments.write(session, identity.person, data.track_id, data.at_ms, data.text, reply_to=data.reply_to)
    return show(CommentResponse, await comment_lists.shown(session, row.id))


@listing(
    "/comments",
    operation="listComments",
    summary="List a track's comments",
    permission=Permission.BROWSE,
    sorts=comment_lists.SORTS,
    gives=(CommentResponse, "A page.", COMMENT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def list_comments(
    session: Session, page_request: PageRequest, track: Annotated[UUID, QueryParameter(description="The track.")]
) -> Page[CommentResponse]:
    """What people said about a track, replies among them: `parent_id` says to what. Hidden ones are left out, with
    the replies to them."""
    page = page_request.of("comments", {"track": track})
    await visibility.must_be_visible(session, "track", track)
    rows = await comment_lists.of_track(session, track, page.slice)
    return page.filled(rows, lambda row: show(CommentResponse, row))


@read(
    "/comment-counts",
    operation="countComments",
    summary="Count comments",
    permission=Permission.BROWSE,
    gives=(CommentCounts, "One count for each track.", {"items": [{"id": TRACK_ID, "count": 12}]}),
)
async def count_comments(session: Session, asked: CountedIds) -> CommentCounts:
    """How many comments and replies each of these tracks has; 0 for one that is not there."""
    found = await comments.counts(session, asked)
    return CommentCounts([CommentCount(one, found[one]) for one in asked])


@read(
    "/comments/{comment_id:uuid}",
    operation="showComment",
    summary="Show a comment",
    permission=Permission.BROWSE,
    gives=(CommentResponse, "The comment.", COMMENT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_comment(session: Session, comment_id: UUID, identity: Identity) -> CommentResponse:
    """One comment or reply; its author and the artist's people see it where it is hidden, too. Its `ETag` is what
    `If-Match` takes."""
    await comments.seen(session, comment_id, identity.person_id)
    return show(CommentResponse, await comment_lists.shown(session, comment_id))


async def _comment_to_edit(session: Session, comment_id: UUID, identity: Identity) -> CommentResponse:
    await comments.seen(session, comment_id, identity.person_id, lock=True)
    return show(CommentResponse, await comment_lists.shown(session, comment_id))


@write.patch(
    "/comments/{comment_id:uuid}",
    operation="editComment",
    summary="Correct a comment",
    permission=Permission.SAY,
    edits=_comment_to_edit,
    body={"text": "This turn at 1:01!"},
    gives=(200, CommentResponse, "The comment as it is now.", {**COMMENT_EXAMPLE, "edited_at": AT}),
    problems=(NOT_FOUND, BAD_TEXT, TOO_LATE_TO_EDIT),
)
async def edit_comment(session: Session, comment_id: UUID, data: CommentEdit, identity: Identity) -> CommentResponse:
    """Its author may correct it for fifteen minutes; it then shows that it was edited."""
    await comments.edit(session, comment_id, identity.person, data.text)
    return show(CommentResponse, await comment_lists.shown(session, comment_id))


@write.delete(
    "/comments/{comment_id:uuid}",
    operation="deleteComment",
    summary="Take a comment back",
    permission=Permission.SAY,
    edits=_comment_to_edit,
    any_body=True,
    gives=(200, CommentGone, "It is gone.", {"id": COMMENT_ID}),
    problems=(NOT_FOUND,),
)
async def delete_comment(session: Session, comment_id: UUID, identity: Identity) -> CommentGone:
    """Its author takes it back at any time; where others replied, an empty place stays."""
    await comments.remove(session, comment_id, identity.person)
    return CommentGone(comment_id)


@write.put(
    "/comments/{comment_id:uuid}/hidden",
    operation="hideComment",
    summary="Hide a comment on one's own track",
    permission=Permission.SAY,
    edits=_comment_to_edit,
    any_body=True,
    gives=(200, CommentResponse, "It is hidden.", {**COMMENT_EXAMPLE, "is_hidden": True}),
    problems=(NOT_FOUND,),
)
async def hide_comment(session: Session, comment_id: UUID, identity: Identity) -> CommentResponse:
    """The artist's people hide a comment and the replies to it; it is not deleted."""
    await comments.hide(session, comment_id, identity.person)
    return show(CommentResponse, await comment_lists.shown(session, comment_id))


@write.delete(
    "/comments/{comment_id:uuid}/hidden",
    operation="showCommentAgain",
    summary="Show a comment again",
    permission=Permission.SAY,
    edits=_comment_to_edit,
    any_body=True,
    gives=(200, CommentResponse, "It is shown.", COMMENT_EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_comment_again(session: Session, comment_id: UUID, identity: Identity) -> CommentResponse:
    """The artist's people show again what they hid; what a moderator hid stays hidden."""
    await comments.show_again(session, comment_id, identity.person)
    return show(CommentResponse, await comment_lists.shown(session, comment_id))
