"""What is public, who may act for an artist and who may hear a track are decided in one place each.

Every module's syntax tree is read for what only such a place may read; a second copy of a rule cannot do without it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import veza

ROOT = Path(veza.__file__).parent
# The lab plays the outside world: its rosters are no rows of ours.
MODULES = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.rglob("*.py")) if ROOT / "lab" not in path.parents}

VISIBILITY, RELEASES = "catalog/visibility.py", "catalog/releases.py"
ACTING, MEMBERS, ARTISTS = "catalog/acting.py", "catalog/members.py", "catalog/artists.py"
COMMENTS, PLAYLISTS = "community/comments.py", "community/playlists.py"

HOMES: dict[str, frozenset[str]] = {
    # what is public
    "published": frozenset({VISIBILITY, RELEASES}),
    "hidden_at": frozenset({VISIBILITY}),
    "hidden_at of self": frozenset({COMMENTS, PLAYLISTS}),
    "hidden_at of comment": frozenset({COMMENTS}),
    "hidden_at of Playlist": frozenset({PLAYLISTS}),
    "hidden_at of model": frozenset({"catalog/subjects.py"}),
    "HiddenTrack": frozenset({VISIBILITY, "catalog/subjects.py", "catalog/listings.py", "catalog/sitemap_parts.py"}),
    # who may act for an artist
    "ArtistMember": frozenset({ARTISTS, ACTING, MEMBERS, "catalog/export.py", "catalog/erasure.py"}),
    "owner": frozenset({ACTING, MEMBERS}),
    # The page of the processing of every artist's sound is declared with it.
    "ACT_FOR_ANY": frozenset({"accounts/permissions.py", ACTING, "web/operator/processing.py"}),
    "may(PEOPLE)": frozenset(),
    "may(MONEY)": frozenset({"api/market/receipts.py"}),
    # A moderator sees what is an artist's or a person's own, hears what is to be judged, and keeps order in channels.
    "may(MODERATE)": frozenset({ACTING, PLAYLISTS, "library/access.py", "chat/seats.py"}),
    # who may hear a track
    "heard_by": frozenset(),
    "has_preview": frozenset(),
    "everybody": frozenset({"library/access.py"}),
    "Grant": frozenset({"library/grants.py", "library/access.py", "library/shelf.py"}),
    "revoked_at of Grant": frozenset({"library/grants.py"}),
    "Access": frozenset({"library/access.py"}),
}
"""What a rule is made of → the modules that may read it."""

CLASSES = {"HiddenTrack", "ArtistMember", "Grant"}
TABLES = {"hidden_tracks": "HiddenTrack", "artist_members": "ArtistMember", "grants": "Grant"}
OWN_HIDING = {"self": "self", "comment": "comment", "Playlist": "Playlist", "model": "model"}
"""Whose `hidden_at` is no part of the catalogue's rule, in the modules named above."""
HEARING = {"heard_by", "has_preview"}
"""Columns by which an artist chooses what visitors hear of a release; `library/access.py` selects them and decides."""
COMPARING = {"in_", "is_", "is_not", "constant", "literal", "bindparam", "eq", "filter_by", "any_"}
_HIDDEN_COLUMN = re.compile(r"(?:\w+_)?hidden_at")
_SQL = {
    "published": re.compile(r"status\s*(?:=|in\s*\()\s*'published'", re.IGNORECASE),
    "hidden_at": re.compile(r"\bwhere\b.*hidden_at\s+is\s", re.IGNORECASE | re.DOTALL),
    **{name: re.compile(rf"\b(?:from|join|update|into)\s+{table}\b", re.IGNORECASE) for table, name in TABLES.items()},
}


