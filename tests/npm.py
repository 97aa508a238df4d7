"""Packages of npm that tests drive: installed once for each lock file, beside the tests' own Python packages."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.commands import ROOT
from tests.conftest import missing

BOUND_SECONDS = 120


def installed(scripts: Path) -> Path:
    """The folder that what the lock file in `scripts` names is installed in; skips where that cannot be."""
    if shutil.which("npm") is None:
        missing("npm is not installed (Debian: apt-get install nodejs npm)")
    lock = scripts / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = ROOT / ".venv" / f"{scripts.name.replace('_', '-')}-{digest}"
    if not (folder / "installed").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # npm empties the folder first: of two at once, both fail
            _install(scripts, folder)
    return folder


def _install(scripts: Path, folder: Path) -> None:
    """Does nothing where another worker has installed it meanwhile."""
    if (folder / "installed").exists():
        return
    for name in ("package-lock.json", "package.json"):
        shutil.copy(scripts / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False)
    if done.returncode != 0:
        missing(f"{scripts.name} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    (folder / "installed").touch()
