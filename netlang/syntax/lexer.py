"""Splits text into tokens: the part of the syntax that depends on a character's context.

On exit, a separator (`SEP`) only occurs between two statements, a keyword has its own kind only
where it acts as one, and `COMPUTED` is a brace of a computed name. The kind of a mark or keyword is
its text, any other kind is the name of its terminal in `grammar.lark`. The last token is `$END`, or
`PROBLEM` if the text can't be read further.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from itertools import islice
from typing import final

from netlang.records import Draft, field
from netlang.syntax.limits import MAX_DEPTH

__all__ = ["Lexer", "Tokens", "Words"]

_SPACE = r"[ \t\r\f]*(?:#[^\n]*)?"
# Possessive: backtracking positions for each of a million lines would take half a gigabyte.
_LINES = r"(?P<NEWLINE>\n(?:[ \t\r\f\n]++|#[^\n]*+)*+)"
_UNFINISHED = r'(?P<open_docstring>""")|(?P<open_string>")|(?P<bad_number>[0-9][0-9A-Za-z_]*)'

_COLON = re.compile(r"[ \t]*:")
_BRACE_OF_LABEL = re.compile(r"\{[^{}\n]*\}(?=[ \t]*:|[.{])")
_BLOCK_NEXT = re.compile(r"[ \t]+block[ \t]+[A-Za-z_]")
_WORD_NEXT = re.compile(r"[ \t]+[A-Za-z_]")
_LABEL_NEXT = re.compile(r'[ \t]+[A-Za-z_0-9"{]')

_OPEN_FILE = frozenset(("block", "net", "train", "from"))
_OPEN_TAP = frozenset(("input", "output", "auxiliary"))
_OPEN_STATEMENT = frozenset(("assert", "repeat"))
_BEFORE_STATEMENT = frozenset(("", "SEP", "{", "DOC"))
_BEFORE_STEP = _BEFORE_STATEMENT | {"->", ":"}
_NAME_END = frozenset(("NAME", "NUMBER", "STRING", "DIMS", ".", "COMPUTED }"))


@final
class Tokens(Draft):
    """Kinds, starts and ends in parallel lists; `problem` says why the last kind is `PROBLEM`."""

    kinds: list[str] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    problem: str = ""


@final
class Words:
    """The regular expression and the keywords, from the patterns of the grammar."""

    def __init__(
        self, patterns: list[tuple[str, str]], keywords: list[str], marks: list[str]
    ) -> None:
        named = dict(patterns)
        mark = "|".join(re.escape(text) for text in [*marks, ";"])
        terminals = [
            f"(?P<{name}>{pattern})" for name, pattern in named.items() if name != "STRING"
        ]
        # Three quotes that open an unclosed docstring aren't an empty string.
        order = [terminals[0], f'(?P<STRING>(?!"""){named["STRING"]})', *terminals[1:]]
        text = "|".join([_LINES, *order, f"(?P<MARK>{mark})", _UNFINISHED])
        self.pattern = re.compile(rf"{_SPACE}(?:{text}|(?P<END>\Z)|(?P<unknown>.))", re.DOTALL)
        self.keywords = frozenset(keywords)


@final
class Lexer:
    """Reads the characters `start` to `end` of a text once, from left to right."""

    def __init__(self, words: Words, text: str, start: int, end: int) -> None:
        self.words = words
        self.text = text
        self.end = end
        self.tokens = Tokens()
        self.before = ""
        """The kind of the token before; `COMPUTED }` and `DEF }` distinguish two closing braces."""
        self.brackets: list[str] = []
        self.in_import = False
        self.done = False
        self._matches = words.pattern.finditer(text, start, end)

    def run(self) -> Tokens:
        """All tokens."""
        self.read(None)
        return self.tokens

    def read(self, most: int | None) -> None:
        """Read the next `most` tokens or slightly fewer; `done` says whether they were the last."""
        tokens = self.tokens
        add_kind, add_start = tokens.kinds.append, tokens.starts.append
        add_end, text = tokens.ends.append, self.text
        keywords, marks = self.words.keywords, self._marks()
        for match in islice(self._matches, most):
            kind = match.lastgroup
            assert kind is not None
            start, end = match.span(kind)
            if kind == "MARK":
                kind = text[start:end]
                if kind in marks:
                    kind = marks[kind](start)
                    if tokens.problem:
                        self.done = True
                        return
            elif kind == "NAME":
                word = text[start:end]
                if word in keywords and self._is_keyword(word, start, end):
                    kind = self._keyword(word)
            elif kind == "NEWLINE":
                kind = self._separator(start)
                end = start + 1
            elif kind == "DOC":
                self._drop_separator()
            elif kind == "END":
                self._end()
                return
            elif kind not in ("STRING", "NUMBER", "DIMS"):
                self._problem(kind, start, end)
                self.done = True
                return
            if kind:
                self.before = kind
                add_kind("}" if kind == "COMPUTED }" else kind)
                add_start(start)
                add_end(end)

    def _marks(self) -> dict[str, Callable[[int], str]]:
        """The functions that decide the kind of a mark if it isn't its text."""
        return {
            ";": self._separator, "->": self._arrow, "{": self._brace, "}": self._close,
            "(": self._open, "[": self._open, ")": self._close, "]": self._close,
        }  # fmt: skip

    def _end(self) -> None:
        self._drop_separator()
        self._add("$END", self.end, self.end)
        self.done = True

    def _add(self, kind: str, start: int, end: int) -> None:
        self.tokens.kinds.append(kind)
        self.tokens.starts.append(start)
        self.tokens.ends.append(end)

    def _problem(self, what: str, start: int, end: int) -> None:
        self._add("PROBLEM", start, end)
        self.tokens.problem = what

    # --- separators -----------------------------------------------------------------------------

    def _separator(self, _: int) -> str:
        """`SEP`, or nothing if a line break or `;` doesn't separate statements."""
        if self.brackets and self.brackets[-1] in "([":
            return "" if self.text[_] != ";" else ";"
        self.in_import = False
        return "" if self.before in ("", "SEP", "{", "->") else "SEP"

    def _drop_separator(self) -> None:
        """Remove the separator before something that continues the statement."""
        tokens = self.tokens
        if tokens.kinds and tokens.kinds[-1] == "SEP":
            tokens.kinds.pop()
            tokens.starts.pop()
            tokens.ends.pop()
            self.before = tokens.kinds[-1] if tokens.kinds else ""

    def _arrow(self, _: int) -> str:
        if self.before == "SEP" and self.text[self.tokens.starts[-1]] == "\n":
            self._drop_separator()
        return "->"

    # --- brackets -------------------------------------------------------------------------------

    def _open(self, start: int) -> str:
        return self._push(self.text[start], start)

    def _push(self, kind: str, start: int) -> str:
        self.brackets.append(kind)
        if len(self.brackets) > MAX_DEPTH:
            self._problem("too_deep", start, start + 1)
        return kind

    def _brace(self, start: int) -> str:
        """A suite's brace, or that of a computed name, which has no space before it."""
        ends = self.tokens.ends
        if ends and ends[-1] == start:
            if self.before in (")", "]", "}"):
                self._problem("glued_brace", start, start + 1)
            if self.before in _NAME_END or self.before in self.words.keywords:
                return self._push("COMPUTED", start)
        if self.before in ("(", ",", "reuse"):
            return self._push("COMPUTED", start)
        if self.before in _BEFORE_STEP and _BRACE_OF_LABEL.match(self.text, start):
            return self._push("COMPUTED", start)
        return self._push("{", start)

    def _close(self, start: int) -> str:
        closing = self.text[start]
        opened = self.brackets.pop() if self.brackets else ""
        if closing == "}":
            self._drop_separator()
            return "COMPUTED }" if opened == "COMPUTED" else "}"
        return closing

    # --- words ----------------------------------------------------------------------------------

    def _is_keyword(self, word: str, start: int, end: int) -> bool:
        """Whether a reserved word acts as one here, and isn't a label, an attribute or a name."""
        text, before = self.text, self.before
        if before in (".", "reuse") or (before == "COMPUTED }" and self.tokens.ends[-1] == start):
            return False
        following = text[end : end + 1]
        if following in (".", "{") and word not in ("in", "here", "true", "false"):
            return following == "{" and not _BRACE_OF_LABEL.match(text, end)
        if (not self.brackets or self.brackets[-1] == "{") and _COLON.match(text, end):
            return False
        if word == "inline":
            return before in _BEFORE_STATEMENT and _BLOCK_NEXT.match(text, end) is not None
        if word in _OPEN_FILE:
            # In a definition, a name follows the word; `file.net(...)` calls the net of a file.
            opens = before in _BEFORE_STATEMENT or before == "inline"
            return not self.brackets and opens and following != "("
        if word in _OPEN_STATEMENT:
            return before in _BEFORE_STATEMENT
        if word in _OPEN_TAP:
            return before in _BEFORE_STATEMENT and _WORD_NEXT.match(text, end) is not None
        if word == "reuse":
            return before in _BEFORE_STEP and _LABEL_NEXT.match(text, end) is not None
        return word not in ("import", "as") or self.in_import

    def _keyword(self, word: str) -> str:
        if word == "from":
            self.in_import = True
        elif word == "else" and self.before == "SEP" and self.tokens.kinds[-2:-1] == ["}"]:
            self._drop_separator()
        return word
