"""What an upload looks like when it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from veza.api.shapes import show
from veza.ingest.uploads import Upload
from veza.kit.messages import render

UploadStatus = Literal["receiving", "received", "taken", "refused", "expired", "terminated"]


class UploadResponse(Struct, frozen=True):
    """A file on its way: `offset_bytes` of its `length_bytes` are stored. `taken`: its track has it, or drafts were
    made of it, the first of which is `release_id`. `reason` says why it was refused, why it waits, or what of it was
    left out; `notes` what was guessed or changed as drafts were made of it, such as the encoding of its tags."""

    id: UUID
    artist_id: UUID
    track_id: UUID | None
    release_id: UUID | None
    file_name: str
    status: UploadStatus
    length_bytes: int
    offset_bytes: int
    reason: str | None
    notes: list[str]
    created_at: datetime
    expires_at: datetime | None


UPLOAD_EXAMPLE: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-0000000000f1",
    "artist_id": "01890000-0000-7000-8000-0000000000a1",
    "track_id": "01890000-0000-7000-8000-0000000000e1",
    "release_id": None,
    "file_name": "Night Bus.flac",
    "status": "receiving",
    "length_bytes": 31_457_280,
    "offset_bytes": 8_388_608,
    "reason": None,
    "notes": [],
    "created_at": "2026-01-02T10:30:00Z",
    "expires_at": "2026-01-03T10:30:00Z",
}


def upload_shown(row: Upload, language: str) -> UploadResponse:
    """The upload, its reason and its notes in this language."""
    reason = None if row.reason is None else render(row.reason, language)
    notes = [render(note, language) for note in row.notes]
    expires_at = row.expires_at if row.status == "receiving" else None
    return show(UploadResponse, row, reason=reason, notes=notes, expires_at=expires_at)
