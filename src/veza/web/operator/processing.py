"""The sound that is made now, waits or failed, of every artist, and trying again."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.permissions import Permission
from veza.http.requests import DoorRequest
from veza.ingest import originals, processing_lists
from veza.ingest.audio_versions import find_version
from veza.ingest.processing_lists import Which
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See, Shown
from veza.web.declared import form, page
from veza.web.pages.turning import next_address, page_of

_HERE = "/operator/processing"
ON_A_PAGE = 50


@page(_HERE, permission=Permission.ACT_FOR_ANY)
async def processing_page(session: Session, request: DoorRequest, form: Form) -> Shown:
    """What is on its way, or what failed."""
    which: Which = "failed" if request.query_params.get("show") == "failed" else "on_its_way"
    asked = page_of(request, processing_lists.SORTS, ON_A_PAGE).of(f"processing {which}")
    shown = asked.filled(await processing_lists.listed(session, asked.slice, which), lambda row: row)
    return Shown(
        "operator/processing.html", which=which, versions=shown.items, more=next_address(request, shown.next_cursor)
    )


@form(f"{_HERE}/{{version_id:uuid}}/retry", permission=Permission.ACT_FOR_ANY, shows=processing_page)
async def retry_version(session: Session, version_id: UUID) -> See:
    """A failed file is processed once more."""
    await originals.try_again(session, await find_version(session, version_id))
    return See(_HERE, gettext("It is processed once more."))
