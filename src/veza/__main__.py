"""Where the process begins: hands the composition root to the command line."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from veza.kit.resealing import SealedColumns
from veza.ops.application import Application, Process, Program
from veza.ops.cli import command_line
from veza.settings import Settings


def _build(settings: Settings, http: bool) -> Application:
    with _uncollected():
        from veza.app import build  # late: `veza --help` needs none of the modules

    return build(settings, http=http)


def _build_streaming(settings: Settings) -> Process:
    with _uncollected():
        from veza.app.apart import build_streaming

    return build_streaming(settings)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nothing of what is imported becomes garbage: looking through it while it grows takes a tenth of a start, and
    again and again afterwards."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def _pages() -> dict[Path, str]:
    from veza.generated_pages import generated_pages

    return generated_pages()


def _sealed() -> Sequence[SealedColumns]:
    from veza.app.sealed import SEALED

    return SEALED


def main() -> None:
    """Run the command line. Every file it makes is its owner's alone: database, covers, and what the sandbox keeps."""
    os.umask(0o077)
    command_line(Program(build=_build, build_streaming=_build_streaming, pages=_pages, sealed=_sealed))()


if __name__ == "__main__":
    main()
