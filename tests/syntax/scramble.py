"""Another layout for a text that has the one layout, changed only in what the rules decide.

Kept is what `netlang.syntax.format` calls the author's: a line break before an arrow, an open
suite, a comma at the end, whether there is a blank line, and the place of a comment. Everything
else is drawn anew: spaces, indentation, breaks inside brackets and around arrows, `;` for line
breaks, more blank lines, docstrings and what ends a line.
"""

from __future__ import annotations

from random import Random

from netlang.syntax.format.same import tokens_of
from netlang.syntax.literals import docstring_value

__all__ = ["scrambled"]

_GLUED = frozenset(("NAME", "NUMBER", "STRING", "DIMS", ".", "COMPUTED }"))


def scrambled(text: str, seed: int) -> str:
    return _Scrambler(text, Random(seed)).run()


class _Scrambler:
    def __init__(self, text: str, choose: Random) -> None:
        self.choose = choose
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.gaps: list[str] = []
        """Of each word, what stands before it."""
        self.around: list[str] = []
        """Of each gap, the kind of the innermost bracket."""
        self.kept: set[int] = set()
        """Gaps whose line break holds a suite open."""
        self._split(text)

    def _split(self, text: str) -> None:
        tokens, end = tokens_of(text), 0
        opened: list[tuple[str, list[int]]] = [("", [])]
        for kind, start, stop in zip(tokens.kinds, tokens.starts, tokens.ends, strict=True):
            if kind == "SEP":
                continue
            gap = text[end:start]
            bracket, breaks = opened[-1]
            if "\n" in gap and kind not in ("->", "DOC"):
                breaks.append(len(self.kinds))
            self.around.append(bracket)
            if kind in ("(", "[", "{", "COMPUTED"):
                opened.append((kind, []))
            elif kind in (")", "]", "}"):
                opened.pop()
                if bracket == "{" and breaks:
                    self.kept.add(self.choose.choice(breaks))
            computed = kind == "}" and bracket == "COMPUTED"
            self.kinds.append("COMPUTED }" if computed else kind)
            self.texts.append(text[start:stop])
            self.gaps.append(gap)
            end = stop

    def run(self) -> str:
        pieces = []
        brackets = ""
        moved = False
        for place, kind in enumerate(self.kinds):
            gap = self.gaps[place]
            before = self.kinds[place - 1] if place else ""
            if (brackets and "\n" in gap) or kind == "$END":
                pieces.append(brackets)
                brackets = ""
            if moved:
                gap, moved = f" \n{self.space()}", False
            elif kind == "->" and gap.strip(" ") == "\n" and self.choose.random() < 0.4:
                gap, moved = self.space(), True
            else:
                gap = self.gap(place, before)
            pieces.append(gap)
            pieces.append(self.docstring(place) if kind == "DOC" else self.texts[place])
            if kind == "import" and self.kinds[place + 1] != "(" and self.choose.random() < 0.5:
                pieces.append(" (\n")
                brackets = ")"
        text = "".join(pieces)
        return text.replace("\n", "\r\n") if self.choose.random() < 0.2 else text

    def space(self, least: int = 0) -> str:
        return "".join(self.choose.choice("   \t") for _ in range(self.choose.randint(least, 3)))

    def gap(self, place: int, before: str) -> str:
        gap, kind, bracket = self.gaps[place], self.kinds[place], self.around[place]
        if "#" in gap or "\n\n" in gap:
            return self.lines(place, before)
        if not place or kind == "$END":
            return "\n" * self.choose.randint(0, 3)
        if bracket in ("(", "["):
            return self.in_brackets(place, before)
        if "\n" in gap:
            return self.between_statements(place, before)
        if ";" in gap:
            return self.choose.choice((";", " ; ", "; ;", ";\t"))
        if gap == " " and kind == "else" and before == "}":
            return self.choose.choice((" ", "\n", "  \n\n  ", ";"))
        if gap == " " and (before == "{" or kind == "}"):
            return self.choose.choice((" ", "", "  ", " ; "))
        return self.on_a_line(place, before)

    def lines(self, place: int, before: str) -> str:
        """A gap with comments or blank lines: each stays, and begins somewhere else."""
        first, *others = self.gaps[place].split("\n")
        lines = [first if first.strip() else self.space()]
        for line in others[:-1]:
            lines.append(self.space() + line.strip() if line.strip() else self.space())
            lines += [""] * (self.choose.randint(0, 2) if not line.strip() else 0)
        if "#" not in "".join(lines) and before in ("}", ")") and self.long_before(place):
            lines = lines[:1]
        return "\n".join([*lines, self.space()])

    def long_before(self, place: int) -> bool:
        """Whether a bracket that closes a definition of several lines stands before a gap."""
        return not self.around[place] and "\n" in self.gaps[place - 1]

    def in_brackets(self, place: int, before: str) -> str:
        if "\n" in self.gaps[place]:
            return self.choose.choice(("", " ", "\n", f"\n{self.space()}", "  \n"))
        space = self.on_a_line(place, before)
        free = before not in (".", "..") and self.kinds[place] not in (".", "..", "COMPUTED")
        if free and before not in _GLUED and self.choose.random() < 0.2:
            return f"{space}\n{self.space()}"
        return space

    def between_statements(self, place: int, before: str) -> str:
        kind = self.kinds[place]
        if place in self.kept or kind == "->" or (not self.around[place] and before == "DOC"):
            return f"{self.space()}\n{self.space()}"
        if before in ("{", "DOC") or kind in ("}", "DOC"):
            return self.choose.choice((" ", "\n", "\n\t"))
        return self.choose.choice(("\n", ";", " ; ", "\n;\n", " \n   "))

    def on_a_line(self, place: int, before: str) -> str:
        gap, kind = self.gaps[place], self.kinds[place]
        if "." in (before, kind) or before == "import":
            return gap
        if not gap and (kind == "COMPUTED" or before == "COMPUTED }"):
            return " " * (kind in (":", "->", ",", ")") and self.choose.randint(0, 1))
        if not gap:
            return self.space() if self.choose.random() < 0.3 else ""
        ends, begins = self.texts[place - 1][-1], self.texts[place][0]
        word = ends.isalnum() or ends in '_"'
        other = begins.isalnum() or begins in '_"{'
        return self.space(least=int(before.isalpha() or (word and other) or begins == "{"))

    def docstring(self, place: int) -> str:
        first, *others = docstring_value(self.texts[place]).split("\n")
        margin = self.space()
        hanging = bool(others) and all(line[:1] in (" ", "") for line in others)
        if hanging or self.choose.random() < 0.3:
            others = [first, *others]
            first = self.space()
        else:
            first = self.space() + first
        lines = [first, *(margin + line if line else self.space() for line in others)]
        quoted = lines[-1].endswith('"')
        end = self.choose.choice(("\n", " ", f"\n{self.space()}")) if quoted else ""
        return '"""' + "\n".join(lines) + (end or self.choose.choice(("", "\n", "  "))) + '"""'
