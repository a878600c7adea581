"""The rules by code: what an error or warning means, with a wrong and a right example.

There is one file `rules/E0412.md` for each code, read on demand: a heading and paragraphs, followed
by either the examples between fences or, if no spec can show the error, a command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import final

from netlang.records import Record

__all__ = ["Rule", "codes", "rule"]

_FOLDER = Path(__file__).with_name("rules")
_CODE = re.compile(r"[EW]\d{4}")
_FENCE = re.compile(r"^(Wrong|Right|Shown by):\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@final
class Rule(Record):
    """The explanation of one code. `bad` and `good` are specs, or "" if there is a `command`."""

    code: str
    title: str
    text: str
    bad: str
    good: str
    command: str

    @property
    def plain(self) -> str:
        """The explanation for a terminal, with indented examples."""
        parts = [f"{self.code}: {self.title}", self.text]
        for heading, example in self._examples():
            indented = "\n".join(f"    {line}".rstrip() for line in example.splitlines())
            parts.append(f"{heading}:\n\n{indented}")
        return "\n\n".join(parts)

    @property
    def markdown(self) -> str:
        """The explanation as in its file."""
        fences = [f"{heading}:\n\n```\n{text}```" for heading, text in self._examples()]
        return "\n\n".join((f"# {self.title}", self.text, *fences))

    def _examples(self) -> list[tuple[str, str]]:
        named = (("Wrong", self.bad), ("Right", self.good), ("Shown by", self.command))
        return [(heading, example) for heading, example in named if example]


def codes() -> tuple[str, ...]:
    """Every explained code, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("[EW]*.md")))


def rule(code: str) -> Rule | None:
    """The explanation of a code, or None."""
    if not _CODE.fullmatch(code):
        return None
    path = _FOLDER / f"{code}.md"
    return _read(code, path.read_text(encoding="utf-8")) if path.is_file() else None


def _read(code: str, text: str) -> Rule:
    heading, _, rest = text.partition("\n")
    examples = {match[1]: match[2] for match in _FENCE.finditer(rest)}
    first = _FENCE.search(rest)
    prose = rest[: first.start() if first else len(rest)].strip()
    return Rule(
        code,
        heading.removeprefix("#").strip(),
        prose,
        examples.get("Wrong", ""),
        examples.get("Right", ""),
        examples.get("Shown by", ""),
    )
