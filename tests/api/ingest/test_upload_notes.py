"""What was guessed as drafts were made of an upload is said where the upload is shown."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests import factories
from tests.api.ingest.conftest import Desk
from tests.ingest.recordings import recording
from veza.ingest.upload_worker import UploadRules, UploadWorker
from veza.kit.worker import run_once

NOTE = "the tags of 2 of its 2 files have no track number: the names say the order"


def unnumbered(folder: Path) -> bytes:
    """A ZIP of two recordings whose names alone say their order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("1 Dawn.flac", "2 Dusk.flac"):
            archive.write(recording(folder / name, title=name[2:6], album="Blue Hours"), f"Blue Hours/{name}")
    return packed.getvalue()


async def test_an_upload_shows_what_was_guessed(any_desk: Desk, tmp_path: Path) -> None:
    desk, content = any_desk, unnumbered(tmp_path)
    where = await desk.begun(len(content), artist=desk.artist, filename="Blue Hours.zip")
    await desk.sent(where, 0, content)
    assert (await desk.tus("GET", where)).json()["notes"] == []
    catalog = factories.catalog(desk.ingest.database, desk.ingest.objects)
    await run_once(UploadWorker(catalog, UploadRules(tmp_path / "processing", desk.ingest.limits)))
    shown = (await desk.tus("GET", where)).json()
    assert (shown["status"], shown["reason"], shown["notes"]) == ("taken", None, [NOTE])
    (listed,) = await desk.walk(f"/artists/{desk.artist}/uploads", by=desk.anna)
    assert listed["notes"] == [NOTE]
