"""The templates' environment: what every template may call, and how its words get into the reader's language.

A template writes `_("Put {title} in the cart", title=title)`: the fields are escaped, the words are not, and babel
finds the sentence by that name. `said(message)` shows a message of a module.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from veza.accounts.password_strength import SHORTEST
from veza.kit.messages import catalogue, render
from veza.web import icons, local, words
from veza.web.assets import ASSETS
from veza.web.code_words import called
from veza.web.palettes import class_of, sheets_of

if TYPE_CHECKING:
    from gettext import NullTranslations

    from jinja2 import Environment
    from jinja2.runtime import Context


@cache
def environment() -> Environment:
    """One for the process; Jinja2 is imported with the first page, so that a start does not wait for it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context

    made = Environment(
        loader=PackageLoader("veza.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= words.FILTERS | {name: pass_context(one) for name, one in local.FILTERS.items()}
    made.globals |= {
        "_": pass_context(_gettext),
        "ngettext": pass_context(_ngettext),
        "said": pass_context(_said),
        "asset": ASSETS.address,
        "has_asset": ASSETS.has,
        "assets": ASSETS,
        "icon": icons.icon,
        "palette_class": class_of,
        "palette_sheets": sheets_of,
        "site_texts": words.SITE_TEXTS,
        "state": words.state,
        "called": called,
        "statuses_of": words.statuses_of,
        "password_length": SHORTEST,
    }
    return made


def _gettext(context: Context, template: str, /, **fields: Any) -> Markup:
    """A sentence in the reader's language."""
    said = _translated(catalogue(local.language_in(context)), template)
    return said.format(**fields) if fields else _finished(said)


@lru_cache(8_192)
def _translated(words_of: NullTranslations, template: str) -> Markup:
    return Markup(words_of.gettext(template))  # noqa: S704  (our own words)


@lru_cache(8_192)
def _finished(said: Markup) -> Markup:
    """A sentence without fields: a page has two hundred, and to format them was a tenth of its time."""
    return said.format()


def _ngettext(context: Context, singular: str, plural: str, n: int, /, **fields: Any) -> Markup:
    """A sentence that depends on a number."""
    chosen = catalogue(local.language_in(context)).ngettext(singular, plural, n)
    return Markup(chosen).format(n=n, **fields)  # noqa: S704  (our own words)


def _said(context: Context, message: Any) -> str:
    """A message of a module in the reader's language and time zone."""
    return render(message, local.language_in(context), local.zone_in(context))
