"""Devices that have signed in to an account before: strangers' failures on the account do not slow them.

The "device cookie" of OWASP's page on slowing down online guessing: signed, long-lived, worth nothing by itself.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from veza.kit.clock import Clock

LASTS = timedelta(days=365)
MOST_PEOPLE = 5
"""So many accounts may share a device; beyond that the one signed in to first is forgotten."""


@dataclass(frozen=True, slots=True)
class Device:
    """A random name, and who has signed in there, latest last."""

    name: str
    people: tuple[UUID, ...]


class Devices:
    """Reads and writes the signed cookie; `secret` must be the same in every process."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._signer = URLSafeSerializer(
            secret,
            salt="veza device, version 1",
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )
        self._clock = clock

    def read(self, cookie: str | None, person_id: UUID | None) -> Device | None:
        """The device, when the cookie is ours, not too old, and the person has signed in there before."""
        device = self._device(cookie)
        return device if device is not None and person_id in device.people else None

    def signed_in(self, cookie: str | None, person_id: UUID) -> str:
        """The cookie after the person has signed in: a device keeps its name."""
        before = self._device(cookie)
        people = [one for one in (before.people if before else ()) if one != person_id][-(MOST_PEOPLE - 1) :]
        name = before.name if before else secrets.token_urlsafe(12)
        said = [name, int(self._clock.now().timestamp()), [str(one) for one in [*people, person_id]]]
        return str(self._signer.dumps(said))

    def _device(self, cookie: str | None) -> Device | None:
        try:
            name, at, people = self._signer.loads(cookie or "")
        except BadData:
            return None
        if self._clock.now().timestamp() - at > LASTS.total_seconds():
            return None
        return Device(name, tuple(UUID(one) for one in people))
