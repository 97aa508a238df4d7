"""What the parts of the web player do without a browser: facts in JavaScript (`facts/`), each file run by Node once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import missing
from veza.audio import boxes
from veza.audio.boxes import Coding
from veza.web.assets import ASSETS, without_comments

FACTS = Path(__file__).parent / "facts"
BOUND_SECONDS = 60
AAC_LC_44100_STEREO = b"\x12\x10"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The player as it is sent beside its facts, and initialization segments of two tracks as the server makes them."""
    folder = tmp_path_factory.mktemp("facts")
    (folder / "player").mkdir()
    for path, file in ASSETS.files.items():
        if path.startswith("scripts/player/"):
            (folder / "player" / Path(path).name).write_bytes(file.body)
    shutil.copytree(FACTS, folder / "facts")
    (folder / "package.json").write_text('{"type": "module"}')
    coding = Coding(b"mp4a", boxes.aac_config(AAC_LC_44100_STEREO), 2, 16, 44_100)
    for name, samples in (("short", 110_001), ("long", 9_000_123)):
        index = boxes.segment_index(44_100, [(20_000, 46_080)])
        (folder / f"{name}.mp4").write_bytes(boxes.init(coding, samples, 1024) + index)
    return folder


@pytest.mark.parametrize("name", sorted(path.stem for path in FACTS.glob("*_facts.js")))
def test_facts_of_the_player(folder: Path, name: str) -> None:
    node = shutil.which("node")
    if node is None:
        missing("Node is not installed (Debian: apt-get install nodejs)")
    done = subprocess.run(
        [node, f"facts/{name}.js"], cwd=folder, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in told if one["failed"]] == [], done.stderr
    assert done.returncode == 0, done.stderr
    assert len(told) == (FACTS / f"{name}.js").read_text().count("\nfact("), "each fact was looked at"


def test_a_script_is_sent_without_its_comments_and_with_its_lines() -> None:
    script = """// Of a file.
import { one } from "./one.js"; // stays

/**
 * Of a function.
 * @param {string} url
 */
export function asked(url) {
  /** Of a line. */
  return `${url}//*`; /* stays */
}
"""
    expected = """
import { one } from "./one.js"; // stays





export function asked(url) {

  return `${url}//*`; /* stays */
}
"""
    assert without_comments(script) == expected


def test_the_player_is_small() -> None:
    """All of it, compressed file by file, as browsers fetch it."""
    sizes = [len(file.gzipped or b"") for path, file in ASSETS.files.items() if path.startswith("scripts/player/")]
    assert sizes
    assert sum(sizes) < 16_500
