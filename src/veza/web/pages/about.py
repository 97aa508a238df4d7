"""What this site is."""

from __future__ import annotations

from veza.accounts.permissions import Permission
from veza.web.answers import Shown
from veza.web.declared import page


@page("/about", permission=Permission.BROWSE)
def about_page() -> Shown:
    """What this site is, and where programs read on."""
    return Shown("about.html", is_public=True)
