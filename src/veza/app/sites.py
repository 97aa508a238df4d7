"""The site as the settings say: its address and name, where its forms lead, and the accounts of a demo."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from veza.kit.clock import Clock
from veza.kit.messages import gettext
from veza.lab.demo import opening
from veza.settings import Settings, SettingsError
from veza.web.logo import BadLogo, Logo, logo_of
from veza.web.site import Guest, Site


def site_of(settings: Settings, clock: Clock) -> Site:
    """The site of one process."""
    guests = _guests() if settings.demo_data and settings.hosts_sandbox and not settings.is_public else ()
    return Site(
        clock, settings.base_url, settings.platform_name, _form_targets(settings), guests, _logo(settings.platform_logo)
    )


def _logo(path: str) -> Logo | None:
    try:
        return logo_of(Path(path)) if path else None
    except BadLogo as error:
        raise SettingsError([f"PLATFORM_LOGO: {error}"]) from None


def _guests() -> tuple[Guest, ...]:
    """The accounts of the demo, whose password stands in the README."""
    called = {
        f"{opening.LISTENER}-1": gettext("as a listener"),
        opening.OWNER: gettext("as the label, who runs all artists"),
        opening.OPERATOR: gettext("as the operator"),
        opening.MODERATOR: gettext("as the moderator"),
    }
    return tuple(Guest(said, opening.address_of(name), opening.PASSWORD) for name, said in called.items())


def _form_targets(settings: Settings) -> tuple[str, ...]:
    """Where forms lead by a redirect: the pages of the provider, or those of a sandbox of another address."""
    if settings.hosts_sandbox:
        return ()
    if not settings.stripe_api_base:
        return ("https://checkout.stripe.com", "https://connect.stripe.com")
    parts = urlsplit(settings.stripe_api_base)
    return (f"{parts.scheme}://{parts.netloc}",)
