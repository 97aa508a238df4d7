"""Which notices one wants by mail."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from veza.accounts import people
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.api.operations import read, write
from veza.community import preferences
from veza.community.preferences import MEANING, Channel, NoticeKind, Pace
from veza.http.endpoints import AnswerLanguage
from veza.http.problems import NOT_FOUND
from veza.kit.database import Session
from veza.kit.messages import render

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
    "items": [{"kind": "sale", "channel": "mail", "pace": "at_once", "about": str(MEANING[NoticeKind.SALE])}]
}


@read(
    "/me/notice-preferences",
    operation="showNoticePreferences",
    summary="Show which notices one wants",
    permission=Permission.OWN_ACCOUNT,
    gives=(Preferences, "Every kind and channel.", EXAMPLE),
    problems=(NOT_FOUND,),
)
async def show_preferences(session: Session, identity: Identity, language: AnswerLanguage) -> Preferences:
    """Each kind of notice with its pace. Mails about the account itself, and the link to what was bought without an
    account, are always sent and have no switch."""
    return await _shown(session, identity, language)


async def _preferences_to_edit(session: Session, identity: Identity, language: AnswerLanguage) -> Preferences:
    await people.lock(session, identity.person)
    return await _shown(session, identity, language)


@write.put(
    "/me/notice-preferences",
    operation="chooseNoticePreference",
    summary="Stop or start one kind of notice",
    permission=Permission.CREDENTIALS,
    edits=_preferences_to_edit,
    body={"kind": "sale", "channel": "mail", "pace": "never"},
    gives=(200, Preferences, "Every kind and channel.", EXAMPLE),
    problems=(NOT_FOUND,),
)
async def choose_preference(
    session: Session, data: PreferenceSent, identity: Identity, language: AnswerLanguage
) -> Preferences:
    """Holds from now on; mails that wait to be sent still go."""
    await preferences.choose(session, identity.person, data.kind, data.channel, data.pace)
    return await _shown(session, identity, language)


async def _shown(session: Session, identity: Identity, language: str) -> Preferences:
    chosen = await preferences.of_person(session, identity.person)
    return Preferences(
        [
            PreferenceResponse(kind, channel, pace, render(MEANING[kind], language))
            for (kind, channel), pace in chosen.items()
        ]
    )
