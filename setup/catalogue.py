"""Keep the catalogues of translations current with the code and the templates.

    .venv/bin/python setup/catalogue.py           # every sentence of the code has its entry, none has one too many
    .venv/bin/python setup/catalogue.py --check   # say what is out of date, untranslated or not whole

A catalogue is a file of gettext, `src/veza/locale/LANGUAGE/LC_MESSAGES/veza.po`: translate by editing it, by hand or
with Poedit. An entry is found by its English sentence; where that changes, the translation is asked for anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import BytesIO, StringIO
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "veza"
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"gettext": (1,), "_": (1,), "ngettext": (1, 2)}
_WIDTH = 120
_LEFT_OUT = (
    b'"Project-Id-Version', b'"Report-Msgid-Bugs-To', b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator',
    b'"Language-Team', b'"Generated-By',
)  # fmt: skip
"""Lines of the header that say nothing, or change without a sentence changing."""


def main() -> int:
    found = [*problems()] if "--check" in sys.argv[1:] else []
    if "--check" not in sys.argv[1:]:
        template = extracted()
        for path in catalogues():
            path.write_bytes(updated(path, template))
    for sentence in found:
        print(f"catalogue: {sentence}", file=sys.stderr)
    return 1 if found else 0


def problems() -> Iterator[str]:
    """What keeps a reader of another language from reading everything in it."""
    template = extracted()
    for path in catalogues():
        name = path.relative_to(ROOT)
        if path.read_bytes() != updated(path, template):
            yield f"{name} is not what the code says: run `make format`, then translate what is new"
        for entry in _read(path):
            if entry.id:
                yield from (f"{name}: “{_first(entry)}” {fault}" for fault in faults_of(entry))


def catalogues() -> list[Path]:
    return sorted(SOURCES.glob("locale/*/LC_MESSAGES/veza.po"))


def extracted() -> Catalog:
    """Every sentence of the code and the templates, with the files it stands in."""
    catalog = Catalog(fuzzy=False)
    # Babel warns of texts with substitutions that are a message's fields, not its sentence.
    with redirect_stderr(StringIO()):
        places = sorted(extract_from_dir(SOURCES, METHODS, {}, KEYWORDS), key=lambda one: (one[0], one[1]))
    for file, _, sentence, comments, context in places:
        catalog.add(sentence, None, [(f"src/veza/{file}", None)], auto_comments=comments, context=context)
    return catalog


def updated(path: Path, template: Catalog) -> bytes:
    """The file's text with an entry for each sentence of `template` and no other; translations stay."""
    catalog = _read(path)
    catalog.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    written = BytesIO()
    write_po(written, catalog, width=_WIDTH, include_lineno=False)
    return b"".join(line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(_LEFT_OUT))


def faults_of(entry: Message) -> Iterator[str]:
    """Why an entry cannot stand for its sentence: without a translation, doubted, or with other fields."""
    ids, said = _forms(entry.id), _forms(entry.string)
    if not all(said) or (entry.pluralizable and len(said) < 2):
        yield "is not translated"
        return
    if entry.fuzzy:
        yield "is marked as fuzzy"
    wanted = [set(_fields(one)) for one in ids]
    for form in said:
        if set(_fields(form)) not in wanted:
            yield f"has other fields in its translation “{form}”"
        if form.endswith("\n") != ids[-1].endswith("\n"):
            yield "ends a line where its translation does not, or the other way round"


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _first(entry: Message) -> str:
    return _forms(entry.id)[0]


def _fields(template: str) -> Iterator[str]:
    """The fields' names; how each is written is the translator's own."""
    return (name for _, name, _, _ in Formatter().parse(template) if name is not None)


if __name__ == "__main__":
    sys.exit(main())
