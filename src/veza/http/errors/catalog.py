"""Errors of the catalogue: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.catalog.acting import NotYours
from veza.catalog.artists import ArtistChanged, TooManyArtists, UnknownArtist
from veza.catalog.covers import UnknownCover
from veza.catalog.invitations import AnotherAddress, UnknownInvitation
from veza.catalog.members import AlreadyMember, LastOwner, UnknownMember
from veza.catalog.pictures import BadPicture
from veza.catalog.publishing import NotComplete
from veza.catalog.releases import NotDraft, Outdated, UnknownRelease
from veza.catalog.slugs import NoSlugFree
from veza.catalog.text_fields import BadValue
from veza.catalog.tracks import TrackStays, UnknownTrack, WrongOrder
from veza.http.problems import CONFLICT, FORBIDDEN, NOT_FOUND, Kind
from veza.kit.messages import gettext
from veza.kit.moves import ForbiddenMove

BAD_VALUE = Kind(
    "bad-value",
    422,
    gettext("A value cannot be taken"),
    "`detail` says which and why: a character that cannot be shown, a code that is none, too many of something. Where"
    " fields of the body are wrong, `errors` names every one of them.",
    "“DE-123” is no ISRC; write it like FR-Z03-98-00212",
)
OUTDATED = Kind(
    "outdated",
    409,
    gettext("It was changed since you read it"),
    "`detail` says at which version it is now; read it again, decide again, send that version.",
    "release “Blue Hours” is at version 5 now, you read version 4: read it again",
)
NOT_NOW = Kind(
    "not-now",
    409,
    gettext("It cannot be done in this state"),
    "`detail` says in which state it is and what stands against it.",
    "a release cannot go from withdrawn to scheduled",
)
NOT_COMPLETE = Kind(
    "not-complete",
    422,
    gettext("The release cannot be published yet"),
    "`detail` says what it lacks.",
    "release “Blue Hours” cannot be published yet: it has no track",
)
BAD_PICTURE = Kind(
    "bad-picture",
    422,
    gettext("The picture cannot be made into a cover"),
    "`detail` says why: unreadable, too small, too many pixels.",
    "a cover needs at least 96 × 96 pixels, this one has 64 × 64",
)
TOO_MANY = Kind(
    "too-many",
    422,
    gettext("There are as many as there may be"),
    "`detail` says how many that is.",
    "you run 50 artists already, at most 50 are possible",
)

KINDS: tuple[Kind, ...] = (BAD_VALUE, OUTDATED, NOT_NOW, NOT_COMPLETE, BAD_PICTURE, TOO_MANY)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    AlreadyMember: NOT_NOW,
    AnotherAddress: FORBIDDEN,
    ArtistChanged: OUTDATED,
    BadPicture: BAD_PICTURE,
    BadValue: BAD_VALUE,
    ForbiddenMove: NOT_NOW,
    LastOwner: NOT_NOW,
    NoSlugFree: CONFLICT,
    NotComplete: NOT_COMPLETE,
    NotDraft: NOT_NOW,
    NotYours: FORBIDDEN,
    Outdated: OUTDATED,
    TooManyArtists: TOO_MANY,
    TrackStays: NOT_NOW,
    UnknownArtist: NOT_FOUND,
    UnknownCover: NOT_FOUND,
    UnknownInvitation: NOT_FOUND,
    UnknownMember: NOT_FOUND,
    UnknownRelease: NOT_FOUND,
    UnknownTrack: NOT_FOUND,
    WrongOrder: BAD_VALUE,
}
"""Error → kind."""
