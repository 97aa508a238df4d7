"""What pages load: checked types, small files, colours from the tokens alone, nothing that a strict policy refuses."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

from tests.commands import ROOT
from tests.npm import installed
from veza.web.assets import SHEETS, Assets
from veza.web.tokens import style_sheet

WEB = ROOT / "src" / "veza" / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
MOST_SCRIPT_BYTES = 40_000
MOST_STYLE_BYTES = 16_000
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab)\(|:\s*(?:white|black|red|gr[ae]y|blue)\b")


def test_every_module_passes_the_strict_checks_of_types() -> None:
    compiler = installed(ROOT) / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(compiler), "--project", str(ROOT / "tsconfig.json")],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout == ""
    assert done.returncode == 0


def test_our_own_scripts_and_styles_are_small() -> None:
    assets = Assets()
    files = assets.files
    for loaded in (assets.modules, assets.embed_modules):
        scripts = [files[address.removeprefix(f"/assets/{assets.digest}/")] for address in loaded]
        assert sum(len(file.gzipped or b"") for file in scripts) < MOST_SCRIPT_BYTES
    assert len(gzip.compress(files["veza.css"].body, 9)) < MOST_STYLE_BYTES


def test_no_script_decodes_a_whole_file() -> None:
    """Waves are drawn from the points that the server measured. An hour of sound, decoded, is 1.3 GB, and took
    pages of other players down (wavesurfer.js#1001)."""
    scripts = sorted((WEB / "scripts").rglob("*.js"))
    assert len(scripts) > 30
    assert [path.name for path in scripts if re.search(r"decodeAudioData|OfflineAudioContext", path.read_text())] == []


def test_only_the_tokens_name_a_colour() -> None:
    found = [
        f"{name}.css: {line.strip()}"
        for name in SHEETS
        if name != "tokens"
        for line in (WEB / "styles" / f"{name}.css").read_text().splitlines()
        if COLOUR.search(line)
    ]
    assert found == []


def test_the_sheet_of_tokens_is_the_one_that_the_tokens_make() -> None:
    assert (WEB / "styles" / "tokens.css").read_text() == style_sheet()


def test_every_style_sheet_is_sent() -> None:
    assert {path.stem for path in (WEB / "styles").iterdir()} == set(SHEETS)


def test_no_template_holds_a_style_or_a_script_of_its_own() -> None:
    found = [
        f"{path.relative_to(WEB)}: {match.group()}"
        for path in TEMPLATES
        for match in re.finditer(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", path.read_text())
    ]
    assert found == []


def test_an_address_changes_with_the_files(tmp_path: Path) -> None:
    before = Assets()
    for folder in ("styles", "scripts"):
        (tmp_path / folder).symlink_to(WEB / folder)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    after = Assets(tmp_path)
    assert before.address("veza.css").endswith("/veza.css")
    assert after.address("veza.css") != before.address("veza.css")
