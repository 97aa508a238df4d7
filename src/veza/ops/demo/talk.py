"""What the demo's listeners do beside buying: they follow, like, keep playlists and comment at moments of tracks."""

from __future__ import annotations

from collections.abc import Sequence

from veza.catalog import comments, follows, likes, playlist_items, playlists
from veza.ops.demo.roster import LISTENERS, ROSTER
from veza.ops.demo.stage import Label, Rooms

PLAYLISTS: tuple[tuple[str, str, bool, bool, tuple[tuple[str, int], ...]], ...] = (
    (LISTENERS[0], "Harbour mornings", True, False, (
        ("Low Water", 0), ("Low Water", 5), ("Tidal Charts", 2), ("Rue des Ombres", 3), ("Перевал", 0))),
    (LISTENERS[3], "Under two minutes", True, True, (
        ("Head First", 0), ("Head First", 1), ("Head First", 4), ("Rue des Ombres", 0), ("Demo Tape", 1))),
    (LISTENERS[5], "For the night bus", False, False, (
        ("Departures", 1), ("Перевал", 2), ("سطوح", 3), ("Mezzanine Standards", 3), ("Nine in a Cellar", 0))),
)  # fmt: skip
"""(whose, title, public, collaborative, (release, track) in order)."""

COMMENTS: tuple[tuple[str, str, int, int, str], ...] = (
    (LISTENERS[0], "Low Water", 1, 95_000, "the second guitar comes in from the left here"),
    (LISTENERS[2], "Low Water", 1, 96_500, "took me four listens to hear it"),
    (LISTENERS[1], "Departures", 4, 41_000, "is that a real ferry horn?"),
    (LISTENERS[4], "Nine in a Cellar", 2, 180_000, "nobody breathes for almost a minute"),
    (LISTENERS[3], "Head First", 1, 12_000, "🪶🪶🪶"),
    (LISTENERS[5], "سطوح", 3, 240_000, "الليل كله هنا"),
    (LISTENERS[2], "Перевал", 0, 61_000, "бас!"),
)
REPLY = (LISTENERS[1], 3, "they do, if you turn it up")
"""(who, to which comment, what)."""


async def people_talk(rooms: Rooms, label: Label) -> None:
    """Follows, likes, playlists and comments, by people who have an account."""
    for listener in LISTENERS:
        await _follow_and_like(rooms, label, listener)
    for owner, title, is_public, is_collaborative, wanted in PLAYLISTS:
        await _keep_playlist(rooms, label, owner, title, is_public, is_collaborative, wanted)
    written = []
    for author, release, track, at_ms, text in COMMENTS:
        async with rooms.database.write(f"person {label.people[author]}") as session:
            track_id = label.tracks[release][track]
            written.append(await comments.write(session, label.people[author], track_id, at_ms, text))
    author, answered, text = REPLY
    async with rooms.database.write(f"person {label.people[author]}") as session:
        to = written[answered]
        await comments.write(session, label.people[author], to.track_id, to.at_ms, text, reply_to=to.id)


async def _follow_and_like(rooms: Rooms, label: Label, listener: str) -> None:
    person_id = label.people[listener]
    acts = label.dice.sample(ROSTER, 3)
    async with rooms.database.write(f"person {person_id}") as session:
        for act in acts:
            await follows.follow(session, person_id, label.artists[act.name])
            record = label.dice.choice([one for one in act.records if one.status == "published"])
            await likes.like(session, person_id, "release", label.shelf[record.title].release_id)
            await likes.like(session, person_id, "track", label.dice.choice(label.tracks[record.title]))


async def _keep_playlist(
    rooms: Rooms, label: Label, owner: str, title: str, is_public: bool, is_collaborative: bool,
    wanted: Sequence[tuple[str, int]],
) -> None:  # fmt: skip
    person_id = label.people[owner]
    async with rooms.database.write(f"person {person_id}") as session:
        kept = await playlists.create(
            session, person_id, title, description="", is_public=is_public, is_collaborative=is_collaborative
        )
        track_ids = [label.tracks[release][number] for release, number in wanted]
        await playlist_items.add(session, kept.id, person_id, track_ids)
