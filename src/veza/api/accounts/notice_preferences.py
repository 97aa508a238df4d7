"""Which notices one wants by mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Struct

from veza.accounts import people
from veza.accounts.facade import Accounts
from veza.accounts.permissions import Permission
from veza.api.editing import editing
from veza.api.idempotency import Idempotent, Reply
from veza.api.problems import NOT_FOUND
from veza.api.shapes import EDIT_PROBLEMS, answers
from veza.api.visitors import Visitor, needs
from veza.community import preferences
from veza.community.preferences import MEANING, Channel, NoticeKind, Pace
from veza.kit.database import Session

TAG = "accounts"


class PreferenceSent(Struct, forbid_unknown_fields=True):
    """One switch: `never` stops this kind on this channel, `at_once` starts it again."""

    kind: NoticeKind
    channel: Channel
    pace: Pace


class PreferenceResponse(Struct, frozen=True):
    """One switch and, in words, what it is about."""

    kind: NoticeKind
    channel: Channel
    pace: Pace
    about: str


class Preferences(Struct, frozen=True):
    """Every switch."""

    items: list[PreferenceResponse]


EXAMPLE: dict[str, Any] = {
    "items": [{"kind": "sale", "channel": "mail", "pace": "at_once", "about": MEANING[NoticeKind.SALE]}]
}


@get(
    "/me/notice-preferences",
    operation_id="showNoticePreferences",
    tags=[TAG],
    summary="Show which notices one wants",
    opt=needs(Permission.OWN_ACCOUNT),
    responses=answers(200, Preferences, "Every kind and channel.", EXAMPLE, NOT_FOUND),
)
async def show_preferences(visitor: NamedDependency[Visitor], accounts: NamedDependency[Accounts]) -> Preferences:
    """Each kind of notice with its pace. Mails about the account itself, and the link to what was bought without an
    account, are always sent and have no switch."""
    async with accounts.database.read() as session:
        return await _shown(session, visitor)


async def _preferences_to_edit(session: Session, _path: Mapping[str, Any], visitor: Visitor) -> Preferences:
    await people.lock(session, visitor.person)
    return await _shown(session, visitor)


@put(
    "/me/notice-preferences",
    status_code=200,
    operation_id="chooseNoticePreference",
    tags=[TAG],
    summary="Stop or start one kind of notice",
    opt=needs(Permission.CREDENTIALS),
    dependencies=editing(_preferences_to_edit),
    responses=answers(200, Preferences, "Every kind and channel.", EXAMPLE, NOT_FOUND, *EDIT_PROBLEMS),
)
async def choose_preference(
    data: Annotated[
        PreferenceSent, BodyKwarg(examples=[Example(value={"kind": "sale", "channel": "mail", "pace": "never"})])
    ],
    visitor: NamedDependency[Visitor],
    idempotent: NamedDependency[Idempotent],
) -> Response[Preferences]:
    """Holds from now on; mails that wait to be sent still go."""

    async def work(session: Session) -> Reply:
        await preferences.choose(session, visitor.person, data.kind, data.channel, data.pace)
        return Reply(200, await _shown(session, visitor))

    return await idempotent.run(work)


async def _shown(session: Session, visitor: Visitor) -> Preferences:
    chosen = await preferences.of_person(session, visitor.person)
    return Preferences(
        [PreferenceResponse(kind, channel, pace, MEANING[kind]) for (kind, channel), pace in chosen.items()]
    )
