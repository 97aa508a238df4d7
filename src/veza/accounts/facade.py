"""The accounts module: what its doors are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from veza.accounts.challenges import Challenges
from veza.accounts.devices import Devices
from veza.accounts.passwords import Passwords
from veza.kit.database import Database, Session

Exporter = Callable[[Session, UUID], Awaitable[Any]]
"""A function of a module that returns its data of a person, ready for JSON."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """The address under which people reach Veza, and how long sessions, links and logs last."""

    base_url: str
    session_idle: timedelta
    session_max: timedelta
    audit_kept: timedelta
    staff_needs_second_factor: bool = False
    """Whether admins and moderators have their rights only in a session that began with a code."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """`exporters` are the other modules' parts of a person's data, by the name they have in it."""

    database: Database
    rules: AccountRules
    passwords: Passwords
    devices: Devices
    challenges: Challenges
    exporters: Mapping[str, Exporter] = field(default_factory=dict)
