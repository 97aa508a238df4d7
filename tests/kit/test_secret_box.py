"""What is sealed is opened with any key of the box, and with none that is not in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from veza.kit.secret_box import BadKeys, CannotOpen, SecretBox, new_key


def test_what_is_sealed_says_nothing_and_is_opened_again() -> None:
    box = SecretBox([new_key()])
    sealed = box.seal("a tram full of cellos ☀")
    assert "cello" not in sealed
    assert sealed != box.seal("a tram full of cellos ☀")
    assert box.open(sealed) == "a tram full of cellos ☀"
    assert box.open_bytes(box.seal_bytes(b"\x00\xff")) == b"\x00\xff"


def test_an_older_key_still_opens_and_a_missing_one_does_not() -> None:
    old, new = new_key(), new_key()
    sealed = SecretBox([old]).seal("x")
    both = SecretBox([new, old])
    assert both.open(sealed) == "x"
    again = both.reseal(sealed)
    assert isinstance(again, str)
    assert SecretBox([new]).open(again) == "x"
    for value in (sealed, "", "x", "plain text", sealed[:-2]):
        with pytest.raises(CannotOpen):
            SecretBox([new]).open(value)
        with pytest.raises(CannotOpen):
            SecretBox([new]).reseal(value)


def test_a_box_that_runs_reads_its_file_again_once_a_key_was_added(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    path = tmp_path / "keys"
    path.write_text(old)
    running = SecretBox([old], path)
    before = running.seal("before")
    path.write_text(f"{new}\n{old}\n")
    os.utime(path, ns=(1, 1))
    assert SecretBox([new]).open(running.seal("after")) == "after"
    assert running.open(before) == "before"


@pytest.mark.parametrize("keys", [[], ["x"], [new_key()[:-4]], [new_key(), "é"]])
def test_text_that_is_no_key_is_told_so(keys: list[str]) -> None:
    with pytest.raises(BadKeys, match="veza keys new"):
        SecretBox(keys)
