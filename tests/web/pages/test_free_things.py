"""A free record of an artist who never went to the provider is had, by forms alone (mirlo#781)."""

from __future__ import annotations

from sqlalchemy import select

from tests.web.pages.whole import Whole
from veza.accounts.permissions import Role
from veza.money.sellers import Seller


async def test_a_free_record_of_an_artist_without_an_account_at_the_provider_is_had(whole: Whole) -> None:
    anna, ben = await whole.reader("Anna", Role.ARTIST), await whole.reader("Ben")
    await whole.with_money()
    release, _ = await whole.track("Gift", run_by=anna.person)
    editor = await anna.open(f"/studio/releases/{release}")
    priced = await anna.send(editor, f"/studio/releases/{release}/price", pricing="free", price="", on_sale="yes")
    assert "The price is set." in priced.toast

    page = await ben.open(f"/releases/{release}")
    assert "Get it" in page.text
    cart = await ben.send(page, "/cart/", then="cart")
    done = await ben.send(cart, "/checkout")
    assert done.status == 200, done.text
    assert f"/library/{release}" in (await ben.open("/library")).links
    assert "It is yours." in (await ben.open(f"/releases/{release}")).text
    async with whole.database.read() as session:
        assert list(await session.scalars(select(Seller.stripe_account_id))) == [None]
