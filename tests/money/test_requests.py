"""The bodies of requests to the provider, byte for byte: a key replays only with the very same body."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from veza.money import requests
from veza.money.causes import Cause, CauseKind
from veza.money.payments import LineDraft
from veza.money.refunds import Refund
from veza.money.reversals import TransferReversal
from veza.money.transfers import SellerTransfer

ROW, PAYMENT, CAUSE = (UUID(f"01890000-0000-7000-8000-00000000000{number}") for number in (1, 2, 3))


def test_the_body_of_a_reversal() -> None:
    row = TransferReversal(id=ROW, amount_minor=900, cause_kind="refund", cause_id=CAUSE)
    body = (
        '{"amount":900,"metadata":{"veza_reversal":"01890000-0000-7000-8000-000000000001",'
        '"veza_cause":"refund 01890000-0000-7000-8000-000000000003"}}'
    )
    assert requests.reversal(row) == body
    assert requests.reversal_of(ROW, 900, Cause(CauseKind.REFUND, CAUSE)) == body


def test_the_body_of_a_refund() -> None:
    row = Refund(id=ROW, payment_id=PAYMENT, amount_minor=1000)
    assert requests.refund(row, "ch_1") == (
        '{"charge":"ch_1","amount":1000,"metadata":{"veza_refund":"01890000-0000-7000-8000-000000000001",'
        '"veza_payment":"01890000-0000-7000-8000-000000000002"}}'
    )


@pytest.mark.parametrize(("source", "said"), [("ch_1", '"source_transaction":"ch_1",'), (None, "")])
def test_the_body_of_a_transfer(source: str | None, said: str) -> None:
    row = SellerTransfer(id=ROW, payment_id=PAYMENT, seller_id="anna", currency="EUR", sent_minor=900)
    row.source_transaction = source
    assert requests.transfer(row, "acct_1") == (
        '{"amount":900,"currency":"eur","destination":"acct_1",'
        f'"transfer_group":"01890000-0000-7000-8000-000000000002",{said}'
        '"metadata":{"veza_transfer":"01890000-0000-7000-8000-000000000001",'
        '"veza_payment":"01890000-0000-7000-8000-000000000002","veza_seller":"anna"}}'
    )


def test_the_body_of_a_pay_page() -> None:
    lines = [LineDraft("anna", "Song · Anna Berg", 1000, 1000), LineDraft("ben", "Record · Ben", 700, 1000)]
    body = requests.pay_page(PAYMENT, "order-1", "EUR", lines, "https://veza.test/done", "https://veza.test/cart")
    ours = '{"veza_payment":"01890000-0000-7000-8000-000000000002","veza_order":"order-1"}'
    assert json.dumps(body, separators=(",", ":"), ensure_ascii=False) == (
        '{"mode":"payment","client_reference_id":"order-1","line_items":['
        '{"quantity":1,"price_data":{"currency":"eur","unit_amount":1000,"product_data":{"name":"Song · Anna Berg"}}},'
        '{"quantity":1,"price_data":{"currency":"eur","unit_amount":700,"product_data":{"name":"Record · Ben"}}}],'
        '"success_url":"https://veza.test/done","cancel_url":"https://veza.test/cart",'
        f'"metadata":{ours},'
        f'"payment_intent_data":{{"transfer_group":"01890000-0000-7000-8000-000000000002","metadata":{ours}}},'
        '"adaptive_pricing":{"enabled":"false"}}'
    )
