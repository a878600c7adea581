"""`netlang fmt`: the one layout of a `.net` file.

On entry, the text parses. On exit, its syntax tree is the same, its comments are all there, and
formatting it again changes nothing.

What the author decides, and the layout keeps:

- whether a line breaks before an arrow: a path may be one line, or continue line by line;
- whether a suite is on one line, `{ identity; linear(width) -> relu }`, or on several: a line
  break or a comment anywhere between its braces, except inside brackets, opens it, and the
  suites of an `if` and its `else`s are open together;
- a comma after the last item of a group: it keeps one line for each item;
- one blank line between statements, definitions, comments and the items of an open group (more
  become one; none stays none, but definitions of several lines have one around them);
- whether a comment has a line of its own, and how far from the text one at the end of a line is;
- numbers, strings and parentheses.

Everything else follows from rules: spaces, indentation, where lines break inside brackets, one
statement per line in an open suite, the column of the values of a recipe, the place
of a docstring and its quotes, brackets around the names of an import, and what happens to a line of
more than 100 characters, not counting its indentation (`layout.py`).
"""

from __future__ import annotations

from netlang.diagnostics.errors import InternalError
from netlang.records import no_collection
from netlang.source import Source
from netlang.syntax.format.layout import lay_out
from netlang.syntax.format.read import read
from netlang.syntax.format.same import same_meaning, tokens_of
from netlang.syntax.format.words import words
from netlang.syntax.parser import parse

__all__ = ["format_source"]


def format_source(text: str, name: str) -> str:
    """A text in the standard layout; `name` is its name in messages.

    Raises `NetlangError` for a text that doesn't parse.
    """
    parse(Source(name, text))
    tokens = tokens_of(text)
    with no_collection():
        lines = lay_out(read(words(text, tokens)))
    formatted = "".join(f"{line}\n" for line in lines)
    if formatted != text and not same_meaning(text, tokens, formatted):
        raise InternalError(f"formatting `{name}` would change what it says")
    return formatted
