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
    "to buy": frozenset({Scope.SHOP}),
}
"""What a person's API token may be used for."""

STREAMED = ("playlist", "manifest", "file", "segments", "preview", "waveform", "grpc", "grpc_preview")
KEPT = ("formats", "download", "archive")
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


def wanted_by_token(who: str, state: str, open_to_all: str, token: str) -> str:
    """What a stream that is begun with a person's token is: a judge's rights take a token for everything."""
    if Scope.READ not in TOKENS[token]:
        return "refused"
    is_weak = who in JUDGES and Scope.ADMIN not in TOKENS[token]
    return ANSWERS[_heard("a listener" if is_weak else who, state, open_to_all)][0]


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
