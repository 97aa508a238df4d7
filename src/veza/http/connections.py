"""Bounds on open connections, in all and for each network address; at a bound a waiting connection is closed.

A connection waits while no request of it is whole: it is idle, or its head or body is on the way. Closing a waiting
connection costs its sender some time; a connection whose request is being answered is never closed here. So half-sent
requests displace each other, and never a client that sends a whole one.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol

import structlog

from veza.kit.limits import network

log = structlog.get_logger(__name__)

KEPT_DESCRIPTORS = 400
"""Descriptors left for the database, the provider, mail, the sockets that listen, and files: 256 of links alone
(`known_files.MOST_OPEN`)."""
FEWEST = 16
MOST_AT_ONCE = 512
MOST = 8_000
"""Connections of one process. Each may hold 64 KB of a head or a body: half a gigabyte in all."""
SAID_EVERY_SECONDS = 10.0
"""An attack of thousands of connections writes one log line in ten seconds, with their number."""


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """`head`: from a connection's or request's first byte to the end of its head. `body`: to the end of its body, and a
    second more for each `body_bytes_per_second`. `write`: how long an answer may stand still because it is not read.
    `idle`: from an answer to the next request on its connection."""

    head: timedelta = timedelta(seconds=15)
    body: timedelta = timedelta(seconds=60)
    write: timedelta = timedelta(seconds=60)
    idle: timedelta = timedelta(seconds=75)
    """A player asks for a segment every 4 s, and a proxy keeps a connection to us for a minute (nginx): the client is
    to close first, for a request that meets our close is lost. Idle connections take no place of others: they wait,
    and at the bounds `per_address` and `total` the one that waits longest is closed."""
    per_address: int = 256
    total: int | None = None
    proxies: Sequence[str] = ()
    body_bytes_per_second: int = 16_384


class Waiting(Protocol):
    """A connection as it is known here."""

    def displace(self) -> None:
        """Close it: another one takes its place."""


@dataclass(slots=True)
class _Address:
    """The connections of one address; the waiting ones sorted by when they began to wait."""

    is_proxy: bool
    open: int = 0
    waiting: dict[Waiting, None] = field(default_factory=dict)


class Connections:
    """Counts the connections of one server."""

    def __init__(self, rules: ConnectionRules, now: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules
        self._total, self.backlog = (rules.total, MOST_AT_ONCE) if rules.total else most_connections()
        self._proxies = [ip_network(one) for one in rules.proxies]
        self._addresses: dict[str, _Address] = {}
        self._waiting: dict[Waiting, str] = {}
        self._open = 0
        self._now = now
        self._said: dict[str, tuple[float, int]] = {}

    def opened(self, connection: Waiting, peer: str) -> bool:
        """Count a new connection from `peer`, which waits at first; False if it must be closed at once."""
        name = network(peer)
        address = self._addresses.get(name) or _Address(self._is_proxy(peer))
        if not self._has_space_for(address, name):
            return False
        self._addresses[name] = address
        self._open += 1
        address.open += 1
        address.waiting[connection] = None
        self._waiting[connection] = name
        return True

    def closed(self, connection: Waiting, peer: str) -> None:
        """Forget a connection that was counted."""
        name = network(peer)
        address = self._addresses[name]
        self._open -= 1
        address.open -= 1
        address.waiting.pop(connection, None)
        self._waiting.pop(connection, None)
        if not address.open:
            del self._addresses[name]

    def waits(self, connection: Waiting, peer: str) -> None:
        """No request of the connection is being answered any more."""
        name = network(peer)
        self._addresses[name].waiting[connection] = None
        self._waiting[connection] = name

    def is_answered(self, connection: Waiting, peer: str) -> None:
        """A request of the connection is whole."""
        self._addresses[network(peer)].waiting.pop(connection, None)
        self._waiting.pop(connection, None)

    def say(self, event: str, peer: str, **more: Any) -> None:
        """A line in the log, at most every SAID_EVERY_SECONDS for each kind of event; the next one has their number."""
        at, left_out = self._said.get(event, (float("-inf"), 0))
        if self._now() - at < SAID_EVERY_SECONDS:
            self._said[event] = (at, left_out + 1)
            return
        self._said[event] = (self._now(), 0)
        log.warning(event, address=peer, left_out=left_out, **more)

    def _has_space_for(self, address: _Address, name: str) -> bool:
        # A proxy's connections are those of many people: only the ones that wait are counted.
        held = len(address.waiting) if address.is_proxy else address.open
        if held >= self.rules.per_address and not self._displace(address, name, self.rules.per_address):
            return False
        if self._open < self._total:
            return True
        oldest = next(iter(self._waiting.values()), None)
        return oldest is not None and self._displace(self._addresses[oldest], oldest, self._total)

    def _displace(self, address: _Address, name: str, limit: int) -> bool:
        """Close the connection of `address` that has waited longest; False when none waits."""
        connection = next(iter(address.waiting), None)
        if connection is None:
            self.say("connections.full", name, limit=limit, open=self._open)
            return False
        self.say("connections.displaced", name, limit=limit, open=self._open)
        del address.waiting[connection]
        del self._waiting[connection]
        connection.displace()
        return True

    def _is_proxy(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return True  # a local socket has no address: who listens there is in front of us
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._proxies)


def most_connections() -> tuple[int, int]:
    """As many as the process has descriptors for beside its own, after as many as it can get, at most MOST; and how
    many the loop may accept before one of them is looked at here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = MOST + KEPT_DESCRIPTORS + MOST_AT_ONCE + MOST // 10
    wanted = enough if hard == resource.RLIM_INFINITY else min(hard, enough)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass  # a container may forbid even what its own limit allows
    if soft == resource.RLIM_INFINITY:
        return MOST, MOST_AT_ONCE
    at_once = max(FEWEST, min(MOST_AT_ONCE, soft // 4))
    return max(FEWEST, min(MOST, soft - _open_descriptors() - KEPT_DESCRIPTORS - at_once)), at_once


def _open_descriptors() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 50  # no Linux: about what a start has open
