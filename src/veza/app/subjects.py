"""What can be reported, kind by kind, as each module registers it with moderation."""

from __future__ import annotations

from veza.catalog.subjects import CATALOG_SUBJECTS
from veza.chat.subjects import CHAT_SUBJECTS
from veza.community.subjects import COMMUNITY_SUBJECTS
from veza.moderation.people import ACCOUNT_SUBJECTS
from veza.moderation.subjects import Subjects

SUBJECTS: Subjects = {**ACCOUNT_SUBJECTS, **CATALOG_SUBJECTS, **COMMUNITY_SUBJECTS, **CHAT_SUBJECTS}
