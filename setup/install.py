"""pip with one line of progress, and one sentence when it fails: a first start installs for a minute or two.

    .venv/bin/python setup/install.py LOCK_FILE

What pip says is kept in .venv/install.log.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|Temporary failure in name resolution"
    r"|Name or service not known|nodename nor servname|Network is unreachable|ProxyError|No route to host"
)
NOT_THERE = re.compile(r"Could not find a version that satisfies the requirement (\S+)")
"""PyPI has every locked package: pip says this where it was told to ask nowhere, or another index."""
NO_SPACE = re.compile(r"No space left on device")
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off")


def main(lock_file: str) -> int:
    log = Path(sys.prefix) / "install.log"
    wanted = len(re.findall(r"^[A-Za-z0-9_.-]+==", Path(lock_file).read_text(), flags=re.MULTILINE))
    steps = (
        ("--require-hashes", "-r", lock_file),
        ("--no-deps", "--no-build-isolation", "--editable", "."),
    )
    log.write_text("")
    for step in steps:
        said = run_pip(step, log, wanted)
        if said is not None:
            print(f"\nveza: {sentence(said)} (what pip said is in {log})", file=sys.stderr)
            return 1
    tell(f"Installed {wanted} packages.", end="\n")
    return 0


def run_pip(arguments: tuple[str, ...], log: Path, wanted: int) -> str | None:
    """Run pip and show how far it is; returns what it said when it failed, else None."""
    process = subprocess.Popen(  # noqa: S603  (our own words)
        [sys.executable, *PIP, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    collected, lines, done = 0, [], threading.Event()
    unpacking = threading.Thread(target=follow, args=(wanted, done))
    assert process.stdout is not None
    with log.open("a") as kept:
        for line in process.stdout:
            kept.write(line)
            lines.append(line)
            if line.startswith("Collecting "):
                collected += 1
                tell(f"Fetching {min(collected, wanted)} of {wanted} packages: {line.split()[1].split('==')[0]}")
            elif line.startswith("Installing collected packages") and collected:
                unpacking.start()  # pip says nothing meanwhile, for half a minute and more
            elif "Retrying (" in line:
                tell("The package index does not answer, trying again")
    code = process.wait()
    done.set()
    if unpacking.ident is not None:
        unpacking.join()
    return None if code == 0 else "".join(lines)


def follow(wanted: int, done: threading.Event, every_seconds: float = 0.5) -> None:
    """Show how many packages are unpacked until pip is done, by what lies in the virtual environment."""
    folder, said = Path(sysconfig.get_path("purelib")), -1
    before = sum(1 for _ in folder.glob("*.dist-info"))
    while not done.is_set():
        there = min(max(sum(1 for _ in folder.glob("*.dist-info")) - before, 0), wanted)
        if there != said:
            tell(f"Unpacking {there} of {wanted} packages")
        said = there
        done.wait(every_seconds)


def sentence(said: str) -> str:
    """Why pip failed, as far as it can be told."""
    if NO_NETWORK.search(said):
        return "the package index cannot be reached: the first start needs the network; check it, then run make again"
    if missing := NOT_THERE.search(said):
        return (
            f"the package index cannot be reached, or has no {missing[1]}: the first start needs the network; check it,"
            " then run make again"
        )
    if NO_SPACE.search(said):
        return "the disk is full: about 400 MB are needed; free some space, then run make again"
    errors = [line.strip() for line in said.splitlines() if line.startswith("ERROR:")]
    return f"pip could not install: {errors[0].removeprefix('ERROR: ') if errors else said.strip()[-200:]}"


def tell(what: str, end: str = "") -> None:
    """On a terminal one line that is written over; elsewhere a line for every tenth step would still be noise."""
    if sys.stdout.isatty():
        print(f"\r\033[K{what}", end=end, flush=True)
    elif end or what.startswith(("Unpacking 0 of", "Fetching 1 of")):
        print(what, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
