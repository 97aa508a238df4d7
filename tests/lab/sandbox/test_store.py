"""State on disk: a restart continues where the sandbox stopped."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import stripe

from veza.kit.clock import ManualClock
from veza.lab.sandbox.core import Sandbox, SandboxSettings, Store

from .conftest import Sale, client_in_process, make_sale


def start(path: Path, clock: ManualClock) -> Sandbox:
    """A new sandbox over the same file, with the same seed as before."""
    return Sandbox(clock, random.Random(7), Store(path), settings=SandboxSettings(rate_limit_per_second=None))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "sandbox.db"


async def shown(sandbox: Sandbox, sale: Sale) -> object:
    client = client_in_process(sandbox)
    transfer = await client.v1.transfers.retrieve_async(sale.transfer)
    events = await client.v1.events.list_async({"limit": 100})
    return (
        transfer.to_dict(),
        [event.to_dict() for event in events.data],
        sandbox.balance(),
        sandbox.balance(sale.seller),
        sandbox.summary()["effects"],
    )


async def test_a_restart_shows_the_same_objects(path: Path, clock: ManualClock) -> None:
    first = start(path, clock)
    sale = make_sale(first)
    await client_in_process(first).v1.transfers.reversals.create_async(sale.transfer, {"amount": 400})
    first.refund_in_dashboard(sale.charge, 500)
    before = await shown(first, sale)
    assert await shown(start(path, clock), sale) == before


async def test_keys_are_replayed_after_a_restart(path: Path, clock: ManualClock) -> None:
    first = start(path, clock)
    sale = make_sale(first)
    made = await client_in_process(first).v1.transfers.reversals.create_async(
        sale.transfer, {"amount": 400}, {"idempotency_key": "k"}
    )
    second = start(path, clock)
    again = await client_in_process(second).v1.transfers.reversals.create_async(
        sale.transfer, {"amount": 400}, {"idempotency_key": "k"}
    )
    assert again.id == made.id
    assert second.summary()["effects"]["reversals"] == 1


async def test_what_was_due_later_still_happens(path: Path, clock: ManualClock) -> None:
    first = start(path, clock)
    sale = make_sale(first, "4000000000007726")
    first.add_webhook("inprocess:inbox", ["refund.created", "refund.updated"])
    refund = first.refund_in_dashboard(sale.charge, 500)["id"]
    first.add_fault("error_then_effect", path="reversals$", delay_seconds=30)
    with pytest.raises(stripe.APIError):
        await client_in_process(first).v1.transfers.reversals.create_async(sale.transfer, {"amount": 400})
    second = start(path, clock)
    second.advance(60)
    client = client_in_process(second)
    assert (await client.v1.refunds.retrieve_async(refund)).status == "succeeded"
    assert (await client.v1.transfers.retrieve_async(sale.transfer)).amount_reversed == 400
    assert [d.type for d in second.due_deliveries()] == ["refund.created", "refund.updated"]


def test_time_switches_faults_and_the_pause_are_kept(path: Path, clock: ManualClock) -> None:
    first = start(path, clock)
    first.advance(1000)
    first.set_switches({"pending_covers_reversals": True})
    first.add_fault("error_503", times=3)
    first.pause_webhooks()
    second = start(path, clock)
    assert second.now() == clock.now().timestamp() + 1000
    assert second.settings.pending_covers_reversals
    assert [rule["kind"] for rule in second.list_faults()] == ["error_503"]
    assert second.summary()["webhooks_paused"]


def test_the_same_seed_gives_new_ids_after_a_restart(path: Path, clock: ManualClock) -> None:
    ids = set()
    for _ in range(4):
        sandbox = start(path, clock)
        ids |= {sandbox.take_payment(2000, "eur")["id"] for _ in range(5)}
    assert len(ids) == 20


def test_removed_rules_stay_removed(path: Path, clock: ManualClock) -> None:
    first = start(path, clock)
    first.add_fault("error_503")
    first.clear_faults()
    assert start(path, clock).list_faults() == []
