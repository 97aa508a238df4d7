"""The doctor compares the events the provider sends with those Veza hears."""

from __future__ import annotations

from typing import Any

import pytest

from veza.generated_pages import webhook_events_page
from veza.money.webhook_events import HANDLERS
from veza.money.webhook_events_page import CONNECTED
from veza.ops.doctor_webhooks import compared
from veza.settings import Settings

URL = "https://shop.example/webhooks/stripe"
ALL = sorted(HANDLERS)


def endpoint(*events: str, url: str = URL, status: str = "enabled") -> dict[str, Any]:
    return {"object": "webhook_endpoint", "url": url, "enabled_events": list(events), "status": status}


@pytest.mark.parametrize(
    ("listed", "is_ok", "said"),
    [
        ([endpoint(*ALL)], True, f"hear all {len(ALL)} kinds"),
        ([endpoint("*")], True, "hear all"),
        ([endpoint(*ALL[:5]), endpoint(*ALL[5:])], True, "hear all"),
        ([endpoint(*ALL[1:])], False, f"the provider does not send {ALL[0]}"),
        ([endpoint(*ALL[1:]), endpoint(*ALL, status="disabled")], False, f"does not send {ALL[0]}"),
        ([endpoint("*", status="disabled")], False, "is disabled"),
        ([endpoint("*", url="https://other.example/webhooks/stripe")], False, "no endpoint at https://shop.example"),
        ([], False, "no endpoint at"),
    ],
)
def test_what_the_provider_does_not_send_is_named(listed: list[dict[str, Any]], is_ok: bool, said: str) -> None:
    finding = compared(Settings(public_url="https://shop.example"), listed)
    assert finding.ok is is_ok
    assert said in finding.detail
    assert is_ok or finding.advice


def test_the_page_names_each_event_once_and_those_of_connected_accounts_apart() -> None:
    page = webhook_events_page()
    own, connected = page.split("## Events on connected accounts")
    for name in HANDLERS:
        assert (f"- `{name}`" in connected) is (name in CONNECTED)
        assert (f"- `{name}`" in own) is (name not in CONNECTED)