def readings(source: str) -> Iterator[tuple[int, str]]:
    """(line, what a rule is made of) for everything of that kind that the source reads."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        for what in _read_by(node, parents):
            yield node.lineno, what  # type: ignore[attr-defined]


def _read_by(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[str]:
    match node:
        case ast.Compare():
            yield from _literals([node.left, *node.comparators])
        case ast.MatchValue():
            yield from _literals([node.value])
        case ast.Call():
            yield from _called(node)
        case ast.Attribute(attr=name) if isinstance(node.ctx, ast.Load):
            yield from _attribute(node, name, parents)
        case ast.Name(id=name) if name in CLASSES:
            yield name
        case ast.ImportFrom():
            yield from (one.name for one in node.names if one.name in CLASSES)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            yield from _named(name)
        case ast.Constant(value=str(text)):
            yield from (what for what, written in _SQL.items() if written.search(text))


def _literals(nodes: list[ast.expr]) -> Iterator[str]:
    for one in nodes:
        for part in ast.walk(one) if isinstance(one, ast.Tuple | ast.List | ast.Set | ast.Constant) else ():
            if isinstance(part, ast.Constant) and part.value in ("published", "owner", "everybody"):
                yield str(part.value)


def _called(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in COMPARING:
        yield from _literals([*node.args, *(keyword.value for keyword in node.keywords)])
    if name in ("getattr", "attrgetter", "column", "literal_column"):
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield from _named(argument.value)
    if name == "may" and len(node.args) == 1 and isinstance(node.args[0], ast.Attribute):
        yield from (f"may({one})" for one in ("PEOPLE", "MONEY", "MODERATE") if node.args[0].attr == one)
    if name == "Access":
        yield "Access"


def _named(name: str) -> Iterator[str]:
    """What a string names that is used as a key, or as the name of an attribute or a column."""
    if _HIDDEN_COLUMN.fullmatch(name):
        yield "hidden_at"
    if name in HEARING:
        yield name
    if name in TABLES:
        yield TABLES[name]


def _attribute(node: ast.Attribute, name: str, parents: dict[ast.AST, ast.AST]) -> Iterator[str]:
    base = node.value.id if isinstance(node.value, ast.Name) else ""
    if _HIDDEN_COLUMN.fullmatch(name) and not _is_shown(node, parents):
        yield f"hidden_at of {base}" if base in OWN_HIDING and name == "hidden_at" else "hidden_at"
    if name in HEARING and not _is_shown(node, parents):
        yield name
    if name == "revoked_at" and base == "Grant":
        yield "revoked_at of Grant"
    if name in CLASSES or name == "ACT_FOR_ANY":
        yield name


def _is_shown(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """A column that a statement only selects: `select(…, T.hidden_at)`, `T.hidden_at.label("…")`."""
    parent = parents[node]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "label"
    return isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "select" and node in parent.args


def copies(source: str, module: str) -> list[str]:
    """What the source, standing in this module, reads of a rule that has its home elsewhere."""
    return _strangers(list(readings(source)), source, module)


def _strangers(found: list[tuple[int, str]], source: str, module: str) -> list[str]:
    lines = source.splitlines()
    return [f"{module}:{line}: {what}: {lines[line - 1].strip()}" for line, what in found if module not in HOMES[what]]


@pytest.fixture(scope="module")
def readings_of() -> dict[str, list[tuple[int, str]]]:
    """Module → what it reads of the rules; each is parsed once."""
    return {module: list(readings(path.read_text())) for module, path in MODULES.items()}


def test_no_module_holds_a_second_copy_of_a_rule(readings_of: dict[str, list[tuple[int, str]]]) -> None:
    found = [
        one for module, read in readings_of.items() for one in _strangers(read, MODULES[module].read_text(), module)
    ]
    assert found == [], f"ask {VISIBILITY}, {ACTING} or library/access.py"


def test_every_home_holds_its_rule(readings_of: dict[str, list[tuple[int, str]]]) -> None:
    found = {(what, module) for module, read in readings_of.items() for _, what in read}
    stale = [f"{what}: {module}" for what, homes in HOMES.items() for module in homes if (what, module) not in found]
    assert stale == []


PLANTED = {
    "published in a statement": 'select(Release.id).where(Release.status == "published")',
    "published the other way round": 'if "published" == release.status: pass',
    "not published": 'if row.release_status != "published": raise UnknownRelease(row.id)',
    "one of several statuses": 'if release.status in ("published", "scheduled"): pass',
    "in_": 'select(Release.id).where(Release.status.in_(["published"]))',
    "a constant": 'PUBLIC = _R.c.status == constant("published")',
    "filter_by": 'select(Release).filter_by(status="published")',
    "match": 'match release.status:\n    case "published":\n        pass',
    "raw status": "text(\"SELECT id FROM releases WHERE status = 'published'\")",
    "hidden column": "select(Release.id).where(Release.hidden_at.is_(None))",
    "hidden column of an artist": "found.where(Artist.hidden_at == None)",
    "hidden column of a table": "found.where(_A.c.hidden_at.is_(None))",
    "hidden column of an alias": "other = aliased(Release)\nfound.where(other.hidden_at.is_(None))",
    "hidden row": "if release.hidden_at is not None or artist.hidden_at: pass",
    "hidden card": "shown = [row for row in rows if row.hidden_at is None]",
    "hidden by a label": "if row.artist_hidden_at is not None: pass",
    "hidden by getattr": 'if getattr(release, "hidden_at"): pass',
    "hidden by a key": 'found.where(_R.c["hidden_at"].is_(None))',
    "hidden in raw text": 'text("SELECT id FROM artists WHERE hidden_at IS NULL")',
    "hidden tracks": "exists().where(HiddenTrack.track_id == Track.id)",
    "hidden tracks by their module": "exists().where(visibility.HiddenTrack.track_id == Track.id)",
    "hidden tracks under another name": "from veza.catalog.visibility import HiddenTrack as Gone",
    "hidden tracks in raw text": 'text("SELECT 1 FROM hidden_tracks WHERE track_id = :id")',
    "a member in a statement": "exists().where(ArtistMember.artist_id == Artist.id)",
    "a member's row": "await session.get(artists.ArtistMember, (artist_id, person_id))",
    "a member under another name": "from veza.catalog.artists import Artist, ArtistMember as Part",
    "a member's table": 'metadata.tables["artist_members"]',
    "members in raw text": 'text("SELECT 1 FROM artist_members WHERE person_id = :person")',
    "an owner": 'if await acting.role_of(session, artist_id, person_id) == "owner": pass',
    "any artist by the right to act": "identity.may(Permission.ACT_FOR_ANY)",
    "any artist by the right to manage people": "is_operator = identity.may(Permission.PEOPLE)",
    "any artist by the right to money": "return identity.may(Permission.MONEY)",
    "a grant in a statement": "exists().where(Grant.person_id == person_id, Grant.item_id == item_id)",
    "a grant by its module": "select(grants.Grant.id).where(grants.Grant.person_id == person_id)",
    "a grant that is alive": "mine.where(Grant.revoked_at.is_(None))",
    "grants in raw text": 'text("SELECT 1 FROM grants WHERE person_id = :person AND revoked_at IS NULL")',
    "open to everybody": 'or_(_R.c.heard_by == "everybody", _R.c.has_preview)',
    "open to everybody by its word": 'if row[1] == "everybody": pass',
    "a release with previews": "found.where(Release.has_preview)",
    "a card with previews": "plays = [row.id for row in rows if row.has_preview]",
    "previews by a key": 'if release["has_preview"]: pass',
    "any track for a moderator": "judges = identity.may(Permission.MODERATE)",
    "any playlist for a moderator": "await playlists.see(session, one, moderates=identity.may(Permission.MODERATE))",
    "an answer of one's own": 'return Access(stream=True, preview=True, download=False, because="a friend")',
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_copy_is_found(planted: str) -> None:
    for module in ("market/sales.py", "community/likes.py", "api/catalog/releases.py", "catalog/tagging.py"):
        assert copies(planted, module) != []


PLANTED_AT_HOME = {
    "the catalogue's rule beside the comments'": (COMMENTS, "found.where(Release.hidden_at.is_(None))"),
    "the catalogue's rule beside the playlists'": (PLAYLISTS, "if track_row.hidden_at is None: pass"),
    "what is hidden beside a release's states": (RELEASES, "return self.is_published and self.hidden_at is None"),
    "who may act beside what is public": (VISIBILITY, "exists().where(ArtistMember.artist_id == Artist.id)"),
    "what is public beside who may act": (ACTING, "if artist.hidden_at is None: pass"),
    "what is alive beside what is owned": ("library/shelf.py", "mine.where(Grant.revoked_at.is_(None))"),
    "who may hear beside what is public": (VISIBILITY, "found.where(Release.has_preview)"),
    "who may hear beside who may act": (ACTING, 'if release.heard_by == "everybody": pass'),
    "what is public beside who may hear": ("library/access.py", 'if status == "published": pass'),
}


@pytest.mark.parametrize(("module", "planted"), PLANTED_AT_HOME.values(), ids=PLANTED_AT_HOME.keys())
def test_a_home_of_one_rule_is_no_home_of_another(module: str, planted: str) -> None:
    assert copies(planted, module) != []


HARMLESS = {
    "asking for the condition": "select(Release.id).where(VISIBLE_RELEASE)",
    "asking the predicate": "if visibility.release_is_public(release, artist): pass",
    "asking who may act": "await acting.acts_for(session, artist_id, identity)",
    "asking what a moderator judges": "judged = await access.judged_by(session, identity, release_id)",
    "showing who hears it": "select(_R.c.heard_by, _R.c.has_preview)",
    "asking who may hear": "found = await access.may(session, identity.person_id, track)",
    "moving a release": 'await machine.move(session, release, "published", because="x")',
    "an example": 'EXAMPLE = {"status": "published", "hidden_at": None}',
    "showing the column": 'select(Artist.id, Artist.hidden_at, Release.hidden_at.label("release_hidden_at"))',
    "a member's part in words": 'what = {"owner": "an owner", "member": "a member"}',
    "becoming an owner": 'await add_member(session, artist, person_id, "owner", limits=limits)',
    "a batch of codes": "found.where(CodeBatch.revoked_at.is_(None))",
    "a permission of a route": "opt=needs(Permission.PEOPLE)",
    "giving a grant": "await grants.give(session, given, because='bought')",
}


@pytest.mark.parametrize("harmless", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_asks_the_one_place_is_left_alone(harmless: str) -> None:
    assert copies(harmless, "market/sales.py") == []
