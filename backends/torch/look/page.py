"""The views as one HTML page without anything outside it.

Names of classes, files and steps come from strangers: every text is escaped, and the page's policy
allows no script, no link and no image but those within it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from netlang.backends.pictures import write_beside
from netlang.diagnostics.texts import visible
from netlang.targets.looking import PAGE, ViewSeen

__all__ = ["page_of", "write_page"]

_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
img-src data:; style-src 'unsafe-inline'">
"""
_STYLE = """\
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
p.about { color: #555; font-size: 0.9rem; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 0.85rem; margin: 0.5rem 0; }
th, td { text-align: left; padding: 0.15rem 0.9rem 0.15rem 0; border-bottom: 1px solid #ddd; }
</style>
"""


def page_of(seen: Sequence[ViewSeen], title: str, about: str) -> str:
    """The text of the page. The pictures are read from their .png files."""
    parts = [_HEAD, f"<title>{_text(title)}</title>\n", _STYLE, "</head>\n<body>\n"]
    parts.append(f"<h1>{_text(title)}</h1>\n<p>{_text(about)}</p>\n")
    for each in seen:
        parts += _section(each)
    return "".join((*parts, "</body>\n</html>\n"))


def _section(seen: ViewSeen) -> Iterator[str]:
    yield f'<h2 id="{_text(seen.view)}">{_text(seen.title)}</h2>\n'
    if seen.skipped:
        yield f"<p>Left out: {_text(seen.measured)}.</p>\n"
        return
    yield f"<p>{_text(seen.measured)}.</p>\n"
    for path in seen.pictures:
        if path.suffix == ".png":
            content = b64encode(path.read_bytes()).decode("ascii")
            yield f'<img alt="{_text(seen.title)}" src="data:image/png;base64,{content}">\n'
    if seen.rows:
        yield from _table(seen.rows)
    yield f'<p class="about">{_text(seen.about)}</p>\n'


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "<table>\n"
    for number, row in enumerate(rows):
        kind = "td" if number else "th"
        cells = "".join(f"<{kind}>{_text(cell)}</{kind}>" for cell in row)
        yield f"<tr>{cells}</tr>\n"
    yield "</table>\n"


def _text(text: str) -> str:
    """A text that is nothing but text, wherever it stands in the page."""
    return escape(visible(text), quote=True)


def write_page(seen: Sequence[ViewSeen], title: str, about: str, folder: Path) -> Path:
    """Write the page into a folder. Raises `NetlangError` if that fails."""
    path = folder / PAGE
    write_beside(path, page_of(seen, title, about).encode("utf-8"))
    return path
