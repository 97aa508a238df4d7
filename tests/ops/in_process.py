"""A command of `veza` in this process: what it prints and its exit code, without the two seconds a process starts in.

For facts that are about the command, not about a process; one test of each command stays outside (`commands.veza`).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veza.__main__ import _build, _pages, _sealed
from veza.ops.application import Program
from veza.ops.cli import command_line


def veza(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `cwd` with nothing but `environment` set, as `commands.veza` does."""
    program = Program(build=_build, pages=_pages, sealed=_sealed)
    with pytest.MonkeyPatch.context() as there:
        for name in set(os.environ) - {"PATH", "HOME"}:
            there.delenv(name)
        for name, value in environment.items():
            there.setenv(name, value)
        there.chdir(cwd)
        done = CliRunner().invoke(command_line(program), list(arguments), obj=program)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
