"""Every catalogue says every sentence of the code and the templates, with the fields it has."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Message

SCRIPT = Path(__file__).resolve().parents[2] / "setup" / "catalogue.py"


@pytest.fixture(scope="module")
def catalogue() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_sentence_is_translated_with_its_fields(catalogue: ModuleType) -> None:
    assert [path.parent.parent.name for path in catalogue.catalogues()] == ["fr"]
    assert list(catalogue.problems()) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Message("there is no {what}", ""), "is not translated"),
        (Message(("{n} track", "{n} tracks"), ("{n} morceau", "")), "is not translated"),
        (Message("Cart", "Panier", flags={"fuzzy"}), "is marked as fuzzy"),
        (Message("there is no {what}", "aucun {quoi}"), "has other fields in its translation “aucun {quoi}”"),
        (Message("{n} tracks", "morceaux"), "has other fields in its translation “morceaux”"),
        (Message("The end.\n", "Fin."), "ends a line where its translation does not, or the other way round"),
        (Message(("One track", "{n} tracks"), ("Un morceau", "{n} morceaux")), None),
        (Message("on {at:%Y-%m-%d}", "le {at:%d/%m/%Y}"), None),
    ],
)
def test_a_translation_that_cannot_stand_for_its_sentence_is_named(
    catalogue: ModuleType, entry: Message, said: str | None
) -> None:
    assert list(catalogue.faults_of(entry)) == ([] if said is None else [said])


def test_a_new_sentence_gets_an_entry_and_one_that_is_gone_loses_it(catalogue: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "fr" / "LC_MESSAGES" / "veza.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Language: fr\\n"\n\nmsgid "Cart"\nmsgstr "Panier"\n\nmsgid "Gone"\nmsgstr "Parti"\n'
    )
    template = catalogue.Catalog()
    for sentence in ("Cart", "Play"):
        template.add(sentence)
    written = catalogue.updated(source, template).decode()
    assert 'msgid "Cart"\nmsgstr "Panier"' in written
    assert 'msgid "Play"\nmsgstr ""' in written
    assert "Gone" not in written
