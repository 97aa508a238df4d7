"""Findings are read and resolved once; a comparison with the provider says what differs and mends it when asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.money.conftest import ORDER, Counter
from tests.client import UNKNOWN_ID
from veza.kit.messages import verbatim
from veza.money import findings
from veza.money.findings import FindingKind


async def _report(counter: Counter, count: int, kind: FindingKind = FindingKind.SURPLUS) -> None:
    async with counter.stage.database.write() as session:
        for number in range(count):
            await findings.report(
                session, kind, f"{kind} {number}", verbatim(f"number {number}"), mend=verbatim("look")
            )


async def test_findings_are_found_by_state_kind_and_payment(any_counter: Counter) -> None:
    await _report(any_counter, 3)
    await _report(any_counter, 2, FindingKind.SELLER_DEBT)
    rows = await any_counter.walk("/findings")
    assert [row["subject"] for row in rows][:2] == ["seller_debt 1", "seller_debt 0"]
    await any_counter.post(f"/findings/{rows[0]['id']}/resolve", {"note": "paid by hand"}, expect=200)
    assert len(await any_counter.walk("/findings", state="open")) == 4
    (resolved,) = await any_counter.walk("/findings", state="resolved")
    assert resolved["detail"]["resolution"] == {"by": "operator", "note": "paid by hand"}
    assert len(await any_counter.walk("/findings", kind="surplus_nobody_planned")) == 3
    assert await any_counter.walk("/findings", payment=UNKNOWN_ID) == []
    assert (await any_counter.get("/findings", expect=400, kind="odd"))["type"] == "urn:veza:problem:invalid-request"


async def test_a_finding_is_resolved_once(any_counter: Counter) -> None:
    await _report(any_counter, 1)
    (row,) = await any_counter.walk("/findings")
    path = f"/findings/{row['id']}/resolve"
    await any_counter.post(path, {"note": "first"}, expect=200, key="k")
    assert (await any_counter.send("POST", path, {"note": "first"}, key="k")).headers["idempotent-replayed"] == "true"
    assert "by operator: first" in await any_counter.refused("POST", path, {"note": "second"}, 409, "already-resolved")


@pytest.mark.parametrize("body", [{}, {"note": ""}, {"note": "x" * 501}])
async def test_a_resolution_says_what_was_done(counter: Counter, body: dict[str, Any]) -> None:
    await counter.refused("POST", f"/findings/{UNKNOWN_ID}/resolve", body, 400, "invalid-request")


async def test_a_resolution_holds_no_nul(counter: Counter) -> None:
    note = {"note": "a\x00bc"}
    detail = await counter.refused("POST", f"/findings/{UNKNOWN_ID}/resolve", note, 400, "malformed-body")
    assert detail == "note: holds a NUL character"


async def test_an_unknown_finding_is_a_404(counter: Counter) -> None:
    await counter.refused("POST", f"/findings/{UNKNOWN_ID}/resolve", {"note": "done"}, 404, "not-found")


async def test_comparing_finds_a_lost_payment_and_applying_records_it(any_counter: Counter) -> None:
    payment = await any_counter.post("/payments", ORDER, expect=201)
    any_counter.stage.sandbox.add_fault("webhook_lost", times=None)
    any_counter.stage.sandbox.pay_checkout(payment["stripe_checkout_session_id"])
    looked = await any_counter.post("/reconciliations", {"since": "1d"}, expect=200)
    assert looked["compared"] == {"charges": 1, "refunds": 0, "transfers": 0, "disputes": 0}
    (difference,) = looked["differences"]
    assert (difference["kind"], difference["payment_id"]) == ("state_differs", payment["id"])
    assert (await any_counter.get(f"/payments/{payment['id']}"))["status"] == "pending"
    applied = await any_counter.post("/reconciliations", {"since": "1d", "apply": True}, expect=200, key="k")
    assert applied["applied"] == 1
    assert (await any_counter.get(f"/payments/{payment['id']}"))["status"] == "succeeded"
    await any_counter.stage.settle()
    clean = await any_counter.post("/reconciliations", expect=200)
    assert clean["differences"] == []
    again = await any_counter.send("POST", "/reconciliations", {"since": "1d", "apply": True}, key="k")
    assert (again.headers["idempotent-replayed"], again.json()) == ("true", applied)


async def test_a_provider_that_cannot_be_read_is_a_503(counter: Counter) -> None:
    counter.stage.sandbox.add_fault("error_503", path="/v1/charges")
    assert "could not be read" in await counter.refused("POST", "/reconciliations", {}, 503, "provider-unavailable")


@pytest.mark.parametrize("since", ["", "soon", "7", "-1d", "0s", "91d", "9" * 400 + "d"])
async def test_a_stretch_that_makes_no_sense_is_refused(counter: Counter, since: str) -> None:
    assert "since" in await counter.refused("POST", "/reconciliations", {"since": since}, 400, "invalid-request")
    assert counter.stage.sandbox.log.requests == 0
