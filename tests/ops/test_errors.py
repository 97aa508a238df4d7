"""The errors that end a command: its sentence and exit code come from a table, an error of neither table goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from veza.http.errors.table import ERRORS
from veza.kit.database_trouble import DiskFull
from veza.lab.sandbox.state import DamagedState
from veza.money.operator import ReasonMissing
from veza.ops.command import ended_by_errors, fail
from veza.ops.encryption_keys import NoKeys
from veza.ops.errors import EXIT_CODES
from veza.ops.import_report import NoSuchArtist
from veza.ops.sandbox_beside import WAY_ON


@pytest.mark.parametrize(
    ("error", "code", "way_on"),
    [
        (DiskFull("the disk is full"), 1, ""),
        (ReasonMissing("a retry"), 2, ""),
        (NoKeys("the file of keys is gone"), 1, ""),
        (NoSuchArtist("there is no artist “Ann”"), 2, ""),
        (DamagedState(Path("sandbox.db"), "it was cut off"), 1, f"; {WAY_ON}"),
    ],
)
def test_an_error_ends_a_command_with_its_sentence_and_exit_code(
    error: Exception, code: int, way_on: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, ended_by_errors():
        raise error
    assert (ended.value.exit_code, capsys.readouterr().err) == (code, f"veza: {error}{way_on}\n")


def test_a_command_that_has_said_its_sentence_ends_with_its_own_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, ended_by_errors():
        raise fail("say which", 2)
    assert (ended.value.exit_code, capsys.readouterr().err) == (2, "veza: say which\n")


def test_an_error_of_no_table_is_a_mistake_of_ours_and_goes_on() -> None:
    with pytest.raises(ZeroDivisionError), ended_by_errors():
        raise ZeroDivisionError


def test_no_error_stands_in_both_tables() -> None:
    assert EXIT_CODES.keys() & ERRORS.keys() == set()
