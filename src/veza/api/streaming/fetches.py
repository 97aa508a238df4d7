"""What the fetches of a stream's files tell of plays."""

from __future__ import annotations

from litestar.types import Scope

from veza.api.streaming.sources import Source
from veza.http.ranges import spans_of
from veza.kit.limits import network
from veza.streaming.play_reports import PlayReports
from veza.streaming.stream_sessions import length_of


def note_fetch(scope: Scope, reports: PlayReports, source: Source, size_bytes: int) -> None:
    """Note from where on a file of a stream is read; a preview's tells nothing. What the server answers by itself, for
    a link that it knows, is not seen here: of a listener's fetches one each quarter of a minute is."""
    if source.link is None:
        return
    asked = next((value for name, value in scope["headers"] if name == b"range"), b"")
    spans = spans_of(asked.decode("latin-1"), size_bytes)
    client = scope.get("client")
    if spans:
        part = spans[0][0] / size_bytes
        reports.fetched(source.link, length_of(source.sound), part, network(client[0] if client else "unknown"))
