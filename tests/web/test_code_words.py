"""Codes are shown as words, in each language: no page prints a status, a kind or an act as it is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pytest

from tests.web.conftest import Desk
from veza.accounts.audit import Act
from veza.accounts.permissions import Role
from veza.kit.messages import Message, render
from veza.money import disputes, payments, refunds, reversals, transfers
from veza.money.causes import CauseKind
from veza.money.findings import FindingKind
from veza.money.ledger import Account
from veza.web import code_words, words

FRENCH = {"Accept-Language": "fr"}
MACHINES = (payments.machine, refunds.machine, transfers.machine, reversals.machine, disputes.machine)
OURS = {*FindingKind, *CauseKind, *Account, *(one for machine in MACHINES for one in machine.statuses)}
"""Codes that are stored here; what the provider writes is shown as it came."""


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (code_words.FINDINGS, FindingKind),
        (code_words.CAUSES, CauseKind),
        (code_words.ACTS, Act),
        (code_words.ROLES, Role),
    ],
)
def test_every_code_has_words_in_english_and_french(table: Mapping[str, Message], codes: Iterable[str]) -> None:
    assert set(table) == {str(one) for one in codes}
    for said in table.values():
        assert render(said, "fr") != str(said)


def test_every_status_of_money_has_words_in_english_and_french() -> None:
    for machine in MACHINES:
        assert machine.name in code_words.MACHINES
        for status in machine.statuses:
            label = words.state(machine.name, status).label
            assert render(label, "fr") != str(label), (machine.name, status)


async def test_no_page_of_the_operator_prints_a_code_or_an_english_word_for_one_in_french(desk: Desk) -> None:
    row = await desk.given_up()
    addresses = (
        "/operator", "/operator/transfers", f"/operator/transfers/{row.id}", f"/operator/payments/{row.payment_id}",
        "/operator/findings", "/operator/inbox", "/operator/people", "/operator/audit",
    )  # fmt: skip
    for address in addresses:
        answer = await desk.get(address, headers=FRENCH)
        assert answer.status_code == 200
        text = _running_text(answer.text)
        assert OURS & set(re.findall(r"\b[a-z]+_[a-z_]+\b", text)) == set(), address
        for english in ("seller debt", "given up", "permanently failed", "reversal pending", "posting"):
            assert english not in text, (address, english)
        if "payments/" in address:
            assert "terminé → " in text
            assert "9,00\u00a0€" in text
            assert "9.00" not in text


def _running_text(page: str) -> str:
    """What one reads of the main part; identifiers and payloads are set as code."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(code|pre)\b.*?</\1>", " ", main, flags=re.DOTALL))
