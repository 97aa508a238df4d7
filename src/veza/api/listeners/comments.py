"""Comments: say something at a moment of a track, read what others said, correct it, take it back, hide it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, QueryParameter
from msgspec import Meta, Struct

from veza.accounts.permissions import Permission
from veza.api.accounts.problems import NOT_CONFIRMED
from veza.api.editing import editing
from veza.api.idempotency import IDEMPOTENT_DEPENDENCY, Idempotent, Reply
from veza.api.listeners.follows import AskedIds
from veza.api.listeners.playlist_shapes import AT, PERSON_ID, TRACK_ID
from veza.api.listeners.problems import BAD_MOMENT, BAD_TEXT, TOO_LATE_TO_EDIT
from veza.api.pagination import Page, PageRequest, paged
from veza.api.problems import FORBIDDEN, NOT_FOUND, RATE_LIMITED
from veza.api.shapes import EDIT_PROBLEMS, LIST_PROBLEMS, WRITE_PROBLEMS, answers, page_of, show
from veza.api.visitors import ANY_BODY, Visitor, needs
from veza.catalog import visibility
from veza.community import comment_lists, comments
from veza.community.comments import LONGEST_TRACK, TEXT_MOST
from veza.kit.database import Database, Session

TAG = "comments"
COMMENT_ID = "01890000-0000-7000-8000-000000000010"
BODYLESS = {**needs(Permission.SAY), ANY_BODY: True}

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


WANTED_EXAMPLE = {"track_id": TRACK_ID, "at_ms": 61_500, "text": "This turn!"}
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


@post(
    "/comments",
    operation_id="writeComment",
    tags=[TAG],
    summary="Comment on a track",
    opt=needs(Permission.SAY),
    dependencies=IDEMPOTENT_DEPENDENCY,
    responses=answers(
        201, CommentResponse, "The comment.", COMMENT_EXAMPLE,
        FORBIDDEN, NOT_CONFIRMED, NOT_FOUND, BAD_TEXT, BAD_MOMENT, RATE_LIMITED, *WRITE_PROBLEMS,
    ),
)  # fmt: skip
async def write_comment(
    data: Annotated[
        CommentDraft,
        BodyKwarg(examples=[Example(value={"track_id": TRACK_ID, "at_ms": 61_500, "text": "This turn!"})]),
    ],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[CommentResponse]:
    """Says something at a moment of a track, or replies to what was said. Takes a confirmed e-mail address; at most
    ten at once and then ten a minute: `Retry-After` says how long to wait."""

    async def work(session: Session) -> Reply:
        row = await comments.write(
            session, visitor.person, data.track_id, data.at_ms, data.text, reply_to=data.reply_to
        )
        return Reply(201, show(CommentResponse, await comment_lists.shown(session, row.id)))

    return await idempotent.run(work, comments.COMMENTING.of(visitor.person))


@get(
    "/comments",
    operation_id="listComments",
    tags=[TAG],
    summary="List a track's comments",
    opt=needs(Permission.BROWSE),
    dependencies=paged(comment_lists.SORTS),
    responses=answers(
        200, Page[CommentResponse], "A page.", page_of(COMMENT_EXAMPLE), FORBIDDEN, NOT_FOUND, *LIST_PROBLEMS
    ),
)
async def list_comments(
    page_request: NamedDependency[PageRequest],
    database: NamedDependency[Database],
    track: Annotated[UUID, QueryParameter(description="The track.")],
) -> Page[CommentResponse]:
    """What people said about a track, replies among them: `parent_id` says to what. Hidden ones are left out, with
    the replies to them."""
    part = page_request.of("comments", {"track": track})
    async with database.read() as session:
        await visibility.must_be_visible(session, "track", track)
        rows = await comment_lists.of_track(session, track, part.slice)
    return part.page(rows, lambda row: show(CommentResponse, row))


@get(
    "/comment-counts",
    operation_id="countComments",
    tags=[TAG],
    summary="Count comments",
    opt=needs(Permission.BROWSE),
    responses=answers(
        200, CommentCounts, "One count for each track.", {"items": [{"id": TRACK_ID, "count": 12}]}, FORBIDDEN,
    ),
)  # fmt: skip
async def count_comments(asked: AskedIds, database: NamedDependency[Database]) -> CommentCounts:
    """How many comments and replies each of these tracks has; 0 for one that is not there."""
    async with database.read() as session:
        found = await comments.counts(session, asked)
    return CommentCounts([CommentCount(one, found[one]) for one in asked])


@get(
    "/comments/{comment_id:uuid}",
    operation_id="showComment",
    tags=[TAG],
    summary="Show a comment",
    opt=needs(Permission.BROWSE),
    responses=answers(200, CommentResponse, "The comment.", COMMENT_EXAMPLE, FORBIDDEN, NOT_FOUND),
)
async def show_comment(
    comment_id: FromPath[UUID], visitor: NamedDependency[Visitor], database: NamedDependency[Database]
) -> CommentResponse:
    """One comment or reply; its author and the artist's people see it where it is hidden, too. Its `ETag` is what
    `If-Match` takes."""
    async with database.read() as session:
        await comments.seen(session, comment_id, visitor.person_id)
        return show(CommentResponse, await comment_lists.shown(session, comment_id))


async def _comment_to_edit(session: Session, path: Mapping[str, Any], visitor: Visitor) -> CommentResponse:
    await comments.seen(session, path["comment_id"], visitor.person_id, lock=True)
    return show(CommentResponse, await comment_lists.shown(session, path["comment_id"]))


@patch(
    "/comments/{comment_id:uuid}",
    operation_id="editComment",
    tags=[TAG],
    summary="Correct a comment",
    opt=needs(Permission.SAY),
    dependencies=editing(_comment_to_edit),
    responses=answers(
        200, CommentResponse, "The comment as it is now.", {**COMMENT_EXAMPLE, "edited_at": AT},
        FORBIDDEN, NOT_FOUND, BAD_TEXT, TOO_LATE_TO_EDIT, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def edit_comment(
    comment_id: FromPath[UUID],
    data: Annotated[CommentEdit, BodyKwarg(examples=[Example(value={"text": "This turn at 1:01!"})])],
    idempotent: NamedDependency[Idempotent],
    visitor: NamedDependency[Visitor],
) -> Response[CommentResponse]:
    """Its author may correct it for fifteen minutes; it then shows that it was edited."""

    async def work(session: Session) -> Reply:
        await comments.edit(session, comment_id, visitor.person, data.text)
        return Reply(200, show(CommentResponse, await comment_lists.shown(session, comment_id)))

    return await idempotent.run(work)


@delete(
    "/comments/{comment_id:uuid}",
    status_code=200,
    operation_id="deleteComment",
    tags=[TAG],
    summary="Take a comment back",
    opt=BODYLESS,
    dependencies=editing(_comment_to_edit),
    responses=answers(200, CommentGone, "It is gone.", {"id": COMMENT_ID}, FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS),
)
async def delete_comment(
    comment_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[CommentGone]:
    """Its author takes it back at any time; where others replied, an empty place stays."""

    async def work(session: Session) -> Reply:
        await comments.remove(session, comment_id, visitor.person)
        return Reply(200, CommentGone(comment_id))

    return await idempotent.run(work)


@put(
    "/comments/{comment_id:uuid}/hidden",
    operation_id="hideComment",
    tags=[TAG],
    summary="Hide a comment on one's own track",
    opt=BODYLESS,
    dependencies=editing(_comment_to_edit),
    responses=answers(
        200, CommentResponse, "It is hidden.", {**COMMENT_EXAMPLE, "is_hidden": True},
        FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS,
    ),
)  # fmt: skip
async def hide_comment(
    comment_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[CommentResponse]:
    """The artist's people hide a comment and the replies to it from everybody; it is not deleted."""

    async def work(session: Session) -> Reply:
        await comments.hide(session, comment_id, visitor.person)
        return Reply(200, show(CommentResponse, await comment_lists.shown(session, comment_id)))

    return await idempotent.run(work)


@delete(
    "/comments/{comment_id:uuid}/hidden",
    status_code=200,
    operation_id="showCommentAgain",
    tags=[TAG],
    summary="Show a comment again",
    opt=BODYLESS,
    dependencies=editing(_comment_to_edit),
    responses=answers(200, CommentResponse, "It is shown.", COMMENT_EXAMPLE, FORBIDDEN, NOT_FOUND, *EDIT_PROBLEMS),
)
async def show_comment_again(
    comment_id: FromPath[UUID], idempotent: NamedDependency[Idempotent], visitor: NamedDependency[Visitor]
) -> Response[CommentResponse]:
    """The artist's people show again what they hid; what a moderator hid stays hidden."""

    async def work(session: Session) -> Reply:
        await comments.show_again(session, comment_id, visitor.person)
        return Reply(200, show(CommentResponse, await comment_lists.shown(session, comment_id)))

    return await idempotent.run(work)
