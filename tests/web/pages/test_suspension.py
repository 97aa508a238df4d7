"""An account that an operator suspends: no password and no token opens it, all else stays, and it can be lifted."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests import factories
from tests.web.pages.conftest import Store
from tests.web.pages.whole import PASSWORD, Reader, Whole
from veza.accounts import audit, roles, site_texts, suspension
from veza.accounts.audit import Act
from veza.accounts.permissions import Role, Scope
from veza.accounts.roles import LastAdmin
from veza.accounts.site_texts import SiteTextName
from veza.accounts.suspension import AlreadySuspended, NotSuspended
from veza.kit.listing import start_of
from veza.money.transfers import SellerTransfer

EMAIL = "mara@example.org"


@pytest.fixture
async def mara(whole: Whole) -> Reader:
    """An artist who is signed in."""
    return await whole.reader("Mara", Role.ARTIST, email=EMAIL)


async def suspended(whole: Whole, person: UUID) -> Reader:
    """By an admin, whose browser is returned."""
    admin, address = await whole.reader("Ada", Role.ADMIN), f"/operator/people/{person}"
    page = await admin.open(address)
    for said in ("Suspend Mara", "Mara is signed out everywhere at once"):
        assert said in page.text
    page = await admin.send(page, f"{address}/suspend", reason="sells others’ <b>", password="not it")
    assert (page.status, "This is not your password." in page.text) == (422, True)
    assert page.form(f"{address}/suspend").fields["reason"] == "sells others’ <b>"
    assert page.form(f"{address}/roles").fields["role_artist"] == "yes"
    page = await admin.send(page, f"{address}/suspend", reason="sells others’ <b>", password=PASSWORD)
    assert page.toast == "The account of Mara is suspended."
    assert "sells others’ &lt;b&gt;" in page.html
    assert "account suspended" in page.text
    assert "suspended" in (await admin.open("/operator/people?q=mara")).text
    return admin


async def tried(whole: Whole, password: str = PASSWORD) -> tuple[int, str]:
    """The answer to signing in as Mara."""
    reader = whole.visitor()
    page = await reader.send(await reader.open("/sign-in"), "/sign-in", email=EMAIL, password=password)
    return page.status, page.text


async def test_a_suspended_person_is_signed_out_at_once_and_told_whom_to_write_to(whole: Whole, mara: Reader) -> None:
    assert mara.person is not None
    bearer = await factories.bearer(whole.database, mara.person, Scope.READ)
    _, track = await whole.track(run_by=mara.person)
    admin = await suspended(whole, mara.person)

    assert "Come in" in (await mara.open("/account")).text
    assert (await whole.visitor().client.get("/api/v1/me", headers=bearer)).status_code == 401
    status, said = await tried(whole)
    assert (status, "This account is suspended: write to the people who run this site." in said) == (422, True)
    async with whole.database.write("test") as session:
        await site_texts.write(session, SiteTextName.IMPRINT, "A house at the quay")
    assert "the imprint, at the foot of each page, says whom you can write to." in (await tried(whole))[1]
    status, said = await tried(whole, "a wrong one entirely")
    assert (status, "suspended" in said) == (422, False), "a stranger learns nothing"
    assert (await whole.visitor().open(f"/tracks/{track}")).status == 200, "what is published stays"

    address = f"/operator/people/{mara.person}"
    page = await admin.send(await admin.open(address), f"{address}/lift", password=PASSWORD)
    assert page.toast == "Mara can sign in again."
    assert (await whole.visitor().client.get("/api/v1/me", headers=bearer)).status_code == 200
    assert (await tried(whole))[0] == 200
    async with whole.database.read() as session:
        acts = [one.act for one in await audit.entries(session, start_of(audit.SORTS, 50), person_id=mara.person)]
    assert [one for one in acts if "susp" in one] == [Act.SUSPENSION_LIFTED, Act.SUSPENDED]


async def test_an_admin_who_is_not_suspended_is_always_left(whole: Whole) -> None:
    ada, ben = [await whole.reader(name, Role.ADMIN) for name in ("Ada", "Ben")]
    assert ada.person is not None
    assert ben.person is not None
    async with whole.database.write("test") as session:
        await suspension.suspend(session, ben.person, "away")
    async with whole.database.write("test") as session:
        with pytest.raises(LastAdmin):
            await suspension.suspend(session, ada.person, "a mistake")
        with pytest.raises(LastAdmin):
            await roles.take(session, ada.person, Role.ADMIN)
        assert await roles.take(session, ben.person, Role.ADMIN)


async def test_each_is_done_once(whole: Whole, mara: Reader) -> None:
    assert mara.person is not None
    async with whole.database.write("test") as session:
        with pytest.raises(NotSuspended):
            await suspension.lift(session, mara.person)
        await suspension.suspend(session, mara.person, "a reason")
        with pytest.raises(AlreadySuspended):
            await suspension.suspend(session, mara.person, "another")


async def test_money_that_is_owed_to_a_suspended_seller_goes_out(store: Store) -> None:
    anna = await store.shop.artist()
    product = await anna.selling("Blue Hours", 1_000)
    async with store.shop.stage.database.write("test") as session:
        await suspension.suspend(session, anna.person, "a reason")
    _, buyer = await store.reader()
    await store.buy(buyer, product)
    assert (await store.shop.stage.one(SellerTransfer)).status == "completed"
