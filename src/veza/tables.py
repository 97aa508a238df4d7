"""Every table of every module in one place, for migrations; importing it imports the modules."""

from __future__ import annotations

from veza.accounts import audit, links, passwords, people, roles, second_factor, sessions, site_texts, tokens
from veza.catalog import artists, covers, invitations, kept_palettes, releases, slugs, tagging, tracks, visibility
from veza.chat import channels, journal, messages, reach, reactions, sanctions
from veza.community import comments, follows, likes, playlists, preferences
from veza.http import idempotency
from veza.ingest import audio_versions, uploads
from veza.ingest import memory as ingested
from veza.kit import mail
from veza.kit.database import Base
from veza.library import grants
from veza.market import cart, codes, orders, products, receipts, refund_requests
from veza.moderation import log, notices, reports
from veza.money import backlog, nettings, operator, pace_postgres, sellers
from veza.money import facade as money
from veza.search import tables as search_tables
from veza.search.tables import is_mapped
from veza.streaming import downloads, plays, release_archives, scrobbles, stream_sessions

WITH_TABLES = (
    idempotency, backlog, nettings, operator, pace_postgres, money, sellers, people, artists, releases, tracks,
    audit, links, passwords, roles, second_factor, sessions, site_texts, tokens, mail, covers, slugs, tagging,
    audio_versions, ingested, uploads, invitations, comments, follows, likes, log, notices, playlists, reports,
    visibility, preferences, grants, downloads, plays, release_archives, scrobbles, stream_sessions, cart, codes,
    kept_palettes, orders, products, receipts, refund_requests, search_tables,
    channels, journal, messages, reach, reactions, sanctions,
)  # fmt: skip
"""Modules that map tables, or import those that do."""

METADATA = Base.metadata

__all__ = ["METADATA", "is_mapped"]
