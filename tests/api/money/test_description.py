"""Money's part of the description: who may call, how amounts are said, what lists and writes refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.money.conftest import Counter
from tests.api.walk import operations

LISTS = ("payments", "refunds", "transfers", "sellers", "findings", "webhook-events")


@pytest.fixture
async def described(counter: Counter) -> dict[str, Any]:
    return (await counter.client.get("/api/openapi.json")).json()


async def test_every_operation_is_for_the_operator(described: dict[str, Any]) -> None:
    for _, path, operation in operations(described):
        if path.startswith("/api/v1") and "webhooks/stripe" not in path:
            assert operation["security"] == [{"token": ["admin"]}, {"session": []}], path


async def test_amounts_are_described_as_whole_minor_units(described: dict[str, Any]) -> None:
    shapes = described["components"]["schemas"]
    assert "minor units" in shapes["RefundDraft"]["properties"]["amount_minor"]["description"]
    assert "currency" in shapes["RefundDraft"]["required"]
    for name, shape in shapes.items():
        for field, described_as in shape.get("properties", {}).items():
            if field.endswith("_minor"):
                assert "integer" in str(described_as), (name, field)


@pytest.mark.parametrize("listing", LISTS)
async def test_no_list_takes_another_lists_cursor_or_a_damaged_one(counter: Counter, listing: str) -> None:
    for seller_id in ("dora", "emil"):
        await counter.stage.seller(seller_id)
    foreign = (await counter.get("/sellers", limit=1))["next_cursor"]
    for cursor in ("x", "AAAA", "", foreign[:-3], *([] if listing == "sellers" else [foreign])):
        problem = await counter.get(f"/{listing}", expect=400, cursor=cursor)
        assert problem["type"] == "urn:veza:problem:bad-cursor", cursor
    for limit in (0, 201, "many"):
        problem = await counter.get(f"/{listing}", expect=400, limit=limit)
        assert problem["type"] == "urn:veza:problem:invalid-request"


@pytest.mark.parametrize("path", ["/payments", "/refunds", "/sellers", "/reconciliations"])
async def test_a_write_must_be_json_with_a_key(counter: Counter, path: str) -> None:
    form = await counter.client.post(f"/api/v1{path}", data={"a": "1"}, headers={"Idempotency-Key": "k"})
    assert (form.status_code, form.json()["type"]) == (415, "urn:veza:problem:unsupported-media-type")
    keyless = await counter.client.post(f"/api/v1{path}", json={})
    assert (keyless.status_code, keyless.json()["type"]) == (400, "urn:veza:problem:idempotency-key-missing")
    broken = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    malformed = await counter.client.post(f"/api/v1{path}", content=b'{"a":', headers=broken)
    assert (malformed.status_code, malformed.json()["type"]) == (400, "urn:veza:problem:malformed-body")
    listed = await counter.client.post(f"/api/v1{path}", json=[1], headers={"Idempotency-Key": "k"})
    assert (listed.status_code, listed.json()["type"]) == (400, "urn:veza:problem:invalid-request")
