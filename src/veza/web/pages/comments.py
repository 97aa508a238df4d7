"""What is done with comments: replied to, corrected, taken back, hidden and shown again."""

from __future__ import annotations

from uuid import UUID

from veza.accounts.identity import Identity
from veza.accounts.permissions import Permission
from veza.community import comments
from veza.kit.database import Session
from veza.kit.messages import gettext
from veza.web.answers import Form, See
from veza.web.declared import form
from veza.web.pages.tracks import track_page

_ONE = "/tracks/{track_id:uuid}/comments/{comment_id:uuid}"


@form(f"{_ONE}/reply", permission=Permission.SAY, shows=track_page, keyed=True)
async def reply(session: Session, track_id: UUID, comment_id: UUID, identity: Identity, form: Form) -> See:
    """An answer, which stands at the moment of what it answers."""
    await comments.write(session, identity.person, track_id, 0, form.value("reply"), reply_to=comment_id)
    return _back(track_id)


@form(f"{_ONE}/edit", permission=Permission.SAY, shows=track_page)
async def edit_comment(session: Session, track_id: UUID, comment_id: UUID, identity: Identity, form: Form) -> See:
    """Its author corrects it, soon after."""
    await comments.edit(session, comment_id, identity.person, form.value("edit"))
    return _back(track_id)


@form(f"{_ONE}/delete", permission=Permission.SAY, shows=track_page)
async def take_back(session: Session, track_id: UUID, comment_id: UUID, identity: Identity) -> See:
    """Its text is gone for good."""
    await comments.remove(session, comment_id, identity.person)
    return See(f"/tracks/{track_id}#said", gettext("What you said is taken back."))


@form(f"{_ONE}/hidden", permission=Permission.SAY, shows=track_page)
async def hide_comment(session: Session, track_id: UUID, comment_id: UUID, identity: Identity, form: Form) -> See:
    """The artist's people hide it, or show it again."""
    if form.value("hidden") == "yes":
        await comments.hide(session, comment_id, identity.person)
        return See(f"/tracks/{track_id}#said", gettext("Only you and its author see it now."))
    await comments.show_again(session, comment_id, identity.person)
    return _back(track_id)


def _back(track_id: UUID) -> See:
    return See(f"/tracks/{track_id}#said")
