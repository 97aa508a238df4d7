"""Links to downloads: each names what it leads to, who it was made for, and when it ends.

A link is no right: at every request it is asked whether the person it was made for may have the file. So that person
can hand it to a download manager or another device, and a refund closes it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from msgspec import Struct

from veza.kit.messages import gettext
from veza.kit.signing import BadSignature, Signer

PATH = "/downloads"
_PURPOSE = "download link 1"


class LinkKind(StrEnum):
    """What a link leads to."""

    TRACK = "track"
    RELEASE = "release"
    ORIGINAL = "original"


class Link(Struct, frozen=True, array_like=True):
    """`id` is that of a download, of the archive of a release, or of a version of a track's audio. It was made for a
    person, or for who showed the link of an order or code without an account (`claim_id`). `ends` in seconds of Unix
    time."""

    kind: LinkKind
    id: UUID
    person_id: UUID | None
    claim_id: UUID | None
    ends: int


class UnknownLink(LookupError):
    """The link was not made here, or its end is missing."""

    def __init__(self) -> None:
        super().__init__(gettext("this is no link to a download: ask for a new one"))


class LinkEnded(Exception):
    """The link has lived its time."""

    def __init__(self, at: datetime) -> None:
        super().__init__(gettext("this link ended at {ended_at}: ask for a new one", ended_at=at))


class Links:
    """Makes and reads links; `secret` is the same in every process."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, _PURPOSE)

    def address(self, link: Link, file_name: str) -> str:
        """The path that the file is served at; the name in it is for people, and for programs that keep it."""
        return f"{PATH}/{self._signer.sign(msgspec.to_builtins(link))}/{quote(file_name, safe='')}"

    def read(self, token: str, now: datetime) -> Link:
        """What a link's token says. Raises UnknownLink, LinkEnded."""
        try:
            said: Any = self._signer.read(token)
            link = msgspec.convert(said, Link)
        except (BadSignature, msgspec.ValidationError):
            raise UnknownLink from None
        if now.timestamp() >= link.ends:
            raise LinkEnded(datetime.fromtimestamp(link.ends, UTC))
        return link


def ends_at(instant: datetime) -> int:
    """The instant as a link has it."""
    return int(instant.timestamp())
