"""Who may do what in a channel: one table, which every door asks, and from which a page for people is made.

What a role may do depends on the kind of the channel; the state of the person takes some of it away again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ChannelKind(StrEnum):
    """What a channel belongs to."""

    SITE = "site"
    ARTIST = "artist"
    RELEASE = "release"
    DIRECT = "direct"


class ChannelRole(StrEnum):
    """What a reader is in a channel, from the least to the most; see `RANKS`."""

    VISITOR = "visitor"
    PERSON = "person"
    PARTY = "party"
    MODERATOR = "moderator"
    HOST = "host"
    STAFF = "staff"


class State(StrEnum):
    """What takes acts away from a person in any role."""

    FINE = "fine"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    MUTED = "muted"
    BANNED = "banned"


class Act(StrEnum):
    """What is done in a channel. To `moderate` is to hide, mute, ban and slow down; to `appoint` makes moderators."""

    READ = "read"
    REACT = "react"
    WRITE = "write"
    MODERATE = "moderate"
    APPOINT = "appoint"


RANKS: Mapping[ChannelRole, int] = {role: rank for rank, role in enumerate(ChannelRole)}
"""A person is muted or banned only by a person of a higher rank."""
MEANING: Mapping[ChannelRole, str] = {
    ChannelRole.VISITOR: "not signed in",
    ChannelRole.PERSON: "signed in",
    ChannelRole.PARTY: "one of the two to eight people of a direct channel",
    ChannelRole.MODERATOR: "appointed by a host or by the staff",
    ChannelRole.HOST: "acts for the artist whose channel, or whose release's channel, it is",
    ChannelRole.STAFF: "a moderator or admin of the site",
}

_NOTHING: frozenset[Act] = frozenset()
_READS = frozenset({Act.READ})
_TALKS = _READS | {Act.REACT, Act.WRITE}
_MODERATES = _TALKS | {Act.MODERATE}
_APPOINTS = _MODERATES | {Act.APPOINT}

_PUBLIC: Mapping[ChannelRole, frozenset[Act]] = {
    ChannelRole.VISITOR: _READS,
    ChannelRole.PERSON: _TALKS,
    ChannelRole.PARTY: _NOTHING,
    ChannelRole.MODERATOR: _MODERATES,
    ChannelRole.HOST: _APPOINTS,
    ChannelRole.STAFF: _APPOINTS,
}
# What a few people say to each other is theirs: the staff reads of it what one of them reports.
_BETWEEN_PEOPLE = {role: _TALKS if role is ChannelRole.PARTY else _NOTHING for role in ChannelRole}

RULES: Mapping[ChannelKind, Mapping[ChannelRole, frozenset[Act]]] = {
    ChannelKind.SITE: _PUBLIC,
    ChannelKind.ARTIST: _PUBLIC,
    ChannelKind.RELEASE: _PUBLIC,
    ChannelKind.DIRECT: _BETWEEN_PEOPLE,
}
"""Kind of channel → role → what it may do."""

LEFT: Mapping[State, frozenset[Act]] = {
    State.FINE: frozenset(Act),
    State.UNCONFIRMED: _READS,
    State.REFUSED: _READS,
    State.MUTED: _READS,
    State.BANNED: _NOTHING,
}
"""State of the person → what is left of it."""


def allows(kind: ChannelKind, role: ChannelRole, state: State, act: Act) -> bool:
    """Whether this role may do it in a channel of this kind, the person being in this state."""
    return act in RULES[kind][role] and act in LEFT[state]


def rules_page() -> str:
    """docs/chat-rules.md."""
    acts = " | ".join(act.value for act in Act)
    rule = "---|" * len(Act)
    rows = "".join(
        f"| {kind.value} | {role.value} | {_marks(RULES[kind][role])} |\n"
        for kind in ChannelKind
        for role in ChannelRole
        if RULES[kind][role]
    )
    states = "".join(f"| {state.value} | {_marks(LEFT[state])} |\n" for state in State)
    roles = "".join(f"| {role.value} | {meaning} |\n" for role, meaning in MEANING.items())
    return (
        "# Who may do what in a channel\n\n"
        "A person has one role in a channel, the highest that fits, and one state. What the role may do in a channel\n"
        "of this kind is in the first table; of that the state leaves what the second table says. To moderate is to\n"
        "hide messages, to mute and to ban people of a lower role, and to slow the channel down. The people of a\n"
        "direct channel are its own: moderators of the site read of it what one of them reports.\n\n"
        "This page is generated from `src/veza/chat/rules.py`.\n\n"
        f"| channel | role | {acts} |\n|---|---|{rule}\n{rows}\n"
        f"| state of the person | {acts} |\n|---|{rule}\n{states}\n"
        f"| role | who |\n|---|---|\n{roles}"
    )


def _marks(allowed: frozenset[Act]) -> str:
    return " | ".join("✓" if act in allowed else "" for act in Act)
