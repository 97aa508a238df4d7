"""What the provider tells about buyers and sellers is not kept."""

from __future__ import annotations

import json

from veza.money.buyer_details import without


def test_who_the_buyer_is_is_not_kept_and_the_rest_is() -> None:
    charge = {"id": "ch_1", "amount": 500, "billing_details": {"email": "anna@example.org"}, "receipt_email": "a@b.c"}
    event = {"id": "evt_1", "data": {"object": charge, "lines": [{"customer_details": {"name": "Anna"}, "n": 1}]}}
    kept = json.loads(without(json.dumps(event), event))
    assert kept == {
        "id": "evt_1",
        "data": {
            "object": {"id": "ch_1", "amount": 500, "billing_details": None, "receipt_email": None},
            "lines": [{"customer_details": None, "n": 1}],
        },
    }


def test_who_a_seller_is_and_from_where_they_agreed_is_not_kept() -> None:
    account = {
        "id": "acct_1",
        "email": "anna@example.org",
        "business_profile": {"support_phone": "1"},
        "external_accounts": {"data": [{"account_holder_name": "Anna"}]},
        "tos_acceptance": {"ip": "192.0.2.1"},
        "capabilities": {"transfers": "active"},
    }
    kept = json.loads(without(json.dumps({"data": {"object": account}}), {"data": {"object": account}}))
    assert {name: value for name, value in kept["data"]["object"].items() if value is not None} == {
        "id": "acct_1",
        "capabilities": {"transfers": "active"},
    }


def test_what_says_nothing_of_a_buyer_stays_as_it_came() -> None:
    payload = '{ "id":  "evt_1", "type": "transfer.created" }'
    assert without(payload, json.loads(payload)) is payload
