"""No address asks the database once for each row: every GET sends as many statements for 8 rows as for 2."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from tests.api.conftest import Whole
from tests.api.market.conftest import open_shop
from tests.api.walk import operations
from tests.api.world import World, address_for, filled, params_for
from tests.statements import counted

FEW, MANY = 2, 8
FILES = {"exportMe", "exportPlaylist", "showReceipt", "downloadReceipt", "showCartsReceipt", "downloadCartsReceipt"}
"""These answer files; they are asked all the same."""
OF_PARTS = {
    "showOrder", "showPayment", "showRefund", "showRelease", "showCart", "showAudio", "checkMasters",
    "showReleaseDownload",
}  # fmt: skip
"""One thing whose parts grow."""


async def _asked(count: int) -> AsyncIterator[tuple[World, dict[str, tuple[int, int]]]]:
    async for shop in open_shop("sqlite+aiosqlite:///:memory:", create_tables=True):
        world = await filled(shop, count)
        sent: dict[str, tuple[int, int]] = {}
        for method, path, described in operations(world.litestar.openapi_schema.to_schema()):
            if method != "get" or not path.startswith("/api/v1/"):
                continue
            operation = described["operationId"]
            params = params_for(world, operation)
            for one in described.get("parameters", []):
                if one["name"] == "limit":
                    params["limit"] = one["schema"]["maximum"]
            with counted(shop.stage.database) as statements:
                answer = await world.client.get(address_for(world, operation, path), headers=world.who, params=params)
            assert answer.status_code == 200, (operation, answer.text)
            sent[operation] = (len([one for one in statements if one.startswith("SELECT")]), _rows(operation, answer))
        await world.close()
        yield world, sent


def _rows(operation: str, answer: httpx.Response) -> int:
    """How long the longest list in the answer is."""
    if operation in FILES:
        return 0
    body = answer.json()
    return max((len(one) for one in body.values() if isinstance(one, list)), default=0)


async def test_every_get_sends_as_many_statements_for_eight_rows_as_for_two(whole: Whole) -> None:
    gets = {
        operation["operationId"]
        for method, path, operation in operations(whole.schema)
        if method == "get" and path.startswith("/api/v1")
    }
    async for _, few in _asked(FEW):
        async for _, many in _asked(MANY):
            assert set(many) == gets
            assert {name: (few[name][0], count) for name, (count, _) in many.items() if few[name][0] != count} == {}
            # What has rows had more of them: the walk has seen lists grow, not the same few twice.
            grown = {name for name, (_, rows) in many.items() if rows >= MANY and rows > few[name][1]}
            assert {name for name in many if name.startswith("list") and name not in grown} == {"listDownloadFormats"}
            assert grown >= OF_PARTS
