"""Countries and languages by their codes, as CLDR lists them (through Babel): which there are.

Reading CLDR takes a third of a second, so it is read when the first code is checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import cast

from veza.kit.field_faults import FieldFault
from veza.kit.messages import gettext

_NO_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
"""Territories of CLDR that are no countries of ISO 3166-1: parts of others, unions, and codes for tests. Kosovo (XK) is
assigned by its users, and has banks and accounts like any other."""

_SAYS_NOTHING = frozenset({"und", "xxx", "mis", "root"})
"""Codes that name no language: undetermined, uncoded, and what ID3 writes where nothing is known."""


class BadCode(FieldFault):
    """A code that is none; says which and what to write instead."""


def country(written: str) -> str:
    """The two letters of a country (ISO 3166-1), in upper case; raises BadCode."""
    code = written.strip().upper()
    if code in _countries():
        return code
    instead = _renamed_countries().get(code)
    if instead:
        renamed = gettext(
            "“{written}” is no country; write {instead} for {country}",
            written=written[:10],
            instead=instead,
            country=_countries()[instead],
        )
        raise BadCode(renamed)
    raise BadCode(
        gettext("“{written}” is no country; write its two letters (ISO 3166), such as DE", written=written[:10])
    )


def is_country(code: str) -> bool:
    """Whether a code in upper case is a country's."""
    return code in _countries()


def language(written: str) -> str:
    """The shortest code of a language (the primary subtag of BCP 47), such as de or gsw; raises BadCode.

    Longer codes (ISO 639-2, as tags of files have them) and those that were replaced are taken, too.
    """
    code = written.strip().lower()
    code = _shorter_languages().get(code, code)
    if code not in _language_codes() or code in _SAYS_NOTHING:
        raise BadCode(
            gettext(
                "“{written}” is no language; write two or three letters, such as de, en or gsw", written=written[:20]
            )
        )
    return code


def names_no_language(written: str) -> bool:
    """Whether a code says in so many words that the language is not known."""
    return written.strip().lower() in _SAYS_NOTHING


def countries_in(language: str) -> list[tuple[str, str]]:
    """Code and name of every country, by name in `language`."""
    from babel import Locale  # late: see above

    named = Locale.parse(language).territories
    return sorted(((code, str(named.get(code, name))) for code, name in _countries().items()), key=lambda one: one[1])


@cache
def _countries() -> dict[str, str]:
    """Each country's English name by its code."""
    from babel import Locale  # late: see above

    named = Locale("en").territories
    return {
        code: str(name)
        for code, name in named.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }


@cache
def _renamed_countries() -> dict[str, str]:
    """Obsolete or wrong codes, such as UK, that stand for exactly one country."""
    from babel.core import get_global

    found = cast(Mapping[str, Sequence[str]], get_global("territory_aliases"))
    return {old: new[0] for old, new in found.items() if len(new) == 1 and new[0] in _countries()}


@cache
def _language_codes() -> frozenset[str]:
    from babel import Locale

    return frozenset(str(code) for code in Locale("en").languages if "_" not in str(code))


@cache
def _shorter_languages() -> dict[str, str]:
    from babel.core import get_global

    return {old: new.partition("_")[0] for old, new in get_global("language_aliases").items()}
