"""A browser without scripting: it shows pages, fills in their forms as they are, and follows where they lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_LEFT_OUT = ("checkbox", "radio")
"""Kinds of fields that are sent only where they are chosen."""
_WRITTEN = ("text", "email", "password", "search", "url")


@dataclass
class PageForm:
    """A form of a page: where it is sent, and what an untouched one sends."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """Names of all fields, and of buttons that have one."""
    texts: list[str] = field(default_factory=list)
    """Names of the fields that people write into."""
    most: dict[str, int] = field(default_factory=dict)
    """How many characters of them a browser takes, where it is said."""
    chosen: dict[str, str] = field(default_factory=dict)
    """What is chosen of each list of options."""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._area: str | None = None
        self._list = ""
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in of:
            self.links.append(of["href"])
        if tag == "form":
            self.forms.append(PageForm(of.get("action", "")))
            self._is_open = True
        elif self._is_open and "name" in of and tag in ("input", "button", "textarea", "select"):
            form = self.forms[-1]
            form.names.append(of["name"])
            if tag == "textarea" or (tag == "input" and of.get("type", "text") in _WRITTEN):
                form.texts.append(of["name"])
                form.most |= {of["name"]: int(of["maxlength"])} if "maxlength" in of else {}
            self._list = of["name"] if tag == "select" else ""
            if tag == "textarea":
                self._area, form.fields[of["name"]] = of["name"], ""
            elif tag == "input" and (of.get("type") not in _LEFT_OUT or "checked" in of):
                form.fields[of["name"]] = of.get("value", "on" if of.get("type") in _LEFT_OUT else "")

        elif self._is_open and tag == "option" and self._list:
            chosen = self.forms[-1].chosen
            if self._list not in chosen or "selected" in of:
                chosen[self._list] = of.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "form":
            self._is_open = False


class Page:
    """An answer as its reader sees it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self.status, self.html = answer, answer.status_code, answer.text
        parser = _Forms()
        parser.feed(self.html)
        self.forms, self.links = parser.forms, parser.links

    @property
    def text(self) -> str:
        """The words of its main part, without marks, in one line."""
        main = self.html.partition("<main")[2].partition(">")[2].partition("</main>")[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()

    @property
    def toast(self) -> str:
        """What is said once at its foot."""
        said = self.html.partition('class="toasts"')[2].partition('<nav class="tabs"')[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", said.partition(">")[2])).strip()

    def form(self, action: str) -> PageForm:
        """The form that is sent to this address, else the first whose address begins like this."""
        exact = (one for one in self.forms if one.action == action)
        return next(exact, None) or next(one for one in self.forms if one.action.startswith(action))


@dataclass
class Browser:
    """`who` are the headers of its reader."""

    client: httpx.AsyncClient
    who: dict[str, str] = field(default_factory=dict)

    async def open(self, address: str) -> Page:
        """The page at an address, after redirects within the site."""
        return Page(await self._followed(await self.client.get(address, headers=self.who)))

    async def send(self, page: Page, action: str | PageForm, **fields: str | None) -> Page:
        """The page that the form leads to; `fields` are filled in, None leaves one out."""
        return Page(await self._followed(await self.post(page, action, **fields)))

    async def post(self, page: Page, action: str | PageForm, **fields: str | None) -> httpx.Response:
        """The form's own answer; the form itself is named where two of the page are sent to one address."""
        form = page.form(action) if isinstance(action, str) else action
        assert set(fields) <= set(form.names), (fields, form.names)
        sent = {name: value for name, value in {**form.fields, **fields}.items() if value is not None}
        headers = {**self.who, "Origin": str(self.client.base_url).rstrip("/")}
        return await self.client.post(form.action, data=sent, headers=headers)

    async def _followed(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(5):
            if answer.status_code not in (301, 303, 307, 308) or not answer.headers["location"].startswith("/"):
                return answer
            answer = await self.client.get(answer.headers["location"], headers=self.who)
        raise AssertionError("redirects without an end")
