"""The people of an artist in the studio: invited by mail, given another role, removed, and gone of themselves."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from tests import factories
from tests.web.pages.whole import PASSWORD, Reader, Whole
from veza.accounts.permissions import Role
from veza.catalog.members import members_of
from veza.kit.mail import Mail


async def studio_of(whole: Whole, email: str = "anna@example.org") -> tuple[Reader, UUID, str]:
    """An owner's browser, their artist, and the address of its people."""
    owner = await whole.reader("Anna <b>", Role.ARTIST, email=email)
    artist = await factories.artist(whole.database, "Crate & Lemons", run_by=owner.person)
    return owner, artist, f"/studio/{artist}/people"


async def roles_of(whole: Whole, artist: UUID) -> dict[str, str]:
    async with whole.database.read() as session:
        return {one.name: one.role for one in await members_of(session, artist)}


async def test_a_person_is_invited_and_the_invitation_is_taken_back(whole: Whole) -> None:
    owner, _, address = await studio_of(whole)
    page = await owner.open(address)
    assert "One person acts for Crate &amp; Lemons" in page.text
    invitations = f"{address}/invitations"
    refused = await owner.send(page, invitations, email="ben@example.org", role="member", password="not it")
    assert (refused.status, refused.form(invitations).fields["email"]) == (422, "ben@example.org")
    assert "This is not your password." in refused.text
    page = await owner.send(page, invitations, email="ben@example.org", role="owner", password=PASSWORD)
    assert "A mail to ben@example.org is on its way" in page.toast
    async with whole.database.read() as session:
        (to,) = await session.scalars(select(Mail.to))
    assert to == "ben@example.org"
    taken = page.forms[[one.action.endswith("take-back") for one in page.forms].index(True)].action
    page = await owner.send(page, taken)
    assert "taken back" in page.toast
    assert "ben@example.org" not in page.text


async def test_roles_change_with_the_password_and_an_owner_stays(whole: Whole) -> None:
    owner, artist, address = await studio_of(whole)
    ben = await whole.reader("Ben", Role.ARTIST)
    assert owner.person is not None
    assert ben.person is not None
    await factories.member(whole.database, artist, ben.person)
    page = await owner.open(address)
    alone = await owner.send(page, f"{address}/{owner.person}", wanted="member", password=PASSWORD)
    assert "needs an owner" in alone.text
    page = await owner.send(page, f"{address}/{ben.person}", wanted="owner", password=PASSWORD)
    assert "Ben has another role now." in page.toast
    page = await owner.send(page, f"{address}/{owner.person}", wanted="none", password=PASSWORD)
    assert "You do not act for Crate &amp; Lemons any more." in page.toast
    assert await roles_of(whole, artist) == {"Ben": "owner"}


async def test_a_member_sees_who_is_there_and_may_only_leave(whole: Whole) -> None:
    _, artist, address = await studio_of(whole)
    ben = await whole.reader("Ben", Role.ARTIST)
    assert ben.person is not None
    await factories.member(whole.database, artist, ben.person)
    page = await ben.open(address)
    assert "Anna &lt;b&gt;" in page.text
    assert [one.action for one in page.forms if one.action.startswith(address)] == [f"{address}/{ben.person}"]
    page = await ben.send(page, f"{address}/{ben.person}", wanted="owner", password=PASSWORD)
    assert "only an owner" in page.text.lower()
    page = await ben.open(address)
    await ben.send(page, f"{address}/{ben.person}", password=PASSWORD)
    assert await roles_of(whole, artist) == {"Anna <b>": "owner"}
    assert (await ben.open(address)).status == 403
