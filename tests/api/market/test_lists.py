"""Lists ask the database as often for a hundred rows as for one, page by page, and show no other person's."""

from __future__ import annotations

from typing import Any

from tests.api.market.conftest import Act, Shop
from tests.api.visitors import visiting

LISTS = (
    "/products", "/cart", "/cart/orders", "/orders", "/library", "/refund-requests", "/artists/{artist}/products",
    "/artists/{artist}/sales", "/artists/{artist}/transfers", "/artists/{artist}/reversals",
    "/artists/{artist}/nettings", "/artists/{artist}/refund-requests", "/artists/{artist}/download-codes",
)  # fmt: skip


async def _fill(shop: Shop, act: Act, who: dict[str, str], times: int) -> None:
    for i in range(times):
        order = await shop.buy(who, await act.selling(f"Bought {i}"), await act.selling(f"Bought too {i}"))
        line = order["lines"][0]["id"]
        wanted = {"line_id": line, "reason": "not mine"}
        asked = await shop.post(f"/orders/{order['id']}/refund-requests", wanted, by=who, expect=201)
        in_vain = shop.stage.sandbox.add_fault("refused", method="POST", path=r"/reversals$")
        await shop.post(f"/refund-requests/{asked['id']}/grant", {"answer": "fine"}, by=act.who, expect=200)
        code = {"kind": "release", "item_id": str(await act.release()), "count": 1, "note": "fair"}
        await shop.post(f"/artists/{act.id}/download-codes", code, by=act.who, expect=201)
        await shop.stage.settle()
        shop.stage.sandbox.clear_faults(in_vain["id"])
        await shop.buy(who, await act.selling(f"Pays what is owed {i}"))
        await shop.stage.settle()
    for i in range(times):
        await shop.post("/cart/items", {"product_id": await act.selling(f"CartLine {i}")}, by=who, expect=200)


async def test_a_list_goes_on_where_the_last_page_ended(shop: Shop) -> None:
    act = await shop.artist()
    who = visiting(act.person, "artist")
    await _fill(shop, act, who, 3)
    for path in LISTS:
        address = path.format(artist=act.id)
        everything = (await shop.get(address, by=who))["items"]
        assert len(everything) >= 3, path
        if path == "/cart":  # shown as a whole
            continue
        pages: list[Any] = []
        cursor: dict[str, str] = {}
        for _ in range(20):
            page = await shop.get(address, by=who, limit=2, **cursor)
            pages += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert pages == everything, path
        await shop.get(address, 400, by=who, cursor="damaged")


async def test_an_artists_lists_are_for_its_people(shop: Shop) -> None:
    act, other = await shop.artist("Anna"), await shop.artist("Ben")
    for path in LISTS:
        if "{artist}" in path:
            address = path.format(artist=act.id)
            await shop.get(address, 403, by=other.who)
            await shop.get(address, by=visiting(None, "admin"))
    await shop.get(f"/artists/{act.id}/payouts", 403, by=other.who)
