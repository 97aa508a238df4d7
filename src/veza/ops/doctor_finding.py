"""One line of what `veza doctor` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` is empty when all is well."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
