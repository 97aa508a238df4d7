"""An artist's uploads as a list, for a page that shows what is on its way."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.api.ingest.conftest import Desk
from tests.api.visitors import visiting
from veza.catalog.artists import Artist

SONG = b"la" * 50


def id_of(where: str) -> str:
    return where.rpartition("/")[2]


async def test_what_is_on_its_way_is_listed_for_all_of_the_artists_people(any_desk: Desk) -> None:
    desk, path = any_desk, f"/artists/{any_desk.artist}/uploads"
    whole, half, begun, given_up = [await desk.begun(len(SONG)) for _ in range(4)]
    await desk.sent(whole, 0, SONG)
    await desk.sent(half, 0, SONG[:30])
    await desk.tus("DELETE", given_up)
    new = await desk.begun(7, release=desk.release, filename="New.flac")
    member = await factories.person(desk.ingest.database, "Mia")
    await factories.member(desk.ingest.database, desk.artist, member)
    by_age = [id_of(one) for one in (whole, half, begun, given_up, new)]
    found = await desk.walk(path, by=member, sort="oldest")
    assert [(one["id"], one["status"], one["offset_bytes"]) for one in found] == [
        *zip(by_age[:3], ("received", "receiving", "receiving"), (100, 30, 0), strict=True),
        (by_age[3], "terminated", 0),
        (by_age[4], "receiving", 0),
    ]
    assert (found[4]["file_name"], found[4]["release_id"]) == ("New.flac", str(desk.release))
    filters: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [new, given_up, begun, half, whole]),
        ({"ended": "false"}, [new, begun, half, whole]),
        ({"ended": "true"}, [given_up]),
        ({"status": "receiving"}, [new, begun, half]),
        ({"track": desk.track}, [given_up, begun, half, whole]),
        ({"track": desk.track, "ended": "false"}, [begun, half, whole]),
    ]
    for query, expected in filters:
        shown = await desk.walk(path, by=desk.anna, **query)
        assert [one["id"] for one in shown] == [id_of(one) for one in expected], query


@pytest.mark.parametrize("role", ["listener", "moderator"])
async def test_without_the_right_to_publish_there_is_no_list(desk: Desk, role: str) -> None:
    path, by = f"/artists/{desk.artist}/uploads", visiting(desk.anna, role)
    said = await desk.refused("GET", path, None, 403, "forbidden", by=by)
    assert "publish" in said


async def test_another_artists_people_see_no_upload(desk: Desk) -> None:
    await desk.begun(len(SONG))
    path = f"/artists/{desk.artist}/uploads"
    await desk.refused("GET", path, None, 403, "forbidden", by=desk.ben)
    await factories.change(desk.ingest.database, Artist, desk.artist, hidden_at=desk.clock.now())
    await desk.refused("GET", path, None, 404, "not-found", by=desk.ben)
    assert len(await desk.walk(path, by=desk.anna)) == 1


async def test_an_unknown_status_is_refused(desk: Desk) -> None:
    path = f"/artists/{desk.artist}/uploads?status=lost"
    said = await desk.refused("GET", path, None, 400, "invalid-request", by=desk.anna)
    assert "status" in said
