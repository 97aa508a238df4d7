"""The accounts module: what its doors are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from veza.accounts.devices import Devices
from veza.accounts.passwords import Passwords
from veza.kit.database import Database, Session

Exporter = Callable[[Session, UUID], Awaitable[Any]]
"""What a module knows of a person, as something that becomes JSON."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """Under which address people reach Veza, and how long things last."""

    base_url: str
    session_idle: timedelta
    session_max: timedelta
    audit_kept: timedelta
    staff_needs_second_factor: bool = False
    """Admins and moderators use their rights only where they signed in with a code."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """`exporters` are the other modules' parts of a person's data, by the name they have in it."""

    database: Database
    rules: AccountRules
    passwords: Passwords
    devices: Devices
    exporters: Mapping[str, Exporter] = field(default_factory=dict)
