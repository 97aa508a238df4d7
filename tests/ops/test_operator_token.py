"""The operator's token is made once, readable by its owner alone, and never silently weak."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from veza.ops.operator_token import NoToken, operator_token, token_file
from veza.settings import Settings


def test_the_first_start_makes_a_token_only_its_owner_reads_and_later_ones_keep_it(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var")
    token = operator_token(settings)
    assert len(token) >= 32
    assert operator_token(settings) == token
    assert stat.S_IMODE(token_file(settings).stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.var_dir.stat().st_mode) == 0o700


def test_a_chosen_token_leaves_no_file(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path, operator_token="chosen-by-the-operator")
    assert operator_token(settings) == "chosen-by-the-operator"
    assert not token_file(settings).exists()


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe\x00"])
def test_a_damaged_token_file_is_refused(tmp_path: Path, content: bytes) -> None:
    settings = Settings(var_dir=tmp_path)
    token_file(settings).write_bytes(content)
    with pytest.raises(NoToken, match="operator-token"):
        operator_token(settings)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoToken, match="make VAR_DIR a folder we may write to"):
        operator_token(Settings(var_dir=tmp_path / "file" / "var"))
