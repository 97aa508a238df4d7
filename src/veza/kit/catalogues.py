"""Catalogues: what the sentences of Veza are in languages other than English, as files of gettext in the package.

A catalogue ships as its source, `locale/LANGUAGE/LC_MESSAGES/veza.po`, and is compiled in memory when the first reader
of its language comes: a checkout and a wheel need no further step, and a start does not wait for it (0.3 s).
`setup/catalogue.py` keeps the files current.
"""

from __future__ import annotations

from functools import cached_property
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "locale"


class Catalogue(NullTranslations):
    """One language; a sentence that its file lacks stays English."""

    def __init__(self, source: Path) -> None:
        super().__init__()
        self._source = source

    def gettext(self, message: str) -> str:
        return self._compiled.gettext(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._compiled.ngettext(msgid1, msgid2, n)

    @cached_property
    def _compiled(self) -> GNUTranslations:
        from babel.messages.mofile import write_mo  # late: they cost a tenth of a second
        from babel.messages.pofile import read_po

        compiled = BytesIO()
        with self._source.open("rb") as file:
            write_mo(compiled, read_po(file, locale=_language(self._source)))
        compiled.seek(0)
        return GNUTranslations(compiled)


def shipped() -> dict[str, NullTranslations]:
    """Language → its catalogue, for each file of the package."""
    return {_language(path): Catalogue(path) for path in sorted(FOLDER.glob("*/LC_MESSAGES/veza.po"))}


def _language(source: Path) -> str:
    return source.parent.parent.name
