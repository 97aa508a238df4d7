"""A finding has its button beside its command: what it says would mend it can be done from the page."""

from __future__ import annotations

import re

from sqlalchemy import update

from tests.web.conftest import Desk
from veza.kit.messages import verbatim
from veza.money import findings
from veza.money.findings import Finding, FindingKind
from veza.money.payments import Payment
from veza.money.sellers import Seller
from veza.web.operator.finding_mends import Comparison


async def test_a_given_up_reversal_is_tried_again_from_its_finding(desk: Desk) -> None:
    row = await desk.given_up()
    page = await desk.get("/operator/findings")
    assert f'action="/operator/transfers/{row.id}"' in page.text
    fields = {"reason": "the account is open again"}
    assert (await desk.client.post(f"/operator/transfers/{row.id}", data=fields)).status_code == 303
    await desk.stage.settle()
    assert (await desk.stage.one(type(row), id=row.id)).status == "reversed"
    assert f'action="/operator/transfers/{row.id}"' not in (await desk.get("/operator/findings?show=all")).text


async def test_what_the_provider_has_and_the_database_lacks_is_recorded_by_the_button(desk: Desk) -> None:
    payment_id = await desk.stage.sell([("anna", 1000)])
    async with desk.stage.database.write("test") as session:
        await findings.report(
            session, FindingKind.STATE_DIFFERS, "a charge", verbatim("it succeeded there"),
            mend=verbatim("veza money reconcile --apply"),
            payment_id=payment_id,
        )  # fmt: skip
    page = await desk.get("/operator/findings")
    assert 'action="/operator/findings/compare"' in page.text
    comparison = Comparison(desk.stage.database, desk.stage.money.gateway)
    comparison.start()
    first = comparison._task
    comparison.start()
    assert comparison._task is first
    await comparison.finish()
    await desk.stage.settle()
    assert (await desk.stage.one(Payment, id=payment_id)).status == "succeeded"
    answer = await desk.post("/operator/findings/compare")
    assert (answer.status_code, answer.headers["location"]) == (303, "/operator/findings")
    while "are being compared" in (await desk.get("/operator/findings")).text:
        pass  # its own background task still reads from the database that the desk is about to close


async def test_a_failed_webhook_is_handled_again_from_its_finding_and_a_closed_finding_has_no_button(
    desk: Desk,
) -> None:
    async with desk.stage.database.write("test") as session:
        await findings.report(
            session,
            FindingKind.WEBHOOK_FAILED,
            "evt_1",
            verbatim("it failed eight times"),
            mend=verbatim("handle it again"),
        )
        await findings.report(
            session, FindingKind.SURPLUS, "transfer 1", verbatim("one too much"), mend=verbatim("settle it by hand")
        )
    page = (await desk.get("/operator/findings")).text
    assert len(re.findall(r'<form method="post" action="/operator/inbox/evt_1"', page)) == 1
    async with desk.stage.database.write("test") as session:
        await findings.resolve(session, FindingKind.WEBHOOK_FAILED, "evt_1")
    assert '<form method="post" action="/operator/inbox' not in (await desk.get("/operator/findings?show=all")).text
    assert {one.kind for one in await desk.stage.all(Finding) if one.resolved_at is None} == {FindingKind.SURPLUS}


async def test_a_finding_and_a_payment_name_the_seller(desk: Desk) -> None:
    row = await desk.given_up()
    async with desk.stage.database.write("test") as session:
        await session.execute(update(Seller).where(Seller.id == "anna").values(name="Tante Électrique"))
    findings_page = (await desk.get("/operator/findings")).text
    assert "<span>Try 9.00 EUR for <bdi>Tante Électrique</bdi> again</span>" in findings_page
    assert "sold by <bdi>Tante Électrique</bdi>" in findings_page
    # once for the line, once for the transfer and once for the reversal
    assert (await desk.get(f"/operator/payments/{row.payment_id}")).text.count("<bdi>Tante Électrique</bdi>") == 3


async def paid_twice(desk: Desk) -> str:
    """A second charge that names a payment which has its own; returns the charge."""
    payment_id = await desk.stage.sold([("anna", 1000)])
    about = {"transfer_group": str(payment_id), "metadata": {"veza_payment": str(payment_id)}}
    charge = desk.stage.sandbox.take_payment(1000, "eur", card="4242424242424242", **about)["id"]
    await desk.stage.settle()
    return str(charge)


async def test_a_second_charge_goes_back_by_the_form_beside_its_finding(desk: Desk) -> None:
    charge = await paid_twice(desk)
    address = f"/operator/findings/{charge}/return-charge"
    page = await desk.get("/operator/findings")
    assert f'action="{address}"' in page.text
    fields = {"reason": "the buyer paid twice"}
    answer = await desk.client.post(address, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (
        303, f"/operator/findings?show=all&returned={charge}",
    )  # fmt: skip
    after = (await desk.get(answer.headers["location"])).text
    assert f"Charge {charge} goes back to its buyer." in after
    assert f'action="{address}"' not in after
    assert desk.stage.sandbox.world.charges.rows[charge]["amount_refunded"] == 1000

    twice = await desk.client.post(address, data=fields)
    assert twice.status_code == 422  # as everywhere: http/errors/money.py
    assert "has gone back to the buyer already" in twice.text
    assert len(desk.stage.sandbox.world.refunds.rows) == 1


async def test_the_form_refuses_an_unknown_charge_a_missing_reason_and_a_stranger(desk: Desk) -> None:
    charge = await paid_twice(desk)
    told = {"reason": "the buyer paid twice"}
    for subject, fields, status, words in (
        ("ch_unknown", told, 404, "The provider has no charge ch_unknown"),
        ("ch_1%27--", told, 404, "A charge is named like ch_1."),
        (charge, {"reason": " "}, 400, "The charge was not given back"),
    ):
        answer = await desk.client.post(f"/operator/findings/{subject}/return-charge", data=fields)
        assert answer.status_code == status, answer.text
        assert words.lower() in answer.text.lower()
    async with desk.another() as stranger:
        answer = await stranger.post(f"/operator/findings/{charge}/return-charge", data=told)
        assert answer.status_code in (303, 401, 403)
        assert "returned" not in answer.headers.get("location", "")
    assert desk.stage.sandbox.world.charges.rows[charge]["amount_refunded"] == 0


async def test_a_finding_says_the_name_of_its_seller_and_an_id_where_there_is_none(desk: Desk) -> None:
    row = await desk.given_up()
    unnamed = f"could not be taken back from seller {row.seller_id}"
    for address in ("/operator", "/operator/findings"):
        assert unnamed in (await desk.get(address)).text
    async with desk.stage.database.write("test") as session:
        await session.execute(update(Seller).where(Seller.id == row.seller_id).values(name="Tante Électrique"))
    for address in ("/operator", "/operator/findings"):
        assert "could not be taken back from seller Tante Électrique" in (await desk.get(address)).text
