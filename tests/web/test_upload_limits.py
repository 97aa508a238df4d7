"""The studio's forms say how much may be sent before anything is, in the reader's language."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests import factories
from tests.web.live_site import LiveSite
from veza.accounts.permissions import Role
from veza.catalog.tracks import find_track
from veza.http.session_cookies import SESSION_COOKIE
from veza.ingest.audio_versions import AudioVersion
from veza.kit.clock import ManualClock
from veza.kit.database import Database
from veza.settings import Settings

OF_A_FILE = {
    "en": "A file has up to 4.3 GB and lasts up to 6 h.",
    "fr": "Un fichier fait au plus 4,3 Go et dure au plus 6 h.",
}
OF_AN_ARTIST = {
    "en": "All files of an artist take up to 537 GB: 500 GB are left.",
    "fr": "Tous les fichiers d’un artiste prennent au plus 537 Go : il en reste 500 Go.",
}
OF_A_DROP = {
    "en": "Up to 500 files are taken at once, and up to 2000 in a ZIP.",
    "fr": "Au plus 500 fichiers sont pris à la fois, et au plus 2000 dans un ZIP.",
}


async def test_both_forms_state_the_limits_and_what_is_left(
    sqlite_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    database = Database.open(sqlite_url, clock=clock)
    site = LiveSite(Settings(database_url=sqlite_url, var_dir=tmp_path), clock, database)
    await site.start()
    person, cookie = await site.person(Role.ARTIST)
    track, version = await site.sound(person)
    await factories.change(database, AudioVersion, version, original_bytes=36_870_912_000)
    async with database.read() as session:
        artist = (await find_track(session, track)).artist_id
    async with httpx.AsyncClient(base_url=site.url, cookies={SESSION_COOKIE: cookie}) as browser:
        for language in OF_A_FILE:
            for address in (f"/studio/tracks/{track}", f"/studio/{artist}/records"):
                answer = await browser.get(address, headers={"Accept": "text/html", "Accept-Language": language})
                text = answer.text.replace("\u00a0", " ").replace("\u202f", " ")
                assert OF_A_FILE[language] in text
                assert OF_AN_ARTIST[language] in text
            assert OF_A_DROP[language] in text
    await site.stop()
    await database.close()
