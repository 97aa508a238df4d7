"""Errors of streaming: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.http.problems import FORBIDDEN, NOT_FOUND, UNAVAILABLE, Kind
from veza.kit.messages import gettext
from veza.streaming.hearing import LinkExpired, NoSoundYet, NoSuchRung, OwnersOnly, StreamEnded
from veza.streaming.play_reports import ReportsUnavailable
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
    "Ask for the playlist or the manifest again: it has new links.",
    "this link has expired: open the track again",
)
STREAM_ENDED = Kind(
    "stream-ended",
    403,
    gettext("The stream has ended"),
    "The person signed out, lost the right to hear the track, or the session was ended. Ask for the playlist again.",
    "this stream has ended: open the track again",
)

KINDS = (NO_SOUND_YET, LINK_EXPIRED, STREAM_ENDED)
ERRORS = {
    NoSoundYet: NO_SOUND_YET,
    LinkExpired: LINK_EXPIRED,
    StreamEnded: STREAM_ENDED,
    BadStreamLink: FORBIDDEN,
    OwnersOnly: FORBIDDEN,
    NoSuchRung: NOT_FOUND,
    ReportsUnavailable: UNAVAILABLE,
}
