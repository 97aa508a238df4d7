"""The demo's listeners follow, like, keep playlists and comment at moments of tracks."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import actor_of
from veza.community import comments, follows, likes, playlist_items, playlist_people, playlists
from veza.lab.demo.stage import Label, Modules
from veza.lab.demo.vocabulary import COMMENTS, PLAYLISTS

KEPT = ((0, True, False, 5), (3, True, True, 4), (5, False, False, 6))
"""(listener, public, collaborative, tracks) of each playlist."""
INVITED, ADDED = 4, 2
"""The listener who keeps the collaborative one, too, and the tracks they put in."""
COMMENTED, ANSWERED = 10, 3
FIRST_WORDS, LAST_WORDS = 12, 15
"""Seconds at the beginning and at the end of a track without a comment."""


async def fill_community(modules: Modules, label: Label) -> None:
    """Make follows, likes, playlists and comments."""
    for listener in label.listeners:
        await _follow_and_like(modules, label, listener)
    titles = label.dice.sample(PLAYLISTS, len(KEPT))
    for title, (number, is_public, is_collaborative, count) in zip(titles, KEPT, strict=True):
        owner = label.listeners[number]
        async with modules.database.write(actor_of(owner)) as session:
            kept = await playlists.create(
                session, owner, title, description="", is_public=is_public, is_collaborative=is_collaborative
            )
            tracks = label.some_tracks(count)
            await playlist_items.add(session, kept.id, owner, tracks)
        if is_collaborative:
            await _keep_together(modules, label, owner, kept.id, tracks)
    await _comment(modules, label)


async def _keep_together(modules: Modules, label: Label, owner: UUID, playlist_id: UUID, there: list[UUID]) -> None:
    invited = label.listeners[INVITED]
    async with modules.database.write(actor_of(owner)) as session:
        await playlist_people.invite(session, playlist_id, owner, invited)
    async with modules.database.write(actor_of(invited)) as session:
        others = [track for track in label.some_tracks(len(there) + ADDED) if track not in there]
        await playlist_items.add(session, playlist_id, invited, others[:ADDED])


async def _follow_and_like(modules: Modules, label: Label, person_id: UUID) -> None:
    async with modules.database.write(actor_of(person_id)) as session:
        for artist_id in label.dice.sample(label.artists, 3):
            await follows.follow(session, person_id, artist_id)
        for where in label.dice.sample(label.published, 3):
            await likes.like(session, person_id, "release", label.releases[where])
            await likes.like(session, person_id, "track", label.dice.choice(label.tracks[where]))


async def _comment(modules: Modules, label: Label) -> None:
    answers = 0
    for text, answer in label.dice.sample(COMMENTS, COMMENTED):
        where = label.dice.choice(label.heard)
        place = label.dice.randrange(len(label.tracks[where]))
        last = label.roster.record(where).songs[place].seconds - LAST_WORDS
        at_ms = label.dice.randrange(FIRST_WORDS * 1000, last * 1000)
        author, other = label.dice.sample(label.listeners, 2)
        async with modules.database.write(actor_of(author)) as session:
            written = await comments.write(session, author, label.tracks[where][place], at_ms, text)
        if answer and answers < ANSWERED:
            answers += 1
            async with modules.database.write(actor_of(other)) as session:
                await comments.write(session, other, written.track_id, written.at_ms, answer, reply_to=written.id)
