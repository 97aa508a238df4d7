"""Receipts as PDF for those who ask: drawn by another process, and kept while they cannot change."""

from __future__ import annotations

from collections import OrderedDict

from veza.api.market.receipt_pdf import as_pdf
from veza.kit.elsewhere import ELSEWHERE
from veza.market.receipts import Receipt

MOST_BYTES = 16 * 1024 * 1024
"""Of documents kept in memory: thousands of plain receipts, a few dozen with long licences."""


class Documents:
    """The receipts drawn last. One is kept by all that is printed on it, so that a refund makes another."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: OrderedDict[Receipt, bytes] = OrderedDict()
        self._most_bytes, self._bytes = most_bytes, 0

    async def of(self, receipt: Receipt) -> bytes:
        """The PDF of the receipt; raises Busy, TookTooLong."""
        known = self._kept.get(receipt)
        if known is not None:
            self._kept.move_to_end(receipt)
            return known
        drawn = await ELSEWHERE.run(as_pdf, receipt)
        if receipt not in self._kept:
            self._kept[receipt] = drawn
            self._bytes += len(drawn)
        while self._bytes > self._most_bytes:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone)
        return drawn


DOCUMENTS = Documents()
"""This process's; a receipt says all that is printed, so that the same one is the same for every installation."""
