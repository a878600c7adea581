"""What the command line takes for a text, counted, and the exponent that it grows with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path

from netlang.cli import main
from netlang.modules.files import forget_parsed
from tests.campaigns.scaling.texts import Texts
from tests.work import counted

__all__ = ["END", "VERBS", "OtherStatus", "exponent", "steps"]

END = 60_000_000
"""Steps after which a text is given up: `TooMuch`."""

VERBS: dict[str, tuple[str, ...]] = {
    "check": ("check", "main.net"),
    "summary": ("summary", "main.net:a"),
    "fmt": ("fmt", "main.net"),
    "expand": ("expand", "main.net:a"),
    "explain": ("explain", "main.net:a", "probe"),
    "draw": ("draw", "main.net:a", "-o", "x.dot"),
    "compile .py": ("compile", "main.net:a", "-o", "x.py"),
    "compile .onnx": ("compile", "main.net:a", "-o", "x.onnx"),
}
_SMALL = 0.05
"""Of all steps: what grows by less says nothing of the exponent."""


class OtherStatus(AssertionError):
    """A right text that is refused, or a wrong one that isn't: its steps say nothing."""


def steps(verb: str, texts: Texts, folder: Path, status: int = 0) -> int:
    """The steps of Python that a verb takes for files, which are written to the current folder.

    Raises `OtherStatus` where it doesn't exit with `status`.
    """
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    forget_parsed()
    messages = TextIOWrapper(BytesIO(), encoding="utf-8")
    found: object = None
    with redirect_stdout(TextIOWrapper(BytesIO())), redirect_stderr(messages):
        try:
            with counted(END) as work:
                main(VERBS[verb])
        except SystemExit as end:
            found = end.code
    if found != status:
        messages.seek(0)
        raise OtherStatus(f"{verb} exits with {found}, not {status}: {messages.read()[:500]}")
    return work.steps


def exponent(sizes: Sequence[int], work: Sequence[int]) -> float:
    """By log-log regression of what each doubling adds: what all texts cost alike falls out."""
    added = [after - before for before, after in pairwise(work)]
    if added[-1] <= _SMALL * work[-1] or min(added) <= 0:
        return 0.0
    across = [math.log(size) for size in sizes[: len(added)]]
    up = [math.log(each) for each in added]
    middle, level = sum(across) / len(across), sum(up) / len(up)
    rises = sum((x - middle) * (y - level) for x, y in zip(across, up, strict=True))
    return rises / sum((x - middle) ** 2 for x in across)
