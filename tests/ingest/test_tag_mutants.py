"""Hostile recordings and ZIPs that are to become drafts; `make soak` sends 2,000 of each, of a new seed."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.commands import ROOT


def test_hostile_recordings_and_zips_are_read_or_refused_within_their_limits() -> None:
    command = [sys.executable, "-m", "tests.ingest.tag_mutants", "--seed", "1", "--count", "60"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = json.loads(done.stdout)
    assert found["troubles"] == []
    assert set(found["recordings"]) == {"read", "refused"}
    assert set(found["zips"]) == {"read", "left out", "refused"}
