"""`veza search`: the index is written anew from what is there, and answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from sqlalchemy import text

from tests import factories
from tests.migrated import put_migrated
from tests.ops.in_process import veza
from veza.kit.database import Database


def _site(folder: Path) -> dict[str, str]:
    put_migrated(folder)
    url = f"sqlite+aiosqlite:///{folder / 'veza.db'}"
    asyncio.run(_fill(url))
    return {"DATABASE_URL": url, "VAR_DIR": str(folder)}


async def _fill(url: str) -> None:
    database = Database.open(url)
    artist = await factories.artist(database, "Zorblax")
    await factories.release(database, artist, "Wibblefen", "Snarkwell")
    async with database.write() as session:
        await session.execute(text("UPDATE tracks SET listed_at = created_at"))
    await database.close()


def test_a_rebuilt_index_answers_by_kind(tmp_path: Path) -> None:
    site = _site(tmp_path)
    asked = ("search", "ask", "wiblefen", "--json")
    assert json.loads(veza(*asked, cwd=tmp_path, **site).stdout)["found"]["track"] == []
    told = json.loads(veza("search", "rebuild", "--json", cwd=tmp_path, **site).stdout)
    assert (told["ok"], told["things"]) == (True, 4)
    found = json.loads(veza(*asked, cwd=tmp_path, **site).stdout)
    assert [(one["name"], one["by"]) for one in found["found"]["track"]] == [("Wibblefen", "Zorblax")]
    assert found["facets"]["kind"] == {"track": 1}
    typed = veza("search", "ask", "snar", "--typing", cwd=tmp_path, **site)
    assert typed.stdout == "track:\n  Snarkwell  by Zorblax\n"
    assert veza("search", "ask", "qqqq", cwd=tmp_path, **site).stdout == "Nothing is found.\n"


def test_a_rebuild_tells_how_far_it_is(tmp_path: Path) -> None:
    said = veza("search", "rebuild", cwd=tmp_path, **_site(tmp_path)).stdout
    assert "1 things, at each artist" in said
    assert "The index is whole: 4 things" in said
