"""Live: one stream of server-sent events for each browser, which tells its pages when to ask for themselves again.

An event names topics. Its id says the state of every topic (`sound=ab12,money=cd34`), so that nothing is remembered
here: a browser that comes back with the last id is told of the topics that differ by now. A process asks the database
once a second for all of its listeners together, and not at all while there are none.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from veza.accounts import identities
from veza.accounts.facade import AccountRules
from veza.accounts.identity import Identity
from veza.http.problems import RATE_LIMITED, Problem
from veza.kit.database import Database, Session
from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext
from veza.web.live_topics import TOPICS

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=1)
BEAT = timedelta(seconds=15)
"""After so long without an event a comment is sent: proxies close what is silent for a minute."""
LONGEST = timedelta(minutes=10)
"""Of a stream: its browser comes back by itself."""
MOST_PER_PERSON = 6
"""Browsers of one person in one process; one more asks its pages every few seconds, as without a stream."""
MOST = 2_000
"""Streams of one process."""
BACK_AFTER = timedelta(seconds=2)
"""What browsers are told to wait before they come back after a lost line."""


@dataclass(eq=False)
class Listener:
    """One browser. `told` is what it knows of each topic, `found` what was read last."""

    person: UUID
    session: UUID
    told: dict[str, str]
    found: dict[str, str] = field(default_factory=dict)
    has_ended: bool = False
    """Its session has: it was signed out, or expired."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """The streams of one process; `stop` ends them all at once, `rules` say how long a session lives unused."""

    def __init__(self, database: Database, rules: AccountRules, stop: asyncio.Event) -> None:
        self._database, self._rules, self._stop = database, rules, stop
        self._listeners: set[Listener] = set()
        self._watching: asyncio.Task[None] | None = None

    def open(self, identity: Identity, session_id: UUID, last_id: str) -> AsyncIterator[bytes]:
        """The stream of a signed-in browser that was last told `last_id`; raises Problem (rate-limited)."""
        person = identity.person
        if sum(one.person == person for one in self._listeners) >= MOST_PER_PERSON:
            raise _too_many(MOST_PER_PERSON)
        if len(self._listeners) >= MOST:
            raise _too_many(MOST)
        return self._stream(Listener(person, session_id, _read_id(last_id)))

    @property
    def listeners(self) -> Counter[UUID]:
        """How many streams each person has."""
        return Counter(one.person for one in self._listeners)

    async def _stream(self, listener: Listener) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST.total_seconds()
        stopped = asyncio.create_task(self._stop.wait())
        # Not before: an answer whose client left before its first byte is never read, and would never be left out.
        self._listeners.add(listener)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            yield f"retry: {BACK_AFTER // timedelta(milliseconds=1)}\n\n".encode()
            # Where the watch has failed, a browser that comes back begins another.
            while not self._stop.is_set() and loop.time() < until and not (self._watching and self._watching.done()):
                changed = asyncio.create_task(listener.changed.wait())
                await asyncio.wait({changed, stopped}, timeout=BEAT.total_seconds(), return_when="FIRST_COMPLETED")
                changed.cancel()
                if listener.has_ended:
                    yield b"event: end\ndata:\n\n"
                    return
                if listener.changed.is_set():
                    listener.changed.clear()
                    yield _told(listener)
                elif not stopped.done():
                    yield b": still here\n\n"
        finally:
            stopped.cancel()
            self._listeners.discard(listener)

    async def _watch(self) -> None:
        while self._listeners and not self._stop.is_set():
            try:
                async with self._database.read() as session:
                    await self._look(session, tuple(self._listeners))
            except DatabaseUnavailable as error:
                log.warning("live streams are told nothing for now", error=str(error))
            try:
                await asyncio.wait_for(self._stop.wait(), EVERY.total_seconds())
            except TimeoutError:
                continue

    async def _look(self, session: Session, listeners: tuple[Listener, ...]) -> None:
        alive = await identities.alive_among(session, self._rules, {one.session for one in listeners})
        found: dict[Listener, dict[str, str]] = {one: {} for one in listeners}
        for name, topic in TOPICS.items():
            of_topic = [one for one in listeners if one.session in alive and alive[one.session].may(topic.permission)]
            if of_topic:
                states = await topic.read(session, {one.person for one in of_topic})
                for one in of_topic:
                    found[one][name] = states[one.person]
        for one, read in found.items():
            one.has_ended = one.session not in alive
            if one.has_ended or read != one.found:
                one.found = read
                one.changed.set()


def _told(listener: Listener) -> bytes:
    """An event with the topics that are not as the browser knows them: none at first, which only says the state."""
    new = [name for name, state in listener.found.items() if listener.told.get(name, state) != state]
    listener.told = dict(listener.found)
    state = ",".join(f"{name}={state}" for name, state in listener.told.items())
    return f"id: {state}\ndata: {json.dumps(new)}\n\n".encode()


def _too_many(most: int) -> Problem:
    return Problem(RATE_LIMITED, gettext("only {most} live streams are held open at once", most=most))


def _read_id(last_id: str) -> dict[str, str]:
    """The topics of an id as it came back; what is none of ours is left out."""
    pairs = (one.partition("=") for one in last_id[:400].split(","))
    return {name: state for name, _, state in pairs if name in TOPICS}
