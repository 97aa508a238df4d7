"""Playlists by their pages: begun, filled from a track's page, put in order, shared, deleted."""

from __future__ import annotations

import re

from tests.web.pages.browsing import Page
from tests.web.pages.whole import Reader, Whole

PLACES = re.compile(r'class="named"><a [^>]*><bdi>([^<]*)</bdi>')


async def begun(reader: Reader, title: str = "Sunday & <b>") -> tuple[Page, str]:
    """A new playlist; its page and its address."""
    page = await reader.send(await reader.open("/playlists"), "/playlists", title=title)
    return page, next(one.action for one in page.forms if one.action.endswith("/details")).removesuffix("/details")


async def filled(whole: Whole, reader: Reader, *titles: str) -> tuple[Page, str]:
    """One with these tracks in order."""
    _, address = await begun(reader)
    for title in titles:
        _, track = await whole.track(title)
        page = await reader.open(f"/tracks/{track}")
        await reader.send(page, f"/tracks/{track}/playlists", playlist=address.rpartition("/")[2])
    return await reader.open(address), address


def steps(page: Page) -> list[str]:
    """Where the buttons of each item send, in order, each once."""
    return list(dict.fromkeys(one.action for one in page.forms if one.action.endswith("/step")))


async def test_a_playlist_is_begun_filled_from_tracks_and_put_in_order_without_scripting(whole: Whole) -> None:
    reader = await whole.reader()
    assert "You keep none yet" in (await reader.open("/playlists")).text
    page, _ = await filled(whole, reader, "One", "Two", "Three")
    assert PLACES.findall(page.html) == ["One", "Two", "Three"]
    assert 'data-play-list="list"' in page.html
    page = await reader.send(page, steps(page)[0], way="down")
    assert PLACES.findall(page.html) == ["Two", "One", "Three"]
    page = await reader.send(page, steps(page)[2], way="up")
    assert PLACES.findall(page.html) == ["Two", "Three", "One"]
    first, *_ = (one.action for one in page.forms if one.action.endswith("/remove"))
    page = await reader.send(page, first)
    assert PLACES.findall(page.html) == ["Three", "One"]
    assert "Sunday &amp; &lt;b&gt;" in (await reader.open("/playlists")).html


async def test_a_track_begins_a_playlist_and_a_second_click_puts_it_there_once(whole: Whole) -> None:
    reader, (_, track) = await whole.reader(), await whole.track()
    page = await reader.open(f"/tracks/{track}")
    for _ in range(2):
        again = await reader.send(page, f"/tracks/{track}/playlists", playlist="new", title="Night")
    assert "Night" in again.html
    page = await reader.open("/playlists")
    assert page.text.count("Night One track") == 1
    page = await reader.open(f"/tracks/{track}")
    page = await reader.send(page, f"/tracks/{track}/playlists", playlist="new", title="")
    assert page.status == 422


async def test_a_private_one_is_for_its_owner_until_it_is_public_or_its_link_is_given(whole: Whole) -> None:
    reader, visitor = await whole.reader(), whole.visitor()
    page, address = await filled(whole, reader, "One")
    assert (await visitor.open(address)).status == 404
    page = await reader.send(page, f"{address}/link", link="new")
    (link,) = re.findall(r'class="secret">[^<]*(/playlists/[^<]+)<', page.html)
    shown = await visitor.open(link)
    assert (PLACES.findall(shown.html), "Delete it" in shown.text) == (["One"], False)
    await reader.send(await reader.open(address), f"{address}/link", link="none")
    assert (await visitor.open(link)).status == 404
    page = await reader.send(await reader.open(address), f"{address}/details", title="Ours", is_public="yes")
    assert "Ours" in (await visitor.open("/playlists")).text
    assert "public Ours" in (await visitor.open(address)).text


async def test_what_was_typed_of_a_playlist_stays_where_it_is_refused(whole: Whole) -> None:
    reader = await whole.reader()
    page, address = await begun(reader)
    page = await reader.send(page, f"{address}/details", title="x" * 201, description="because")
    form = page.form(f"{address}/details")
    assert (page.status, form.fields["description"]) == (422, "because")
    assert 'details class="ask" open' in page.html


async def test_deleting_names_what_goes_and_others_are_not_asked(whole: Whole) -> None:
    reader, other = await whole.reader(), await whole.reader("Bo")
    page, address = await filled(whole, reader, "One", "Two")
    assert "“Sunday &amp; &lt;b&gt;” goes for good, with the order of its 2 tracks" in page.text
    await reader.send(page, f"{address}/details", title="Ours", is_public="yes")
    headers = {**other.who, "Sec-Fetch-Site": "same-origin"}
    assert (await other.client.post(f"{address}/delete", headers=headers)).status_code == 422
    page = await reader.send(await reader.open(address), f"{address}/delete")
    assert page.toast == "The playlist “Ours” is deleted."
    assert (await reader.open(address)).status == 404
