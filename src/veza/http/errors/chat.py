"""Errors of the chat: which kind of problem each is, with a lasting `type`."""

from __future__ import annotations

from veza.chat.channels import UnknownChannel
from veza.chat.direct import BadParties
from veza.chat.messages import ClientIdTaken, NotYourMessage, TooManyMentions, UnknownMessage
from veza.chat.moderating import BadPace, OutranksYou
from veza.chat.reach import CannotBlock, NotReachable
from veza.chat.reactions import TooManyReactions
from veza.chat.seats import Banned, Muted, NotAllowedHere, TakesNoMessages
from veza.chat.words import BadReaction
from veza.http.problems import CONFLICT, FORBIDDEN, INVALID_REQUEST, NOT_FOUND, REFUSED, Kind
from veza.kit.messages import gettext

MUTED = Kind(
    "muted-in-channel",
    403,
    gettext("You are muted here"),
    "`detail` says until when and why; what others write can still be read.",
    "you are muted in this channel until 2026-01-02 10:30 UTC: the same link four times",
)
BANNED = Kind(
    "banned-from-channel",
    403,
    gettext("You are banned from here"),
    "`detail` says until when and why. The ban holds for the account under any name.",
    "you are banned from this channel: threats",
)
NOT_REACHABLE = Kind(
    "not-reachable",
    403,
    gettext("They take no messages from you"),
    "Each person chooses who may write to them, and whom they block; the answer is the same for who is not there.",
    "1 of these people are not there, or take no messages from you",
)

KINDS: tuple[Kind, ...] = (MUTED, BANNED, NOT_REACHABLE)
"""The kinds of problem only this file has."""

ERRORS: dict[type[Exception], Kind] = {
    BadPace: INVALID_REQUEST,
    BadParties: INVALID_REQUEST,
    BadReaction: INVALID_REQUEST,
    Banned: BANNED,
    CannotBlock: REFUSED,
    ClientIdTaken: CONFLICT,
    Muted: MUTED,
    NotAllowedHere: FORBIDDEN,
    NotReachable: NOT_REACHABLE,
    NotYourMessage: FORBIDDEN,
    OutranksYou: FORBIDDEN,
    TakesNoMessages: NOT_REACHABLE,
    TooManyMentions: INVALID_REQUEST,
    TooManyReactions: REFUSED,
    UnknownChannel: NOT_FOUND,
    UnknownMessage: NOT_FOUND,
}
"""Error → kind."""
