"""Nothing that a stranger may make large stops the event loop: documents, pictures, hashing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from tests.stalls import LONGEST_SECONDS, watched
from veza.accounts.passwords import Passwords
from veza.api.market.receipt_documents import Documents
from veza.catalog.pictures import MOST_BYTES, make_cover
from veza.kit.digests import sha256_of
from veza.kit.elsewhere import ELSEWHERE
from veza.kit.money import Amount
from veza.market.receipts import Receipt, ReceiptLine


def _receipt(licences: list[str]) -> Receipt:
    nothing = Amount(0, "EUR")
    lines = tuple(
        ReceiptLine(f"Pack {i}", "Anna Berg", Amount(500, "EUR"), nothing, nothing, nothing, licence)
        for i, licence in enumerate(licences)
    )
    total = Amount(500 * len(lines), "EUR")
    paid_at = datetime(2026, 1, 2, tzinfo=UTC)
    return Receipt("2026-000001", "an order", paid_at, "Veza", "", "Bo", lines, total, 0, nothing, nothing)


def _large_picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (6000, 6000), "red").save(target, "PNG", compress_level=1)
    return target.getvalue()


async def test_a_receipt_of_long_licences_is_drawn_without_stopping_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = _receipt([f"{i} " + "word " * 3_900 for i in range(4)])
    with watched(monkeypatch) as stall:
        drawn = await Documents().of(receipt)
    assert drawn.startswith(b"%PDF")
    assert stall.longest_seconds < LONGEST_SECONDS, stall.where


async def test_one_long_licence_of_many_lines_is_printed_once_and_a_drawn_receipt_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    licence = "word " * 3_900
    documents = Documents()
    drawn = await documents.of(_receipt([licence] * 40))
    assert len(drawn) < 2 * len(await documents.of(_receipt([licence])))

    async def never(*_: object) -> bytes:
        raise AssertionError("drawn again")

    monkeypatch.setattr(ELSEWHERE, "run", never)
    assert await documents.of(_receipt([licence] * 40)) == drawn


async def test_kept_receipts_are_bounded_in_bytes() -> None:
    documents = Documents(most_bytes=5_000)
    for i in range(6):
        await documents.of(_receipt([f"licence {i}"]))
    assert 0 < sum(map(len, documents._kept.values())) == documents._bytes <= 5_000


async def test_a_large_picture_is_decoded_without_stopping_the_loop_or_keeping_its_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = _large_picture()
    before = _resident_kilobytes()
    with watched(monkeypatch) as stall:
        made = await ELSEWHERE.run(make_cover, source)
    assert made.sizes == [96, 256, 512, 1024]
    assert stall.longest_seconds < LONGEST_SECONDS, stall.where
    # 36 million pixels are 144 MB once decoded: here none of it was, and the process that did it has ended.
    assert _resident_kilobytes() - before < 16 * 1024
    assert ELSEWHERE._process is None


async def test_hashing_does_not_stop_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, picture = Passwords(), bytes(MOST_BYTES)
    with watched(monkeypatch) as stall:
        await sha256_of(picture)
        await passwords.verify(None, "a long enough secret", "192.0.2.1")
    assert stall.longest_seconds < LONGEST_SECONDS, stall.where


def _resident_kilobytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
