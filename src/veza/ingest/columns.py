"""Conversions between columns of the catalogue and the values of files, for comparing and for writing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from veza.catalog.releases import Release
from veza.catalog.tracks import Track


def track_there(track: Track) -> dict[str, Any]:
    return {
        "title": track.title,
        "credits": track.credits,
        "explicit": track.explicit,
        "isrc": track.isrc,
        "musicbrainz_id": str(track.musicbrainz_id) if track.musicbrainz_id else None,
        "language": track.language,
        "tags": track.tags,
        "duration_ms": track.duration_ms,
    }


def release_there(release: Release) -> dict[str, Any]:
    return {
        "title": release.title,
        "kind": release.kind,
        "language": release.language,
        "musicbrainz_id": str(release.musicbrainz_id) if release.musicbrainz_id else None,
        "tags": release.tags,
        "release_date": release.release_date.isoformat() if release.release_date else None,
        "release_date_precision": release.release_date_precision,
    }


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the catalogue's functions take them: ids and days with their types, credits as pairs."""
    typed = dict(values)
    if typed.get("musicbrainz_id"):
        typed["musicbrainz_id"] = UUID(typed["musicbrainz_id"])
    if typed.get("release_date"):
        typed["release_date"] = date.fromisoformat(typed["release_date"])
    if "credits" in typed:
        typed["credits"] = [(one["name"], one["part"]) for one in typed["credits"]]
    return typed
