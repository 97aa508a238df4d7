"""Who hears and keeps what of a track, in which state: the rules of docs/audio.md as one table."""

from __future__ import annotations

from collections.abc import Mapping

from tests.api.streaming.buyers import WHO
from veza.accounts.permissions import Scope

THE_ARTISTS_PEOPLE = frozenset({"the artist", "a member of the artist", "a person of several artists"})
JUDGES = frozenset({"a moderator", "an admin"})
OWNERS = frozenset(
    {
        "an owner of the release",
        "an owner of the track",
        "who redeemed a code",
        "who holds an order's link",
        "who holds the link of an order of the track",
        "who holds a code's link",
    }
)
BY_LINK = frozenset(one for one in WHO if "link" in one)
PEOPLE = frozenset(WHO) - BY_LINK - {"a visitor"}
HIDDEN = ("hidden release", "hidden artist", "hidden track")
STATES = ("draft", "reported draft", "scheduled", "published", "withdrawn", *HIDDEN)
CHOICES = {
    ("owners", True): "preview",
    ("owners", False): "seen",
    ("everybody", True): "whole",
    ("everybody", False): "whole",
}
"""Who hears all of a release, and whether it has a preview, as its artist chose; what is open to all others then."""
TOKENS: Mapping[str, frozenset[Scope]] = {
    "everything": frozenset(Scope),
    "to read": frozenset({Scope.READ}),
    "to write": frozenset({Scope.WRITE}),
    "to buy": frozenset({Scope.SHOP}),
}
"""What a person's API token may be used for."""

STREAMED = ("playlist", "manifest", "file", "segments", "preview", "waveform", "grpc", "grpc_preview")
APART = ("playlist", "manifest", "file", "segments", "preview")
"""What `veza stream` answers, where it runs beside."""
KEPT = ("formats", "download", "archive")
LIBRARY = ("library", "library_form")
"""A release in the web's library with the links to its files, and the form that asks for them."""
ANSWERS = {
    # level:   playlist, manifest, file, segments of each rung, preview, waveform, gRPC, gRPC's preview
    "whole": ("whole", "whole", "whole", "whole", "preview", "shown", "whole", "preview"),
    "preview": ("preview", "preview", "preview", "refused", "preview", "shown", "preview", "preview"),
    "seen": ("refused", "refused", "refused", "refused", "refused", "shown", "refused", "refused"),
    "nothing": ("not there", "not there", "not there", "refused", "not there", "not there", "not there", "not there"),
}


def wanted(who: str, state: str, open_to_all: str) -> dict[str, str]:
    """What each thing that can be asked for answers."""
    found = dict(zip(STREAMED, ANSWERS[_heard(who, state, open_to_all)], strict=True))
    if who in BY_LINK:  # a preview's address is public, and takes no link
        for_all = ANSWERS[_heard("a visitor", state, open_to_all)]
        found |= {name: for_all[STREAMED.index(name)] for name in ("preview", "grpc_preview")}
    return {**found, **dict.fromkeys(KEPT, _kept(who, state)), "original": _original(who)}


def wanted_by_token(who: str, state: str, open_to_all: str, token: str) -> dict[str, str]:
    """The same for a person's token: a judge's rights take one for everything, the original takes one to write."""
    scopes = TOKENS[token]
    found = wanted("a listener" if who in JUDGES and Scope.ADMIN not in scopes else who, state, open_to_all)
    if Scope.READ not in scopes:
        found |= dict.fromkeys((*STREAMED, *KEPT), "refused")
    return {**found, "original": _original(who) if Scope.WRITE in scopes else "refused"}


def wanted_of_library(who: str, state: str) -> dict[str, str]:
    """The answers of the web's library: it shows what was given to a person, also where that was taken back or is
    hidden, and then leads to no file. A file may be asked for there by who may have it."""
    if who not in PEOPLE:
        return dict.fromkeys(LIBRARY, "sign in")
    if who in OWNERS:
        shown = "shown" if state in HIDDEN else "file"
    else:
        shown = "shown" if who == "a refunded owner" else "not there"
    asked = _kept(who, state)
    # A refused form shows its page again, where there is one.
    return {"library": shown, "library_form": shown if asked == "refused" and shown == "not there" else asked}


def _heard(who: str, state: str, open_to_all: str) -> str:
    """The level of ANSWERS."""
    if who in THE_ARTISTS_PEOPLE or (who in JUDGES and state not in ("draft", "scheduled")):
        return "whole"
    if state in HIDDEN:
        return "nothing"
    if who in OWNERS:
        return "whole"
    return open_to_all if state == "published" else "nothing"


def _kept(who: str, state: str) -> str:
    """Judges hear what they judge, and take nothing along. What every visitor may hear is its owners' alone to keep."""
    if who in THE_ARTISTS_PEOPLE:
        return "file"
    if state in HIDDEN:
        return "not there"
    if who in OWNERS:
        return "file"
    if state != "published":
        return "not there"
    return "sign in" if who == "a visitor" else "refused"


def _original(who: str) -> str:
    """What was sent is for the artist's people alone, in every state, and takes the role of an artist."""
    if who in ("the artist", "a person of several artists"):
        return "file"
    if who in ("another artist", "an admin"):
        return "not there"
    return "refused" if who in PEOPLE else "sign in"
