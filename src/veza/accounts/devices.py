"""Devices that have signed in to an account before: strangers' failures on the account do not slow them.

The "device cookie" of OWASP's page on slowing down online guessing: signed, long-lived, worth nothing by itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from veza.kit.clock import Clock
from veza.kit.signing import BadSignature, Signer

LASTS = timedelta(days=365)
MOST_PEOPLE = 5
"""Accounts on one device; beyond that the account that signed in first is forgotten."""


@dataclass(frozen=True, slots=True)
class Device:
    """A random name, and the people who have signed in there, latest last; `by_mail`: those who only opened a mail
    there."""

    name: str
    people: tuple[UUID, ...]
    by_mail: frozenset[UUID] = frozenset()


class Devices:
    """Reads and writes the signed cookie; `secret` must be the same in every process."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._signer = Signer(secret, "veza device, version 1")
        self._clock = clock

    def read(self, cookie: str | None, person_id: UUID | None) -> Device | None:
        """The device, if the cookie is ours, not too old, and the person has signed in there before."""
        device = self._device(cookie)
        return device if device is not None and person_id in device.people else None

    def signed_in(self, cookie: str | None, person_id: UUID) -> str:
        """The cookie after the person has signed in: a device keeps its name."""
        return self._with(cookie, person_id, by_mail=False)

    def reached_by_mail(self, cookie: str | None, person_id: UUID) -> str:
        """The cookie after the person has reset the password there, which takes no second factor."""
        before = self._device(cookie)
        signed_in = before is not None and person_id in before.people and person_id not in before.by_mail
        return self._with(cookie, person_id, by_mail=not signed_in)

    def _with(self, cookie: str | None, person_id: UUID, *, by_mail: bool) -> str:
        before = self._device(cookie) or Device(secrets.token_urlsafe(12), ())
        people = [*[one for one in before.people if one != person_id][-(MOST_PEOPLE - 1) :], person_id]
        mailed = [one for one in people if (by_mail if one == person_id else one in before.by_mail)]
        at = int(self._clock.now().timestamp())
        return self._signer.sign([before.name, at, [str(one) for one in people], [str(one) for one in mailed]])

    def _device(self, cookie: str | None) -> Device | None:
        try:
            name, at, people, by_mail = self._signer.read(cookie or "")
        except (BadSignature, ValueError):  # an earlier version's cookie had other parts: a stranger signs in once
            return None
        if self._clock.now().timestamp() - at > LASTS.total_seconds():
            return None
        return Device(name, tuple(UUID(one) for one in people), frozenset(UUID(one) for one in by_mail))
