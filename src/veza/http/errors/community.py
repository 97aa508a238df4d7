"""Errors of the community: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.catalog.visibility import NothingThere
from veza.community.comments import (
    AddressNotConfirmed,
    BadMoment,
    NotYourComment,
    ReplyToReply,
    TooLateToEdit,
    UnknownComment,
)
from veza.community.notices import BadStopLink
from veza.community.playlist_items import ItemGone, PlaylistFull
from veza.community.playlist_people import TooManyPeople
from veza.community.playlists import NotYourPlaylist, PlaylistChanged, TooManyPlaylists, UnknownPlaylist
from veza.http.errors.accounts import NOT_CONFIRMED
from veza.http.problems import CONFLICT, FORBIDDEN, NOT_FOUND, Kind
from veza.kit.messages import gettext

PLAYLIST_FULL = Kind(
    "playlist-full",
    422,
    gettext("There is no room for more"),
    "`detail` has the bound: items or people of a playlist, or playlists of a person.",
    "a playlist holds at most 5000 items, this one has 4999 and 2 were to come",
)
ITEM_GONE = Kind(
    "item-gone",
    409,
    gettext("The item was removed"),
    "Read the items again; nothing was changed.",
    "item 01890000-0000-7000-8000-000000000000 is no longer in the playlist: it was removed",
)
BAD_MOMENT = Kind(
    "bad-moment",
    422,
    gettext("Nothing can be said there"),
    "`detail` says why: beyond the track's end, or in reply to a reply.",
    "asked for 200000 ms into the track, it is 180000 ms long",
)
TOO_LATE_TO_EDIT = Kind(
    "too-late-to-edit",
    409,
    gettext("The time for corrections is over"),
    "Take the comment back, or reply to it.",
    "a comment can be changed for 15 minutes, this one is 20 minutes old",
)

KINDS: tuple[Kind, ...] = (PLAYLIST_FULL, ITEM_GONE, BAD_MOMENT, TOO_LATE_TO_EDIT)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    AddressNotConfirmed: NOT_CONFIRMED,
    BadStopLink: NOT_FOUND,
    BadMoment: BAD_MOMENT,
    ItemGone: ITEM_GONE,
    NotYourComment: FORBIDDEN,
    NotYourPlaylist: FORBIDDEN,
    NothingThere: NOT_FOUND,
    PlaylistChanged: CONFLICT,
    PlaylistFull: PLAYLIST_FULL,
    ReplyToReply: BAD_MOMENT,
    TooLateToEdit: TOO_LATE_TO_EDIT,
    TooManyPeople: PLAYLIST_FULL,
    TooManyPlaylists: PLAYLIST_FULL,
    UnknownComment: NOT_FOUND,
    UnknownPlaylist: NOT_FOUND,
}
"""Error → kind."""
