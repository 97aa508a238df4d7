"""Errors of streaming: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.problems import FORBIDDEN, INVALID_REQUEST, NOT_FOUND, UNAVAILABLE, Kind
from veza.kit.messages import gettext
from veza.streaming.asking import NotOwned
from veza.streaming.downloads import FormatNotOffered, NoSuchDownload
from veza.streaming.hearing import LinkExpired, NoSoundYet, NoSuchRung, OwnersOnly, StreamEnded
from veza.streaming.links import LinkEnded, UnknownLink
from veza.streaming.listenbrainz_accounts import BadToken, ServerSilent, SwitchedOff
from veza.streaming.play_reports import ReportsUnavailable
from veza.streaming.served import NotThere
from veza.streaming.stream_links import BadStreamLink

NO_SOUND_YET = Kind(
    "no-sound-yet",
    409,
    gettext("There is no sound yet"),
    "The track's file is being processed, could not be, or was never sent; `detail` says which.",
    "“Night Bus” is being processed: try again in a moment",
)
LINK_EXPIRED = Kind(
    "link-expired",
    410,
    gettext("The link has expired"),
    "Ask for the playlist, the manifest or the download again: it has new links.",
    "this link has expired: open the track again",
)
STREAM_ENDED = Kind(
    "stream-ended",
    403,
    gettext("The stream has ended"),
    "The person signed out, lost the right to hear the track, or the session was ended. Ask for the playlist again.",
    "this stream has ended: open the track again",
)
FORMAT_NOT_OFFERED = Kind(
    "format-not-offered",
    409,
    gettext("It is not offered in this format"),
    "`detail` says why, and in which formats it is.",
    "“Night Bus” was uploaded as mp3: a file without loss would be no better, only larger; take mp3_320, mp3_v0",
)

KINDS = (NO_SOUND_YET, LINK_EXPIRED, STREAM_ENDED, FORMAT_NOT_OFFERED)
ERRORS = {
    NoSoundYet: NO_SOUND_YET,
    LinkExpired: LINK_EXPIRED,
    StreamEnded: STREAM_ENDED,
    BadStreamLink: FORBIDDEN,
    OwnersOnly: FORBIDDEN,
    NoSuchRung: NOT_FOUND,
    ReportsUnavailable: UNAVAILABLE,
    FormatNotOffered: FORMAT_NOT_OFFERED,
    LinkEnded: LINK_EXPIRED,
    NoSuchDownload: NOT_FOUND,
    NotOwned: FORBIDDEN,
    NotThere: NOT_FOUND,
    BadToken: INVALID_REQUEST,
    ServerSilent: UNAVAILABLE,
    SwitchedOff: FORBIDDEN,
    UnknownLink: NOT_FOUND,
}
