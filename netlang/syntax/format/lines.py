"""Lines under construction: the current text, its indentation, and its queued comments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from netlang.syntax.format.words import Comment, Word

__all__ = ["INDENT", "Lines"]

INDENT = 4


@final
class Lines:
    """Finished lines and the one being written.

    A comment inside what is now one line moves to its end; of several, the last one moves there and
    the others to lines of their own before it.
    """

    def __init__(self) -> None:
        self.done: list[str] = []
        self.indent = 0
        self.width = 0
        """Characters of the current line, without its indentation."""
        self._texts: list[str] = []
        self._comments: list[Comment] = []

    def text(self, text: str, spaced: bool) -> None:
        if self.width and spaced:
            self._texts.append(" ")
            self.width += 1
        self._texts.append(text)
        self.width += len(text)

    def pad(self, width: int) -> None:
        """Add spaces up to a width."""
        self._texts.append(" " * (width - self.width))
        self.width = width

    def word(self, word: Word) -> None:
        """Write a word with its comments; at the start of a line, those before it are written."""
        if self.width:
            self._comments += word.before
        self.text(word.text, word.spaced)
        self.behind(word)

    def behind(self, word: Word) -> None:
        """Queue the comment after a word."""
        if word.after:
            self._comments.append(word.after)

    def comments(self, comments: Iterable[Comment]) -> None:
        """Queue comments from inside the current line."""
        self._comments += comments

    def above(self, word: Word, blanks: bool, closing: bool = False) -> None:
        """Write the comments and, up to `blanks`, the blank lines before a word that begins a line.

        There is no blank line directly before a word that closes something.
        """
        for comment in word.before:
            if comment.blank and blanks:
                self.done.append("")
            self.done.append(" " * self.indent + comment.text)
            blanks = True
        if word.blank and blanks and not closing:
            self.done.append("")

    def raw(self, lines: list[str]) -> None:
        """Write lines of a text that begins a line; the last one remains the current line."""
        *whole, last = lines
        margin = " " * self.indent
        self.done += [margin + line if line else "" for line in whole]
        self.text(last, False)

    def end(self, indent: int) -> None:
        """End the line, if there is one, and set the indentation of the next."""
        if self.width:
            self._flush()
        self.indent = indent

    def _flush(self) -> None:
        text = "".join(self._texts)
        margin = " " * self.indent
        last = ""
        if self._comments:
            own, last = self._sorted(text)
            self.done.extend(margin + comment for comment in own)
        self.done.append(margin + text + last)
        self._texts.clear()
        self._comments.clear()
        self.width = 0

    def _sorted(self, text: str) -> tuple[list[str], str]:
        """The comments for lines of their own, and the text after the one on its line.

        A line that begins with a closing bracket has no place before it: a comment there belongs to
        what is in the brackets.
        """
        comments = self._comments
        if text[0] in ")]}":
            return [], " " * max(2, comments[0].gap) + "  ".join(c.text for c in comments)
        ends = [place for place, comment in enumerate(comments) if comment.gap]
        last = ends[-1] if ends else -1
        own = [comment.text for place, comment in enumerate(comments) if place != last]
        return own, " " * comments[last].gap + comments[last].text if ends else ""
