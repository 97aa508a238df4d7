"""The probe's steps, in the order they are taken; each returns what it saw, in words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from veza.lab.probe.client import Client, ProbeFailed, statuses
from veza.lab.probe.processes import Process, run_command
from veza.lab.sandbox_remote import SandboxRemote

KILL_TRIES = 5
SLOW_ANSWER_SECONDS = 1.0
"""How long the provider takes to answer while the worker is killed: the window between its effect and our record."""
EFFECT_SECONDS = 15.0
LEASE_COMES_BACK_SECONDS = 90.0
PATH = ["pending", "completed", "reversal_pending", "reversed"]


@dataclass(slots=True)
class Probe:
    """What the steps share."""

    client: Client
    sandbox: SandboxRemote
    server: Process
    worker: Process
    folder: Path
    settings: dict[str, str]
    sale: dict[str, Any] = field(default_factory=dict)
    killed: dict[str, Any] = field(default_factory=dict)


Step = Callable[[Probe], Awaitable[str]]


def must(holds: bool, otherwise: str) -> None:
    """Raises ProbeFailed with `otherwise` unless it holds."""
    if not holds:
        raise ProbeFailed(otherwise)


async def doors(probe: Probe) -> str:
    """the doors open only for who may come in"""
    client = probe.client
    ready = await client.status_of("GET", "/health/ready")
    must(ready == 200, f"/health/ready answered {ready}")
    stranger = await client.status_of("GET", "/api/v1/payments")
    must(stranger == 401, f"the API answered {stranger} without a token")
    unsigned = await client.status_of("POST", "/webhooks/stripe", b'{"object":"event"}')
    must(unsigned == 400, f"an unsigned webhook was answered with {unsigned}")
    return "ready; no token 401; unsigned webhook 400"


async def onboard(probe: Probe) -> str:
    """onboard two sellers"""
    anna, ben = await asyncio.gather(probe.client.onboard("anna", "Anna Berg"), probe.client.onboard("ben", "Ben Ito"))
    return f"anna {anna}, ben {ben}"


async def buy_and_transfer(probe: Probe) -> str:
    """buy on the pay page, and pass the sellers' shares on"""
    probe.sale = await probe.client.buy([("anna", 1200), ("ben", 800)])
    sent = {row["seller_id"]: row["sent_minor"] for row in probe.sale["transfers"]}
    must(sent == {"anna": 1080, "ben": 720}, f"the sellers were sent {sent}")
    return "20.00 EUR paid; anna was sent 10.80, ben 7.20"


async def refund_a_part(probe: Probe) -> str:
    """refund one line in part"""
    await probe.client.refund(probe.sale, 500, line=0)
    seen = await probe.client.payment_when(
        probe.sale["id"],
        "with 4.50 EUR back from anna",
        lambda payment: _reversed(payment) == {"anna": 450, "ben": 0} and statuses(payment) == {"completed"},
    )
    must({row["status"] for row in seen["refunds"]} == {"succeeded"}, f"the refunds are {seen['refunds']}")
    path = await _path(probe, seen, "anna")
    must(path[-2:] == ["reversal_pending", "completed"], f"anna's transfer went {path}")
    return "5.00 EUR refunded; 4.50 came back from anna, nothing from ben"


async def refund_the_rest(probe: Probe) -> str:
    """refund the rest: completed → reversal_pending → reversed"""
    await probe.client.refund(probe.sale, 1500)
    seen = await probe.client.payment_when(
        probe.sale["id"], "wholly reversed", lambda payment: statuses(payment) == {"reversed"}
    )
    must(_reversed(seen) == {"anna": 1080, "ben": 720}, f"reversed are {_reversed(seen)}")
    path = await _path(probe, seen, "ben")
    must(path == PATH, f"ben's transfer went {path}")
    return f"ben's transfer went {' → '.join(path)}"


async def refuse_more(probe: Probe) -> str:
    """refuse to refund what is not there"""
    body = {"payment_id": probe.sale["id"], "amount_minor": 1, "currency": "EUR", "reason": "once too often"}
    status, said = await probe.client.refused("/refunds", body)
    must(400 <= status < 500 and "0.00 EUR is left" in said, f"answered {status}: {said}")
    return f"{status}: {said}"


async def kill_the_worker(probe: Probe) -> str:
    """kill -9 the worker between the provider's answer and our record"""
    for tries in range(1, KILL_TRIES + 1):
        sale = await probe.client.buy([("anna", 1000)])
        transfer = sale["transfers"][0]
        # The webhook would tell us at once what happened; here the worker itself must find out.
        await probe.sandbox.add_fault("webhook_lost", event="transfer.reversed", object=transfer["stripe_transfer_id"])
        await probe.sandbox.add_fault(
            "slow",
            method="POST",
            path=f"/{transfer['stripe_transfer_id']}/reversals$",
            delay_seconds=SLOW_ANSWER_SECONDS,
        )
        before = (await probe.sandbox.effects())["reversals"]
        await probe.client.refund(sale, 1000)
        await _more_reversals_than(probe, before)
        await probe.worker.kill()
        seen = await probe.client.get(f"/transfers/{transfer['id']}")
        await probe.worker.start("workers are running")
        if seen["reversals"][0]["status"] == "pending":
            probe.killed = seen
            return f"hit at try {tries}: the provider has reversed, we still say {seen['status']}; a new worker runs"
    raise ProbeFailed(f"the window was not hit in {KILL_TRIES} tries")


