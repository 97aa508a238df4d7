"""One's artists in the studio: another one beside the first, and what the page of each says."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tests import factories
from tests.web.pages.whole import Reader, Whole
from veza.accounts.permissions import Role
from veza.catalog.artists import Artist


async def owner_of(whole: Whole, name: str = "Anna") -> tuple[Reader, UUID]:
    """A person with one artist."""
    owner = await whole.reader("Mara", Role.ARTIST)
    assert owner.person is not None
    return owner, await factories.artist(whole.database, name, run_by=owner.person)


async def find(whole: Whole, artist: UUID) -> Artist:
    async with whole.database.read() as session:
        return (await session.scalars(select(Artist).where(Artist.id == artist))).one()


async def test_who_has_one_artist_is_led_to_the_form_for_another(whole: Whole) -> None:
    await whole.with_money()
    owner, artist = await owner_of(whole)
    page = await owner.open("/studio")
    assert f"/studio/{artist}/records" in page.links  # the first page of the one there is
    (way,) = {one for one in page.links if one.startswith("/studio?")}
    page = await owner.open(way)
    assert f"/studio/{artist}" in page.links
    await owner.send(page, "/studio", name="Second", country="DE", currency="EUR")
    assert {"Anna", "Second"} <= set((await owner.open("/studio")).text.split())


async def test_name_words_tags_and_country_of_an_artist_are_changed_in_the_studio(whole: Whole) -> None:
    owner, artist = await owner_of(whole)
    page = await owner.open(f"/studio/{artist}/about")
    assert page.form(f"/studio/{artist}/about").fields["name"] == "Anna"
    said = {"name": "Anna & <b>", "bio": "Cellos.\nOn trams.", "tags": "ambient, cello ,", "country": "FR"}
    page = await owner.send(page, f"/studio/{artist}/about", **said)
    assert (page.status, page.toast) == (200, "It is kept.")
    row = await find(whole, artist)
    assert (row.name, row.bio, row.country, row.currency) == (said["name"], said["bio"], "FR", "EUR")
    assert sorted(row.tags) == ["ambient", "cello"]
    page = await owner.open(f"/artists/{row.slug}")
    assert "Anna &amp; &lt;b&gt;" in page.html
    assert "On trams." in page.text


async def test_what_cannot_be_taken_is_said_at_its_field_and_no_text_is_lost(whole: Whole) -> None:
    owner, artist = await owner_of(whole)
    page = await owner.open(f"/studio/{artist}/about")
    page = await owner.send(page, f"/studio/{artist}/about", name=" ", bio="Long thought over.")
    assert page.status == 422
    assert page.form(f"/studio/{artist}/about").fields["bio"] == "Long thought over."
    assert 'id="name-fault"' in page.html
    assert (await find(whole, artist)).bio == ""


async def test_what_another_request_wrote_meanwhile_is_not_written_over_unseen(whole: Whole) -> None:
    owner, artist = await owner_of(whole)
    page, other = await owner.open(f"/studio/{artist}/about"), await owner.open(f"/studio/{artist}/about")
    await owner.send(other, f"/studio/{artist}/about", bio="The first words.")
    page = await owner.send(page, f"/studio/{artist}/about", bio="The second words.")
    assert (page.status, "was changed by another request" in page.text) == (409, True)
    assert (await find(whole, artist)).bio == "The first words."
    page = await owner.send(page, f"/studio/{artist}/about")
    assert (page.status, (await find(whole, artist)).bio) == (200, "The second words.")


async def test_a_member_changes_the_words_and_an_owner_alone_the_currency(whole: Whole) -> None:
    owner, artist = await owner_of(whole)
    member, stranger = await whole.reader("Ben", Role.ARTIST), await whole.reader("Cleo", Role.ARTIST)
    assert member.person is not None
    await factories.member(whole.database, artist, member.person)
    page = await member.open(f"/studio/{artist}/about")
    assert "currency" not in page.form(f"/studio/{artist}/about").names
    page = await member.send(page, f"/studio/{artist}/about", bio="Words of a member.")
    assert (await find(whole, artist)).bio == "Words of a member."
    sent = {**page.form(f"/studio/{artist}/about").fields, "country": "DE", "currency": "USD"}
    headers = {**member.who, "Sec-Fetch-Site": "same-origin"}
    answer = await member.client.post(f"/studio/{artist}/about", data=sent, headers=headers)
    assert (answer.status_code, (await find(whole, artist)).currency) == (422, "EUR")
    assert "currency" in (await owner.open(f"/studio/{artist}/about")).form(f"/studio/{artist}/about").names
    assert (await stranger.open(f"/studio/{artist}/about")).status in (403, 404)
