"""Links to the files of a stream: signed, for one session, one version and one rung, until an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from veza.audio.manifest import Rung
from veza.kit.messages import gettext
from veza.kit.signing import BadSignature, Signer

PURPOSE = "stream link 1"


class BadStreamLink(ValueError):
    """The link was not made here, is damaged, or leads to another track or rung."""

    def __init__(self) -> None:
        super().__init__(gettext("this link was not made here, or a part of it is missing: open the track again"))


@dataclass(frozen=True, slots=True)
class StreamLink:
    """What a link says."""

    session_id: UUID
    version_id: UUID
    rung: Rung
    expires_at: datetime


class StreamLinks:
    """Writes and reads links; `secret` is the same in every process."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, PURPOSE)

    def write(self, link: StreamLink) -> str:
        """The link as a value of a query string."""
        said = [link.session_id.hex, link.version_id.hex, link.rung.value, int(link.expires_at.timestamp())]
        return self._signer.sign(said)

    def read(self, text: str) -> StreamLink:
        """Raises BadStreamLink."""
        try:
            session_id, version_id, rung, expires = self._signer.read(text)
        except BadSignature:
            raise BadStreamLink from None
        return StreamLink(UUID(session_id), UUID(version_id), Rung(rung), datetime.fromtimestamp(expires, UTC))
