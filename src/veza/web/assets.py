"""The files that pages load: style sheets joined into one, modules of JavaScript, fonts and pictures, read once.

Their address has a digest of them all (`/assets/DIGEST/…`), so that a browser may keep them for good, and modules
import each other by relative addresses. Nothing is built: what lies in `styles` and `scripts` is what is sent, scripts
without their comments.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from veza.http.requests import DoorRequest

_WEB = Path(__file__).parent
SHEETS = (
    "reset", "tokens", "fonts", "base", "layout", "button", "field", "sleeve", "wave", "tracks", "state", "buy",
    "player", "queue", "release", "studio", "checkout", "library", "orders", "settings", "lists", "search", "embed",
    "operator", "design",
)  # fmt: skip
"""The style sheets in their order; layers decide which rule wins, so that the order is for the reader."""
_LAYERS = "@layer reset, tokens, base, layout, components, pages;\n"
STYLE = "veza.css"
EMBED = "scripts/embed.js"
"""What an embedded page runs instead of `main.js`."""
EMBEDDED = frozenset({EMBED, "scripts/clock.js", "scripts/entries.js", "scripts/wave.js"})
LATER = frozenset({"scripts/suggest.js"})
"""What `main.js` loads where it is used first, beside the bound of all other scripts together."""
_PLAYER = "scripts/player/"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ".woff2": "font/woff2", ".png": "image/png", ".LICENSE": "text/plain; charset=utf-8",
}  # fmt: skip
_COMPRESSED = frozenset({".css", ".js", ".svg"})
KEPT = "public, max-age=31536000, immutable"
SHORTLY_KEPT = "public, max-age=60"
"""For an address of before an update, which a page that was open then still asks for."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, and the same by gzip where that is smaller."""

    body: bytes
    gzipped: bytes | None
    media_type: str


class Assets:
    """All files by their path below the digest."""

    def __init__(self, web: Path = _WEB) -> None:
        self._web = web

    @cached_property
    def files(self) -> dict[str, Asset]:
        """Path → file."""
        return dict(self._read())

    @cached_property
    def digest(self) -> str:
        """Of every path and every byte."""
        whole = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            whole.update(path.encode() + b"\0" + file.body)
        return whole.hexdigest()[:16]

    def address(self, path: str) -> str:
        """The address of a file. Raises KeyError for one that there is not: a mistake in a template."""
        if path not in self.files:
            raise KeyError(path)
        return f"/assets/{self.digest}/{path}"

    @cached_property
    def modules(self) -> list[str]:
        """The addresses of the site's modules: a page asks for them at once, not one after the other."""
        return [self.address(path) for path in self._scripts() if path != EMBED and path not in LATER]

    @cached_property
    def embed_modules(self) -> list[str]:
        """Likewise those of an embedded page."""
        return [self.address(path) for path in self._scripts() if path in EMBEDDED or path.startswith(_PLAYER)]

    def _scripts(self) -> list[str]:
        return [path for path in self.files if path.startswith("scripts/") and path.endswith(".js")]

    def has(self, path: str) -> bool:
        """Whether there is such a file: those of npm are missing where no registry was reached."""
        return path in self.files

    def _read(self) -> Iterator[tuple[str, Asset]]:
        sheets = "".join((self._web / "styles" / f"{name}.css").read_text() for name in SHEETS)
        yield STYLE, _asset((_LAYERS + sheets).encode(), ".css")
        for folder, prefix in (("scripts", "scripts/"), ("vendor", ""), ("static", "")):
            root = self._web / folder
            for path in sorted(root.rglob("*")) if root.is_dir() else ():
                if path.is_file() and path.suffix in _MEDIA_TYPES:
                    body = path.read_bytes()
                    if folder == "scripts":
                        body = without_comments(body.decode()).encode()
                    yield f"{prefix}{path.relative_to(root).as_posix()}", _asset(body, path.suffix)


def without_comments(script: str) -> str:
    """The same script, its lines numbered as before, without those that are comments alone: a third of what is sent.

    No text of several lines in a script has lines that look like comments.
    """
    lines, is_inside = [], False
    for line in script.split("\n"):
        begins = line.lstrip()
        is_inside = is_inside or begins.startswith("/*")
        lines.append("" if is_inside or begins.startswith("//") else line)
        is_inside = is_inside and not line.endswith("*/")
    return "\n".join(lines)


def _asset(body: bytes, suffix: str) -> Asset:
    gzipped = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED else None
    return Asset(body, gzipped, _MEDIA_TYPES[suffix])


ASSETS = Assets()


def asset_routes() -> list[HTTPRouteHandler]:
    """/assets/DIGEST/…"""

    @get("/assets/{digest:str}/{path:path}", include_in_schema=False, sync_to_thread=False)
    def asset(request: DoorRequest, digest: FromPath[str], path: FromPath[Path]) -> Response[bytes]:
        """One of the files."""
        file = ASSETS.files.get(path.as_posix().removeprefix("/"))
        if file is None:
            raise NotFoundException
        headers = {
            "Cache-Control": KEPT if digest == ASSETS.digest else SHORTLY_KEPT,
            "Content-Type": file.media_type,
            "X-Content-Type-Options": "nosniff",
        }
        if file.gzipped is None:
            return Response(file.body, headers=headers)
        headers["Vary"] = "Accept-Encoding"
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(file.body, headers=headers)
        return Response(file.gzipped, headers={**headers, "Content-Encoding": "gzip"})

    return [asset]
