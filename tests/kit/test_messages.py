"""A message is an id and fields; its words are chosen where it is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from gettext import NullTranslations
from uuid import UUID

import pytest
from babel.messages.pofile import read_po

from veza.kit import messages
from veza.kit.amount import Amount
from veza.kit.catalogues import FOLDER
from veza.kit.messages import (
    from_child,
    from_json,
    gettext,
    joined,
    message_of,
    ngettext,
    packed,
    render,
    to_json,
    unpacked,
    verbatim,
)

WORDS = {
    "asked to refund {asked}, only {left} is left": "{left} restent, {asked} demandés",
    "the title": "le titre",
    "{what} is empty": "{what} est vide",
}


class French(NullTranslations):
    """A catalogue of a few messages."""

    def gettext(self, message: str) -> str:
        return WORDS.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "{n} piste" if n < 2 else "{n} pistes"


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(messages.CATALOGUES, "fr", French())
    return "fr"


def test_a_message_prints_its_english_sentence() -> None:
    asked = gettext("asked to refund {asked}, only {left} is left", asked=Amount(500, "EUR"), left=Amount(300, "EUR"))
    assert str(asked) == "asked to refund 5.00 EUR, only 3.00 EUR is left"


def test_a_reader_has_it_in_their_language(french: str) -> None:
    asked = gettext("asked to refund {asked}, only {left} is left", asked=Amount(500, "EUR"), left=Amount(300, "EUR"))
    assert render(asked, french) == "3,00\u00a0€ restent, 5,00\u00a0€ demandés"
    assert render(gettext("{what} is empty", what=gettext("the title")), french) == "le titre est vide"
    assert render(joined([ngettext("{n} track", "{n} tracks", n) for n in (1, 2)]), french) == "1 piste; 2 pistes"


def test_a_language_without_a_catalogue_is_answered_in_english() -> None:
    assert render(ngettext("{n} track", "{n} tracks", 1), "nl") == "1 track"


def test_what_a_field_holds_is_no_template() -> None:
    assert str(verbatim("{left} %s {0}")) == "{left} %s {0}"
    assert str(gettext("“{title}” is gone", title="{title!r}")) == "“{title!r}” is gone"


def test_an_error_says_its_message_or_its_own_words() -> None:
    assert message_of(LookupError(gettext("there is no refund {wanted}", wanted=7))).fields == {"wanted": 7}
    assert str(message_of(OSError(28, "No space left on device"))) == "[Errno 28] No space left on device"
    assert str(LookupError(gettext("there is no refund {wanted}", wanted=7))) == "there is no refund 7"


def test_fields_keep_their_types_in_a_database() -> None:
    fields = {
        "text": "as it is",
        "none": None,
        "n": 3,
        "share": 0.5,
        "is_late": True,
        "amount": Amount(500, "EUR"),
        "id": UUID(int=7),
        "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "on": date(2026, 1, 2),
        "what": ngettext("{n} track", "{n} tracks", 2),
        "all": joined([gettext("the title"), "b", Amount(1, "JPY")], ", "),
    }
    assert unpacked(packed(fields)) == fields


def test_a_whole_message_is_stored_as_text(french: str) -> None:
    asked = gettext("asked to refund {asked}, only {left} is left", asked=Amount(500, "EUR"), left=Amount(300, "EUR"))
    assert from_json(to_json(asked)) == asked
    assert render(from_json(to_json(asked)), french) == "3,00\u00a0€ restent, 5,00\u00a0€ demandés"
    several = ngettext("{n} track", "{n} tracks", 2)
    assert from_json(to_json(several)) == several


@pytest.mark.parametrize(
    "said",
    [
        '{"message": ["{x:>999999999}", {"x": "a"}, null]}',
        '{"message": ["{x.__class__}", {"x": "a"}, null]}',
        '{"message": ["{inner}", {"inner": {"message": ["{y:0999999999d}", {"y": 1}, null]}}, null]}',
        '{"message": 5}',
        '{"unknown": []}',
        '"only a text"',
        "[]",
        "{",
    ],
)
def test_what_a_child_process_says_is_refused_where_it_would_cost_the_parent(said: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json's own is one, too)
        from_child(said)


def test_an_honest_message_of_a_child_is_the_message() -> None:
    said = gettext("{size:,} bytes, {shown:.2f} of {name}", size=5, shown=0.5, name="a.wav")
    assert from_child(to_json(said)) == said


LATE = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "english", "in_french"),
    [
        (None, "from 2026-07-01 22:30 UTC to 2026-07-01", "from 1 juil. 2026 22:30 UTC to 1 juillet 2026"),
        (
            "Asia/Tokyo",
            "from 2026-07-02 07:30 (Asia/Tokyo) to 2026-07-02",
            "from 2 juil. 2026 07:30 (Asia/Tokyo) to 2 juillet 2026",
        ),
        ("Nowhere/Else", "from 2026-07-01 22:30 UTC to 2026-07-01", "from 1 juil. 2026 22:30 UTC to 1 juillet 2026"),
    ],
)
def test_a_time_is_told_in_its_readers_zone_and_names_it(
    french: str, zone: str | None, english: str, in_french: str
) -> None:
    said = gettext("from {at} to {until:day}", at=LATE, until=LATE)
    assert render(said, "en", zone) == english
    assert render(said, french, zone) == in_french
    assert render(joined([LATE, gettext("{inner}", inner=said)]), "en", zone).endswith(f"; {english}")


def test_no_sentence_writes_the_time_of_day_by_itself() -> None:
    with (FOLDER / "fr" / "LC_MESSAGES" / "veza.po").open("rb") as file:
        texts = [one for entry in read_po(file) for one in (entry.id, entry.string) if isinstance(one, str)]
    assert len(texts) > 1000
    assert [one for one in texts if "%H" in one] == []