async def lose_an_answer(probe: Probe) -> str:
    """lose the answer to a reversal that happened"""
    sale = await probe.client.buy([("ben", 1000)])
    transfer = sale["transfers"][0]
    await probe.sandbox.add_fault("webhook_lost", event="transfer.reversed", object=transfer["stripe_transfer_id"])
    await probe.sandbox.add_fault(
        "timeout_after_effect", method="POST", path=f"/{transfer['stripe_transfer_id']}/reversals$"
    )
    before = (await probe.sandbox.effects())["reversals"]
    await probe.client.refund(sale, 1000)
    seen = await probe.client.payment_when(sale["id"], "reversed", lambda one: statuses(one) == {"reversed"})
    made = (await probe.sandbox.effects())["reversals"] - before
    must(made == 1, f"{made} reversals were made")
    attempts = await _attempts(probe, seen["id"], "reversal")
    silent = any(one["detail"]["meaning"] == "silence" for one in attempts)
    must(silent and attempts[-1]["detail"]["replayed"], f"the attempts were {_said(attempts)}")
    return f"reversed once; {_said(attempts)}"


async def one_refund_per_key(probe: Probe) -> str:
    """send one request twice"""
    sale = await probe.client.buy([("anna", 600)])
    body = {"payment_id": sale["id"], "amount_minor": 100, "currency": "EUR", "reason": "sent twice"}
    one, other = await asyncio.gather(*(_post_once(probe, body) for _ in range(2)))
    must(one == other, f"one key made refunds {one} and {other}")
    return f"both were answered with refund {one}"


async def come_back(probe: Probe) -> str:
    """the killed worker's reversal comes back by its lease, and happened once"""
    transfer_id = probe.killed["id"]
    seen = await probe.client.until(
        "reversed",
        lambda: probe.client.get(f"/transfers/{transfer_id}"),
        lambda row: row["status"] == "reversed",
        seconds=LEASE_COMES_BACK_SECONDS,
    )
    listed = await probe.sandbox.reversals_of(seen["stripe_transfer_id"])
    must(len(listed) == 1, f"the provider has {len(listed)} reversals of it")
    attempts = await _attempts(probe, seen["payment_id"], "reversal")
    return f"the provider has one reversal of it, {listed[0]}; {_said(attempts)}"


async def inbox(probe: Probe) -> str:
    """every webhook was taken in and handled"""
    events = await probe.client.until(
        "all handled",
        lambda: probe.client.get("/webhook-events", limit="100"),
        lambda page: {row["state"] for row in page["items"]} <= {"handled", "ignored"},
    )
    types = {row["type"] for row in events["items"] if row["state"] == "handled"}
    needed = {"charge.succeeded", "refund.created", "transfer.created", "transfer.reversed"}
    must(needed <= types, f"of {sorted(needed)} only {sorted(needed & types)} were handled")
    return f"{len(events['items'])} events, {len(types)} kinds handled"


async def reconcile(probe: Probe) -> str:
    """the provider says the same"""

    async def compared() -> Any:
        return await probe.client.post("/reconciliations", {"since": "1d", "apply": False})

    seen = await probe.client.until("without differences", compared, lambda found: not found["differences"])
    return "compared " + ", ".join(f"{count} {what}" for what, count in seen["compared"].items())


async def check_invariants(probe: Probe) -> str:
    """the law holds"""
    code, said = await run_command(("money", "check", "--json"), probe.folder, probe.settings)
    must(code == 0, f"`veza money check` ended with {code}: {said[-300:]}")
    checked = json.loads(said)
    found = await probe.client.get("/findings", state="open")
    must(not found["items"], f"findings are open: {[one['message'] for one in found['items']]}")
    return f"{checked['checked']} payments checked, no finding is open"


async def stop(probe: Probe) -> str:
    """both processes stop when they are asked to"""
    codes = await asyncio.gather(probe.worker.stop(), probe.server.stop())
    must(not any(codes), f"they ended with {codes}")
    return "exit codes 0 and 0"


STEPS: Sequence[Step] = (
    doors,
    onboard,
    buy_and_transfer,
    refund_a_part,
    refund_the_rest,
    refuse_more,
    kill_the_worker,
    lose_an_answer,
    one_refund_per_key,
    come_back,
    inbox,
    reconcile,
    check_invariants,
    stop,
)


async def _more_reversals_than(probe: Probe, before: int) -> None:
    await probe.client.until(
        "reversed at the provider",
        probe.sandbox.effects,
        lambda seen: seen["reversals"] > before,
        seconds=EFFECT_SECONDS,
    )


def _reversed(payment: dict[str, Any]) -> dict[str, int]:
    return {row["seller_id"]: row["reversed_minor"] for row in payment["transfers"]}


async def _path(probe: Probe, payment: dict[str, Any], seller: str) -> list[str]:
    row = next(row for row in payment["transfers"] if row["seller_id"] == seller)
    return [change["target"] for change in (await probe.client.get(f"/transfers/{row['id']}"))["history"]]


async def _attempts(probe: Probe, payment_id: str, kind: str) -> list[dict[str, Any]]:
    entries = (await probe.client.get(f"/timeline/{payment_id}"))["entries"]
    return [one for one in entries if one["kind"] == "attempt" and one["by"] == f"{kind} worker"]


def _said(attempts: list[dict[str, Any]]) -> str:
    return "; ".join(one["what"] for one in attempts)


async def _post_once(probe: Probe, body: dict[str, Any]) -> str:
    return str((await probe.client.post("/refunds", body, key=f"probe-{body['payment_id']}"))["id"])
