"""Lists ask the database as often for a hundred rows as for one, page by page, and show nobody else's."""

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
        asked = await shop.post(who, f"/orders/{order['id']}/refund-requests", wanted, expect=201)
        in_vain = shop.stage.sandbox.add_fault("refused", method="POST", path=r"/reversals$")
        await shop.post(act.who, f"/refund-requests/{asked['id']}/grant", {"answer": "fine"})
        code = {"kind": "release", "item_id": str(await act.release()), "count": 1, "note": "fair"}
        await shop.post(act.who, f"/artists/{act.id}/download-codes", code, expect=201)
        await shop.stage.settle()
        shop.stage.sandbox.clear_faults(in_vain["id"])
        await shop.buy(who, await act.selling(f"Pays what is owed {i}"))
        await shop.stage.settle()
    for i in range(times):
        await shop.post(who, "/cart/items", {"product_id": await act.selling(f"CartLine {i}")})


async def test_a_list_goes_on_where_the_last_page_ended(shop: Shop) -> None:
    act = await shop.artist()
    who = visiting(act.person, "artist")
    await _fill(shop, act, who, 3)
    for path in LISTS:
        address = path.format(artist=act.id)
        everything = (await shop.get(who, address))["items"]
        assert len(everything) >= 3, path
        if path == "/cart":  # shown as a whole
            continue
        pages: list[Any] = []
        cursor: dict[str, str] = {}
        for _ in range(20):
            page = await shop.get(who, address, limit=2, **cursor)
            pages += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert pages == everything, path
        await shop.get(who, address, 400, cursor="damaged")


async def test_an_artists_lists_are_for_its_people(shop: Shop) -> None:
    act, other = await shop.artist("Anna"), await shop.artist("Ben")
    for path in LISTS:
        if "{artist}" in path:
            address = path.format(artist=act.id)
            await shop.get(other.who, address, 403)
            await shop.get(visiting(None, "admin"), address)
    await shop.get(other.who, f"/artists/{act.id}/payouts", 403)
