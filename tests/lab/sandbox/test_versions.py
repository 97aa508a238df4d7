"""Older API versions are answered in their own shape, or refused in plain words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from veza.lab.sandbox.core import Request, Sandbox
from veza.lab.sandbox.offers.typings import api_versions
from veza.lab.sandbox.versions import CHANGES, OLDEST

from .test_shapes import SALE


def ask(
    sandbox: Sandbox, version: str, method: str, path: str, form: str = ""
) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {"authorization": "Bearer sk_test_veza", "stripe-version": version}
    body = form.encode() if method == "POST" else b""
    reply = sandbox.handle(Request(method, path, "" if body else form, headers, body))
    return reply.status, json.loads(reply.body), reply.headers


@pytest.mark.parametrize("version", ["2099-01-01", "2026-10-28", "2019-2-19", "endive", "2026-10-28.endive; beta=v1"])
def test_what_never_was_a_version_is_a_400(sandbox: Sandbox, version: str) -> None:
    status, answer, _ = ask(sandbox, version, "GET", "/v1/balance")
    assert status == 400
    assert answer["error"]["message"].startswith(f"Invalid Stripe API version: {version}.")


@pytest.mark.parametrize("version", ["2011-01-01", "2020-08-27", "2023-10-16"])
def test_a_version_too_old_is_refused_in_plain_words(sandbox: Sandbox, version: str) -> None:
    status, answer, _ = ask(sandbox, version, "GET", "/v1/balance")
    assert (
        status,
        answer["error"]["message"].startswith(f"This sandbox does not offer Stripe-Version={version}."),
    ) == (
        400,
        True,
    )


@pytest.mark.parametrize("version", [one for one in api_versions() if one >= OLDEST])
def test_every_version_since_is_answered_in_its_shape(sandbox: Sandbox, version: str) -> None:
    status, session, headers = ask(sandbox, version, "POST", "/v1/checkout/sessions", SALE)
    assert (status, headers["Stripe-Version"]) == (200, version)
    assert session["ui_mode"] == ("hosted" if version < "2026-03-25" else "hosted_page")
    assert ("shipping_details" in session) is (version < "2025-03-31")
    sandbox.pay_checkout(session["id"])
    _, paid, _ = ask(
        sandbox, version, "GET", f"/v1/checkout/sessions/{session['id']}", "expand[]=payment_intent.latest_charge"
    )
    intent = paid["payment_intent"]
    assert ("invoice" in intent, "invoice" in intent["latest_charge"]) == (version < "2025-03-31",) * 2
    _, listed, _ = ask(sandbox, version, "GET", "/v1/charges")
    assert ("invoice" in listed["data"][0]) is (version < "2025-03-31")
    _, events, _ = ask(sandbox, version, "GET", "/v1/events", "type=charge.succeeded")
    assert "invoice" not in events["data"][0]["data"]["object"]


def test_a_request_speaks_its_versions_words(sandbox: Sandbox) -> None:
    old, new = "2025-12-15.clover", "2026-10-28.endive"
    assert ask(sandbox, old, "POST", "/v1/checkout/sessions", SALE + "&ui_mode=hosted")[0] == 200
    assert ask(sandbox, new, "POST", "/v1/checkout/sessions", SALE + "&ui_mode=hosted_page")[0] == 200
    status, answer, _ = ask(sandbox, new, "POST", "/v1/checkout/sessions", SALE + "&ui_mode=hosted")
    assert (status, answer["error"]["param"]) == (400, "ui_mode")


def test_every_change_names_a_version_there_was() -> None:
    assert {change.before for change in CHANGES} <= set(api_versions())
