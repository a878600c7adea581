"""Injection: ``python -m tests.campaigns.inject --count 500 --seed 1``.

Each trial puts one injection string into every slot of a spec that takes a name, a label or a text,
into the name of the file, and into the command line. What is accepted becomes Python, DOT, SVG and
ONNX, and all that a terminal would show is looked at: the Python is made of allowed nodes alone,
every output parses, no character moves the cursor or the writing direction, and no canary runs.
"""

from __future__ import annotations

import io
import json
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from pygraphviz import AGraph

from netlang.backends.graphviz import to_dot, to_svg
from netlang.backends.onnx.exporter import export
from netlang.backends.onnx.form import Form
from netlang.backends.torch import build, emit
from netlang.cli import main
from netlang.cli.arguments.folders import is_folder
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.render.text import render_text
from netlang.examine import examine_module
from netlang.ir.dims import evaluate
from netlang.ir.program import Program
from netlang.modules.library import Library
from tests.campaigns.allowed import python_complaints, svg_complaints
from tests.campaigns.payloads import CANARY, payload
from tests.campaigns.running import Campaign, Failure, Verdict, command
from tests.campaigns.slots import SLOTS

__all__ = ["CAMPAIGN", "COMMAND", "FILE_NAME", "PLAIN", "complaints"]

FILE_NAME = "name of the file"
COMMAND = "command line"
COLOURS = ("\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m")
PLAIN = "net a {\n    input x: [2, 6, 6]\n    relu\n}\n"


def complaints(slot: str, text: str) -> tuple[list[str], bool]:
    """What is wrong with the answers to a text in a slot, and whether it was accepted."""
    # What `..` names is also a folder of the trial's own: checking a folder reads all below it.
    with TemporaryDirectory() as folder, chdir(_made_below(folder)):
        name = _file_name(text) if slot == FILE_NAME else "main.net"
        content = SLOTS[slot](text) if slot in SLOTS else PLAIN
        Path(name).write_bytes(content.encode("utf-8", "replace"))
        found = list(_answers(name, _argument(text) if slot == COMMAND else None))
        if any(Path(folder).rglob(CANARY)):
            found.append("the canary ran")
        accepted = not _errors(name)
        return found, accepted


def _made_below(folder: str) -> Path:
    """A new folder, so deep that no listed text leads out of the one that is given."""
    below = Path(folder, "above", "here")
    below.mkdir(parents=True)
    return below


def _argument(text: str) -> str:
    """The text for the command line; a folder elsewhere, such as `//`, becomes one of this folder.

    Checking it would read all specs of the machine.
    """
    own = Path("..").resolve()
    elsewhere = is_folder(text) and not Path(text).resolve().is_relative_to(own)
    return str(Path.cwd()) if elsewhere else text


def _file_name(text: str) -> str:
    """The text as a name that a file system takes."""
    plain = text.replace("/", "_").replace("\0", "_").encode("utf-8", "replace")[:200]
    return plain.decode("utf-8", "ignore") + ".net"


def _errors(name: str) -> bool:
    try:
        return bool(examine_module(Library().open(Path(name))).diagnostics)
    except NetlangError:
        return True


def _answers(name: str, given: str | None) -> Iterator[str]:
    """What is wrong with anything that comes of a file; `given` is what the command line names."""
    try:
        examined = examine_module(Library().open(Path(name)))
        diagnostics, programs = examined.diagnostics, examined.programs
    except NetlangError as error:
        diagnostics, programs = error.diagnostics, ()
    for each in diagnostics:
        yield from _unsafe("a message", render_text(each))
        coloured = render_text(each, color=True)
        for paint in COLOURS:
            coloured = coloured.replace(paint, "")
        yield from _unsafe("a message in colour", coloured)
    # A file that is refused is refused by every verb in the same words.
    verbs = VERBS if given is not None or not diagnostics else VERBS[:3]
    yield from _shown(verbs, f"./{name}" if given is None else given)
    if not diagnostics:
        for program in programs:
            yield from _made(program)


def _unsafe(what: str, text: str) -> Iterator[str]:
    """Whether a terminal would take part of a text for something else than text."""
    strange = {char for char in text if char != "\n" and not char.isprintable()}
    if strange:
        yield f"{what} shows {sorted(map(ascii, strange))}"


VERBS = (
    ("check",), ("check", "--format", "json"), ("check", "--format", "sarif"), ("summary",),
    ("explain",), ("expand",),
)  # fmt: skip


def _shown(verbs: tuple[tuple[str, ...], ...], spec: str) -> Iterator[str]:
    """What is wrong with what the verbs print."""
    for verb in verbs:
        out, errors = io.StringIO(), io.StringIO()
        status = 0
        with redirect_stdout(out), redirect_stderr(errors):
            try:
                main([*verb, "--", spec])
            except SystemExit as done:
                status = int(done.code or 0)
        if status not in (0, 1, 2):
            yield f"{' '.join(verb)}: status {status}: {errors.getvalue()[:300]}"
        for text in (out.getvalue(), errors.getvalue()):
            yield from _unsafe(" ".join(verb), text)


def _made(program: Program) -> Iterator[str]:
    """What is wrong with what the backends make of a program."""
    yield from _source(program)
    AGraph(string=to_dot(program)).close()
    yield from (f"SVG: {each}" for each in svg_complaints(to_svg(program)))
    yield from _file(program, Path("net.onnx"))


def _file(program: Program, path: Path) -> Iterator[str]:
    """What is wrong with the ONNX file, which has one list of names for all values."""
    try:
        export(program, path, form=Form(any_runtime=True))
    except NetlangError as error:
        for each in error.diagnostics:
            yield from _unsafe("a message", render_text(each))
        return
    onnx.checker.check_model(path, full_check=True)
    onnx.load(path)


def _source(program: Program) -> Iterator[str]:
    """What is wrong with the Python; PyTorch lacks some names, which is refused with a code."""
    try:
        source = emit(program)
    except NetlangError as error:
        for each in error.diagnostics:
            yield from _unsafe("a message", render_text(each))
        return
    source.encode("utf-8")
    yield from (f"Python: {each}" for each in python_complaints(source))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        module = build(program).eval()
        module(*_inputs(program))


def _inputs(program: Program) -> Iterator[torch.Tensor]:
    for port in program.net.inputs:
        shape = [evaluate(size, program.defaults) for size in port.type.shape]
        dtype = getattr(torch, port.type.dtype.value)
        yield torch.ones(1, *shape, dtype=dtype)


def trial(number: int) -> Verdict:
    """Every slot with the injection string of a number."""
    text = payload(number)
    failures, counts = [], {"strings": 1}
    for slot in (*SLOTS, FILE_NAME, COMMAND):
        found, accepted = _judged(slot, text)
        counts[f"{slot}, {'accepted' if accepted else 'refused'}"] = 1
        if found:
            files = {"case.json": json.dumps([slot, text])}
            details = f"{text!r}\n" + "\n".join(found[:5])
            failures.append(Failure(f"{slot}: {found[0][:80]}", details, files))
    return Verdict(tuple(failures), counts)


def _judged(slot: str, text: str) -> tuple[list[str], bool]:
    try:
        return complaints(slot, text)
    except Exception as error:
        place = Path(traceback.extract_tb(error.__traceback__)[-1].filename).name
        return [f"{type(error).__name__} in {place}: {error}"], False


CAMPAIGN = Campaign("inject", __doc__ or "", trial, chunk=5)

if __name__ == "__main__":
    from tests.campaigns import inject

    sys.exit(command(inject.CAMPAIGN))
