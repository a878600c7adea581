"""The page is safe whatever classes, files and steps are called."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import final

from netlang.backends.torch.look.page import page_of, write_page
from netlang.targets.looking import ViewSeen

HOSTILE = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "../../etc/passwd",
    "' onmouseover='x", "&lt;b&gt;", "a\x00b\x1b[31m\u202e\n</style>", "日本", "--><!--",
)  # fmt: skip
ALLOWED = {
    "html": {"lang"}, "head": set(), "title": set(), "style": set(), "body": set(), "h1": set(),
    "p": {"class"}, "h2": {"id"}, "table": set(), "tr": set(), "td": set(), "th": set(),
    "meta": {"charset", "name", "content", "http-equiv"}, "img": {"alt", "src"},
}  # fmt: skip


@final
class Reader(HTMLParser):
    """Collects texts, and refuses whatever the page has no use for."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        self.sources += [value or "" for name, value in attrs if name == "src"]

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_nothing_becomes_markup(tmp_path: Path) -> None:
    picture = tmp_path / "<b>.png"
    picture.write_bytes(b"pixels")
    for text in HOSTILE:
        views = [
            ViewSeen(text, text, text, text, ((text, text), (text, text)), (picture,)),
            ViewSeen(text, text, text, text, skipped=True),
        ]
        reader = read(page_of(views, text, text))
        assert [b64decode(each.partition(",")[2]) for each in reader.sources] == [b"pixels"]
        assert all(each.startswith("data:image/png;base64,") for each in reader.sources)
        shown = "".join(reader.texts)
        assert shown.isprintable() or not set(shown) & set("\x00\x1b\u202e")
        if text.isprintable():
            assert text in shown


def test_the_page_asks_for_nothing_outside_it(tmp_path: Path) -> None:
    page = write_page([ViewSeen("a", "b", "c", "d")], "title", "about", tmp_path / "new")
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text
    assert not re.search(r"https?:|//|url\(|@import", text)
    read(text)
