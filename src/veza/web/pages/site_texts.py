"""Imprint, terms and privacy as the site's owner wrote them, and the page on which they are written."""

from __future__ import annotations

from litestar.di import NamedDependency

from veza.accounts import site_texts
from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.accounts.site_texts import LONGEST, SiteTextName, UnknownSiteText
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.plain_text import as_html
from veza.web.site import Site
from veza.web.words import SITE_TEXTS

_EDITOR = "/operator/site"


@page("/imprint", permission=Permission.BROWSE)
async def imprint_page(session: Session, identity: Identity) -> Shown:
    """Who runs the site."""
    return await _text_page(session, identity, SiteTextName.IMPRINT)


@page("/terms", permission=Permission.BROWSE)
async def terms_page(session: Session, identity: Identity) -> Shown:
    """By which terms one buys."""
    return await _text_page(session, identity, SiteTextName.TERMS)


@page("/privacy", permission=Permission.BROWSE)
async def privacy_page(session: Session, identity: Identity) -> Shown:
    """What becomes of personal data."""
    return await _text_page(session, identity, SiteTextName.PRIVACY)


async def _text_page(session: Session, identity: Identity, name: SiteTextName) -> Shown:
    row = await site_texts.find(session, name)
    return Shown(
        "site_text.html", is_public=identity.person_id is None, called=SITE_TEXTS[name], text=as_html(row.text),
        updated_at=row.updated_at,
    )  # fmt: skip


@page(_EDITOR, permission=Permission.SITE)
async def site_texts_page(session: Session, form: Form) -> Shown:
    """The three texts, each in a form of its own."""
    return Shown("site_texts.html", written=await site_texts.written(session), names=SITE_TEXTS, most=LONGEST)


@form(f"{_EDITOR}/{{name:str}}", permission=Permission.SITE, shows=site_texts_page)
async def write_site_text(session: Session, name: str, form: Form, site: NamedDependency[Site]) -> See:
    """Keep one text; an empty one takes its page away."""
    if name not in SITE_TEXTS:
        raise UnknownSiteText(name)
    which = SiteTextName(name)
    await site_texts.write(session, which, form.value(name))
    site.footing.changed()
    if not form.value(name).strip():
        return See(_EDITOR, gettext("Its page is gone."))
    return See(_EDITOR, gettext("It is out."))
