"""What a form carries through signing in: what was typed is shown, what was not is not, and no secret goes along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import veza.web
from veza.web.interrupted import TYPED_FIELDS, interrupted_by
from veza.web.proving import SECRET_FIELDS
from veza.web.words import SITE_TEXTS

TEMPLATES = Path(veza.web.__file__).parent / "templates"
FORM = re.compile(r"<form((?:\{\{.*?\}\}|\{%.*?%\}|[^>])*)>(.*?)</form>", re.DOTALL)
FIELD = re.compile(r"<(input|select|textarea|button)\b((?:\{\{.*?\}\}|\{%.*?%\}|[^>])*)>", re.DOTALL)
MACRO = re.compile(r'forms\.(text|area|choose|tick)\("(\w+)"([^\n]*?)\)\s*\}\}')
BY_MACRO = {
    "proof(": ({"password", "code"}, set[str](), set[str]()),
    "office.reason(": (set[str](), {"reason"}, set[str]()),
    "forms.key(": (set[str](), set[str](), {"key"}),
}
"""A macro → the secret, written and hidden fields it makes."""
WITHOUT_A_SESSION = (
    "plain",
    "sign_in.html",
    "sign_in_code.html",
    "sign_up.html",
    "design",
    "go_on.html",
    "token.html",
)
"""Where forms are sent by readers who are not signed in, or show off fields."""
REPEATED = frozenset({"amount", "reason"})
"""Hidden in the second step of a form, where they repeat what was typed in the first."""


@dataclass
class Fields:
    """The names of a form's fields."""

    where: str
    secret: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)


def forms() -> Iterator[Fields]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.name in WITHOUT_A_SESSION or path.parent.name in WITHOUT_A_SESSION:
            continue
        for attributes, inside in FORM.findall(path.read_text()):
            if "post" in attributes:
                yield fields_of(path.name, inside)


def fields_of(where: str, inside: str) -> Fields:
    found = Fields(where)
    for tag, attributes in FIELD.findall(inside):
        name, kind = re.search(r'name="(\w+)"', attributes), re.search(r'type="([\w-]+)"', attributes)
        if name is None:
            continue
        kind_of = kind[1] if kind else ""
        if kind_of == "password" or "one-time-code" in attributes:
            found.secret.add(name[1])
        elif tag == "textarea" or (tag == "input" and kind_of in ("", "text", "email", "datetime-local", "date")):
            found.written.add(name[1])
        else:
            found.unseen.add(name[1])
    for kind_of, name, rest in MACRO.findall(inside):
        is_secret = 'type="password"' in rest or "one-time-code" in rest
        (found.secret if is_secret else found.written if kind_of in ("text", "area") else found.unseen).add(name)
    for macro, (secret, written, unseen) in BY_MACRO.items():
        if macro in inside:
            found.secret |= secret
            found.written |= written
            found.unseen |= unseen
    if where == "site_texts.html":
        found.written |= set(SITE_TEXTS)
    found.written -= SECRET_FIELDS  # a download code
    return found


def test_of_every_form_what_was_written_is_shown_and_nothing_else() -> None:
    seen = list(forms())
    assert len(seen) > 60
    assert {name for one in seen for name in one.written} == TYPED_FIELDS
    for one in seen:
        sent = {name: f"the {name}" for name in (*one.written, *one.unseen, *one.secret)}
        carried = interrupted_by("/x", sent)
        shown = set() if carried is None else set(carried.typed)
        assert shown >= {f"the {name}" for name in one.written}, one
        assert shown.isdisjoint(f"the {name}" for name in one.unseen - REPEATED - one.written), one


def test_no_secret_of_any_form_is_carried() -> None:
    hidden = {"secret", "challenge", "token"}
    secrets = {name for one in forms() for name in one.secret} | {
        name for one in forms() for name in one.unseen & hidden
    }
    assert secrets >= {"password", "code", "current", "new", "secret"}
    assert secrets <= SECRET_FIELDS
    carried = interrupted_by("/x", {**{name: f"hush {name}" for name in secrets}, "text": "What a turn!"})
    assert carried is not None
    assert "hush" not in carried.packed


def test_a_form_of_ids_alone_is_carried_unseen_and_one_of_secrets_alone_is_not() -> None:
    liked = interrupted_by("/tracks/x/like", {"liked": "yes"})
    assert liked is not None
    assert (liked.typed, dict(liked.fields)) == ([], {"liked": "yes"})
    assert interrupted_by("/account/second-factor/first-code", {"secret": "ABCD", "code": "123456"}) is None
    assert interrupted_by("/playlists", {"key": "1", "version": "2", "next": "/x"}) is None
