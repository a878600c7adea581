"""Files that are nearly right, and rubbish: ``python -m tests.campaigns.mutate --count 100000``.

Each is accepted or refused with coded errors, with little work, without a traceback, and the same
way every time, also in another process with other hashes. What is accepted goes through the
formatter, and where that is cheap through the summary, `expand` and the emitted source.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import traceback
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from netlang.analysis.expand import expand_program
from netlang.analysis.render.expansion import render_spec
from netlang.analysis.render.table import render_table
from netlang.analysis.summary import summarize
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.data import render_json
from netlang.diagnostics.render.text import render_text
from netlang.examine import Examined, examine_module
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.syntax.format import format_source
from tests.campaigns.mutations import KINDS, changed, mutated
from tests.campaigns.near import near_misses
from tests.campaigns.running import Campaign, Failure, Verdict, command
from tests.quality import ROOT
from tests.work import TooMuch, counted

__all__ = ["CAMPAIGN", "answer", "failure", "judged", "shrink", "text_of"]

ANSWERING, LATER = 24_000_000, 24_000_000
"""Steps of Python that the answer to a file may take, and what comes after checking.

Of 26,000 files none needed more than 10.5 and 7.9 million.
"""
LONGEST = 20_000
"""Characters that the messages of a file may have: nobody reads more."""
CHEAP = 300
"""Nodes that a net may have for its later stages to be tried."""
AGAIN = 500
"""Every so many trials, the files of the last few are checked in another process."""
LAST = 15
NEAR = 8
"""One file in so many is a near miss of the grammar."""
SHARED = 400
"""So many of them come from one batch: as they are at first, then with words changed."""
NAMES = re.compile(r"expected .*\b(SEP|COMPUTED|DIMS|NUMBER|NAME|STRING|DOC|END|PROBLEM)\b")
CODED = re.compile(r"error\[E\d{4}\]: \S")


def text_of(number: int) -> tuple[str, bytes]:
    """The kind of a trial, and its file."""
    draw = Random(f"mutate {number}")
    if number % NEAR:
        kind = draw.choices(tuple(KINDS), (3, 4, 3, 4, 1))[0]
        return kind, mutated(kind, draw)
    batch, place = divmod(number // NEAR, SHARED)
    texts = near_misses(batch)
    time, index = divmod(place, len(texts))
    text = texts[index]
    return "grammar", changed(text, draw) if time else text.encode("utf-8", "replace")


def answer(content: bytes) -> tuple[str, tuple[Program, ...]]:
    """What a file gives: all its messages, "" for a good one, and its nets."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "main.net")
        path.write_bytes(content)
        try:
            found = examine_module(Library().open(path, "main.net"))
        except NetlangError as error:
            found = Examined((), error.diagnostics)
    return _told(found.diagnostics), () if found.diagnostics else found.programs


def _told(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The messages as text, and the JSON, which must be JSON."""
    if not diagnostics:
        return ""
    json.loads(render_json(diagnostics))
    return "\n\n".join(render_text(each) for each in diagnostics)


def judged(content: bytes) -> tuple[str, str]:
    """How a file fares, "accepted" or "refused", and what is wrong with that, if something is."""
    try:
        return _judged(content)
    except TooMuch:
        return "failed", "too much work"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return "failed", f"{type(error).__name__} in {Path(frame.filename).name}, {frame.name}"


def _judged(content: bytes) -> tuple[str, str]:
    with counted(ANSWERING):
        text, programs = answer(content)
    wrong = _wrong_answer(text)
    if not wrong and answer(content)[0] != text:
        wrong = "two answers to one file"
    if not wrong and not text:
        with counted(LATER):
            _later(content, programs)
    return "refused" if text else "accepted", wrong


def _wrong_answer(text: str) -> str:
    """What is wrong with the messages of a file."""
    if text and not all(CODED.match(part) for part in _messages(text)):
        return "an error without a code"
    if NAMES.search(text):
        return "a terminal of the grammar in a message"
    return "messages too long to read" if len(text) > LONGEST else ""


def _messages(text: str) -> list[str]:
    """The messages: each begins a line with its kind."""
    return re.split(r"\n\n(?=error)", text)


def _later(content: bytes, programs: tuple[Program, ...]) -> None:
    """What comes after checking; each stage raises where it fails."""
    text = content.decode().replace("\r\n", "\n").replace("\r", "\n")
    formatted = format_source(text, "main.net")
    if format_source(formatted, "main.net") != formatted:
        raise AssertionError("formatting again changes the text")
    for program in programs[:3]:
        if len(program.net.items) <= CHEAP:
            _stages(program)


def _stages(program: Program) -> None:
    from netlang.backends.torch import emit  # not for `--answer`, which should start quickly

    try:
        render_table(summarize(program, {}, 1))
        render_spec(expand_program(program))
        ast.parse(emit(program))
    except NetlangError as error:  # some stages refuse some nets, with a code
        if not error.diagnostics:
            raise


def failure(what: str, content: bytes) -> Failure:
    """The failure of a file."""
    return Failure(what, repr(content), {"main.net": content.decode("utf-8", "surrogateescape")})


def trial(number: int) -> Verdict:
    kind, content = text_of(number)
    fate, wrong = judged(content)
    failures = [failure(wrong, content)] if wrong else []
    if number % AGAIN == AGAIN - 1:
        failures += _elsewhere([text_of(each)[1] for each in range(number - LAST + 1, number + 1)])
    return Verdict(tuple(failures), {f"{kind}, {fate}": 1})


# --- another process -----------------------------------------------------------------------------


def _elsewhere(contents: list[bytes]) -> list[Failure]:
    """The files whose messages differ in another process with other hashes."""
    environment = os.environ | {"PYTHONHASHSEED": str(len(contents[0]) % 1000 + 1)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns.mutate", "--answer"],
        cwd=ROOT, env=environment, input=json.dumps([content.hex() for content in contents]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = zip(contents, json.loads(done.stdout), strict=True)
    what = "another answer in another process"
    return [failure(what, content) for content, text in pairs if _words(content) != text]


def _words(content: bytes) -> str:
    """The messages of a file, or the exception that it raises."""
    try:
        return answer(content)[0]
    except Exception as error:
        return repr(error)


def _answers() -> None:
    contents = json.loads(sys.stdin.read())
    print(json.dumps([_words(bytes.fromhex(content)) for content in contents]))


# --- shrinking -----------------------------------------------------------------------------------


def shrink(found: Failure) -> Failure:
    """The same fault in a shorter file: lines left out, then characters."""
    content = found.files["main.net"].encode("utf-8", "surrogateescape")
    for unit in (_by_lines, _by_characters):
        content = _shorter(unit(content), found.what)
    return failure(found.what, content)


def _by_lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def _by_characters(content: bytes) -> list[bytes]:
    return [content[i : i + 1] for i in range(len(content))] if len(content) < 2000 else [content]


def _shorter(parts: list[bytes], what: str) -> bytes:
    """The parts that the same fault needs: ever smaller pieces are left out."""
    size = max(1, len(parts) // 2)
    while size:
        start = 0
        while start < len(parts):
            left = parts[:start] + parts[start + size :]
            if left and judged(b"".join(left))[1] == what:
                parts = left
            else:
                start += size
        size //= 2
    return b"".join(parts)


CAMPAIGN = Campaign("mutate", __doc__ or "", trial, shrink, chunk=100)

if __name__ == "__main__":
    if sys.argv[1:] == ["--answer"]:
        _answers()
        sys.exit()
    from tests.campaigns import mutate

    sys.exit(command(mutate.CAMPAIGN))
