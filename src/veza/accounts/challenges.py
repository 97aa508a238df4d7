"""Between the two steps of signing in: the password was right, and a code is asked for on a page of its own.

The browser carries the challenge from one step to the other, so that no row is written for it. It is signed, and good
for some minutes while the password stays the same; without a code it opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from veza.kit.clock import Clock
from veza.kit.signing import BadSignature, Signer

LASTS = timedelta(minutes=10)
"""Long enough to look for a phone."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Whose password was right; `mark` is the signature of its hash, which is not to be read in it."""

    person_id: UUID
    mark: str


class Challenges:
    """Writes and reads them; `secret` must be the same in every process."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._signer = Signer(secret, "veza second step of signing in, version 1")
        self._clock = clock

    def write(self, person_id: UUID, verified_hash: str) -> str:
        """For a person whose password just fitted this hash."""
        at = int(self._clock.now().timestamp())
        return self._signer.sign([str(person_id), at, self._signer.signature(verified_hash)])

    def read(self, text: str) -> Challenge | None:
        """None for one that is too old, or was not signed here."""
        try:
            person_id, at, mark = self._signer.read(text)
        except BadSignature:
            return None
        if self._clock.now().timestamp() - at > LASTS.total_seconds():
            return None
        return Challenge(UUID(person_id), mark)

    def is_still(self, challenge: Challenge, stored_hash: str) -> bool:
        """Whether the password is the one that was right."""
        return self._signer.fits(stored_hash, challenge.mark)
