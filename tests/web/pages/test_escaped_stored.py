"""What people write is shown as text when it was taken, too: each field is filled as far as it goes, and every page is
looked at afterwards, those of a sale with it."""

from __future__ import annotations

import re

from sqlalchemy import select

from tests.web.pages.browsing import PageForm
from tests.web.pages.test_escaped import NOT_SENT, PLANT, addresses, peopled, planted_in
from tests.web.pages.whole import Reader, Whole
from veza.accounts.permissions import Role
from veza.kit import mail, outbox
from veza.market.orders import Order

FULL = PLANT * 200
UNBOUNDED = 200
"""Characters for a field that says no bound."""
NO_TEXT = ("price", "amount", "isrc", "count", "at", "code", "tags")
"""Fields that take numbers, codes and words of a few characters."""
SHORT = {"isrc": "", "tags": "'><b planted>", "credits": "guitar: \"'><b planted>"}
"""What is written into fields of words that have a few characters each."""
TAKEN = (
    "/account/name", "/operator/site/imprint", "/operator/site/privacy", "/operator/site/terms", "/playlists",
    "/playlists/ID/details", "/studio/ID/codes", "/studio/ID/releases", "/studio/releases/ID",
    "/studio/releases/ID/tracks", "/studio/tracks/ID", "/tracks/ID/comments", "/tracks/ID/comments/ID/edit",
    "/tracks/ID/comments/ID/reply", "/tracks/ID/playlists",
)  # fmt: skip
"""Forms whose texts are kept."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def filled(form: PageForm) -> dict[str, str]:
    """Each text as long as its field is; what is no text, such as an amount, stays."""
    texts = {name: FULL[: form.most.get(name, UNBOUNDED)] for name in form.texts if name not in NO_TEXT}
    return form.chosen | texts | {name: text for name, text in SHORT.items() if name in texts or name in form.texts}


async def sold(reader: Reader, release: str) -> None:
    """The release is taken for free, by the pages of its artist's person."""
    await reader.send(await reader.open(f"/studio/releases/{release}"), f"/studio/releases/{release}/price",
                      pricing="free", price="", on_sale="yes")  # fmt: skip
    cart = await reader.send(await reader.open(f"/releases/{release}"), "/cart/", then="cart")
    done = await reader.send(cart, "/checkout")
    assert done.status == 200


async def test_texts_that_were_taken_are_text_on_every_page_and_in_every_mail(whole: Whole) -> None:
    reader = await whole.reader("Mara", Role.ARTIST, Role.ADMIN)
    await whole.with_money()
    known = await peopled(whole, reader)
    await sold(reader, known["release_id"])
    async with whole.database.read() as session:
        order = (await session.scalars(select(Order.id))).one()
    places = [*addresses({**known, "order_id": str(order)}), f"/checkout/done?order={order}"]
    taken, wrong = set[str](), list[str]()
    for address in places:
        page = await reader.open(address)
        for form in page.forms:
            kind = _ID.sub("ID", form.action)
            if kind in taken or not form.texts or form.action.startswith((*NOT_SENT, "/search")):
                continue
            answer = await reader.send(page, form, **filled(form))
            wrong += [f"form {form.action}: {one}" for one in planted_in(answer)]
            if answer.status < 400:
                taken.add(kind)
            assert answer.status < 500, form.action
    for address in places:
        page = await reader.open(address)
        wrong += [f"{address}: {one}" for one in planted_in(page)]
        assert page.status < 500, address
    assert wrong == []
    assert set(TAKEN) - taken == set()
    assert {f"/orders/{order}", f"/library/{known['release_id']}"} <= set(places)
    await outbox.deliver_once(whole.database)
    async with whole.database.read() as session:
        assert all("\u202e" not in one.subject and "\n" not in one.subject for one in await mail.newest(session, 50))
