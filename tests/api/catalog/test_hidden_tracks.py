"""A track that a moderator hid is nowhere to be seen, but for its artist's people and moderators."""

from __future__ import annotations

from uuid import UUID

from tests.api.catalog.conftest import ALBUM, Shelf
from tests.api.visitors import visiting
from tests.factories import make_ready
from veza.app.subjects import SUBJECTS
from veza.moderation import hiding


async def test_a_hidden_track_is_in_no_list_no_release_and_not_at_its_address(any_shelf: Shelf) -> None:
    shelf = any_shelf
    release = await shelf.call("POST", f"/artists/{shelf.artist['id']}/releases", ALBUM, by=shelf.anna)
    path = f"/releases/{release['id']}"
    for title in ("Seen", "Hidden"):
        await shelf.call("POST", f"{path}/tracks", {"title": title, "tags": ["folk"]}, by=shelf.anna)
    shown = await shelf.call("GET", path, by=shelf.anna)
    await make_ready(shelf.catalog.database, UUID(release["id"]))
    await shelf.call("POST", f"{path}/publish", {}, by=shelf.anna, expect=200)
    hidden = next(track["id"] for track in shown["tracks"] if track["title"] == "Hidden")
    async with shelf.catalog.database.write("moderator") as session:
        await hiding.hide(session, SUBJECTS, "track", UUID(hidden))

    for query in ("", "?sort=title", "?text=Hid", "?tag=folk"):
        assert "Hidden" not in [one["title"] for one in (await shelf.call("GET", f"/tracks{query}"))["items"]], query
    assert [one["title"] for one in (await shelf.call("GET", path))["tracks"]] == ["Seen"]
    await shelf.call("GET", f"/tracks/{hidden}", expect=404)
    for who in (shelf.anna, visiting(shelf.ben, "moderator")):
        assert len((await shelf.call("GET", path, by=who))["tracks"]) == 2
        assert (await shelf.call("GET", f"/tracks/{hidden}", by=who))["title"] == "Hidden"
