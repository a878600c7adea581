"""Warnings of random specs: ``python -m tests.campaigns.lint --count 2000 --seed 1``.

For each random spec: a warning is there only where the text, or the net written out step by step,
bears it out; and one mistake of each kind, planted into it, is found where it was planted, and gone
once its fix is applied.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.analysis.expand import ExpandedStep, expand_program
from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.edits import apply_edits
from netlang.diagnostics.render.text import render_text
from netlang.examine import examine_module
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.ops.layout import Flatten
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.running import command
from tests.campaigns.subject import Spec

__all__ = ["CAMPAIGN", "wrong"]

MOVED = {"flatten", "linear", "reshape", "transpose", "multi_head_attention", "pixel_shuffle"}
"""Operators behind which the first axis isn't the channels of an image any more."""

IMAGES = {"conv", "conv_transpose", "upsample", "max_unpool"}
"""Operators, besides pooling, that make an image of what they read."""

MERGES = {"add", "sub", "mul", "max", "min", "concat"}

STEPS = ("relu", "bn", "conv({c}, 3x3, pad=1)", "maxpool(3x3, stride=1, pad=1)", "dropout(0.5)",
         "upsample(2)", "{{ gelu; identity }}", "add {{ identity; tanh }}",
         "repeat 2 {{ conv({c}, 1x1) -> silu }}")  # fmt: skip


def wrong(spec: Spec, seed: int) -> tuple[list[str], dict[str, int]]:
    """Warnings that nothing bears out, planted mistakes that pass, and what was looked at."""
    found, programs = warnings(spec, spec.text)
    complaints = [f"false alarm: {render_text(each)}" for each in found if not true(each, programs)]
    draw = random.Random(seed)
    for code, text in planted(spec, draw):
        complaints += missed(spec, code, text, sum(each.code == code for each in found))
    counts = {f"true {each.code}": 1 for each in found}
    complaints += [said for text in harmless(spec, draw) for said in untrue(spec, text, found)]
    return complaints, {"specs": 1, **counts}


def warnings(spec: Spec, text: str) -> tuple[list[Diagnostic], tuple[Program, ...]]:
    """What is said of a text in the place of the spec's own."""
    with TemporaryDirectory() as folder:
        for name, content in {**spec.files, "main.net": text}.items():
            (Path(folder) / name).write_text(content, encoding="utf-8")
        examined = examine_module(Library().open(Path(folder) / "main.net"))
    return [*examined.diagnostics, *examined.warnings], examined.programs


def missed(spec: Spec, code: str, text: str, before: int) -> list[str]:
    """What is wrong with the answer to a planted mistake."""
    found, _ = warnings(spec, text)
    if any(each.severity == "error" for each in found):
        return [f"planted {code}: {render_text(found[0])}\n{text}"]
    own = [each for each in found if each.code == code and "planted" in line_of(each)]
    if len(own) != 1 or sum(each.code == code for each in found) != before + 1:
        return [f"planted {code} is told {len(own)} times\n{text}"]
    fix = own[0].fix
    if code == "W0108" and "planted -> " in text:  # its label names a part of a path
        return [f"planted {code} has a wrong fix\n{text}"] if fix and fix.edits else []
    if fix is None or not fix.edits:
        return [f"planted {code} has no fix\n{text}"]
    after, _ = warnings(spec, apply_edits(text, fix.edits))
    left = [each for each in after if "planted" in line_of(each)]
    return [f"planted {code}, fixed: {render_text(each)}\n{text}" for each in left]


def untrue(spec: Spec, text: str, before: Sequence[Diagnostic]) -> list[str]:
    """What is said of a right text besides what is said of the spec itself."""
    found, _ = warnings(spec, text)
    more = found if len(found) != len(before) else []
    return [f"right, but: {render_text(each)}\n{text}" for each in more]


def line_of(diagnostic: Diagnostic) -> str:
    """The line that a diagnostic stands in."""
    span = diagnostic.span
    return span.source.line(span.location.line) if span else ""


# --- what bears a warning out ---------------------------------------------------------------------


def true(warning: Diagnostic, programs: tuple[Program, ...]) -> bool:
    """Whether a warning is so, by other means than the rule's."""
    span = warning.span
    assert span is not None
    text = span.source.text
    if warning.code == "W0104":
        return len(re.findall(rf"\b{re.escape(span.text)}\b", text)) == 1
    if warning.code == "W0105":
        return span.text in ("0", "[]") or eval_range(span.text) == []
    if warning.code == "W0107":
        return _opened_by(text[: span.start]) in MERGES
    if warning.code == "W0109":
        before = span.source.text[: span.start].splitlines()
        return _statement_above(before).startswith("output ")
    if warning.code in ("W0201", "W0203", "W0206"):
        return any(_is_image(program, span.text, warning.code) for program in programs)
    return False


def _opened_by(before: str) -> str:
    """The word in front of the innermost brace that a text leaves open."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        depth += (before[place] == "}") - (before[place] == "{")
        if depth < 0:
            head = re.search(r"(\w+)\s*(?:\([^{}]*\)\s*)?$", before[:place])
            return head[1] if head else ""
    return ""


def _statement_above(lines: list[str]) -> str:
    """The line that begins the statement before the last line, which is the margin of another.

    Where that one is the first of a loop, condition or plain scope, it is the statement before it.
    """
    margin = len(lines[-1])
    passed = re.compile(r"}|#|assert |auxiliary |\w+(?:\(.*\))? = ")
    opens = re.compile(r"(?:(?:repeat|for|if) .*)?{$")
    for line in reversed(lines[:-1]):
        own, text = len(line) - len(line.lstrip()), line.strip()
        if own < margin and opens.match(text):
            margin = own
        elif own <= margin and not passed.match(text):
            return text
    return ""


def eval_range(text: str) -> list[int] | None:
    """The numbers of a range of plain numbers."""
    match = re.fullmatch(r"range\((-?\d+(?:, -?\d+)*)\)", text)
    return list(range(*map(int, match[1].split(", ")))) if match else None


def _is_image(program: Program, text: str, code: str) -> bool:
    """Whether a step of that kind reads a value whose axes nothing moved since it was an image."""
    name = text.partition("(")[0]
    kinds = {"W0201": ("linear",), "W0203": ("softmax", "log_softmax"), "W0206": ("concat",)}[code]
    steps = {step.path: step for step in expand_program(program).steps}
    return any(
        _unmoved(step, steps)
        for step in steps.values()
        if step.op.name in kinds and (name not in kinds or step.op.name == name)
    )


def _unmoved(step: ExpandedStep, steps: Mapping[str, ExpandedStep]) -> bool:
    """Whether some way back from a step leads to an image before any axis was moved."""
    waiting, seen = [step], {step.path}
    while waiting:
        for value in waiting.pop().inputs:
            before = steps.get(value.step or "")
            if before is None or before.op.name in IMAGES or "pool" in before.op.name:
                return True
            if before.path not in seen and (before.op.name not in MOVED or _joins_places(before)):
                seen.add(before.path)
                waiting.append(before)
    return False


def _joins_places(step: ExpandedStep) -> bool:
    """Whether it is `flatten(1)`, which leaves the channels as they are."""
    return isinstance(step.op, Flatten) and (step.op.start, step.op.end) == (1, -1)


# --- mistakes -------------------------------------------------------------------------------------


def planted(spec: Spec, draw: random.Random) -> Iterator[tuple[str, str]]:
    """The text with one mistake of each kind."""
    text = spec.text
    if not text.startswith('"""'):
        yield "W0101", f"from blocks.residual import basic as planted\n\n{text}"
    yield "W0102", f"{text}\nplanted = {draw.randrange(9)}\n"
    yield "W0103", f"{text}\nblock planted {{ {_steps(draw)} }}\n"
    yield (
        "W0104",
        f"{text}\n{_net(draw, f'for planted in range({draw.randrange(1, 4)}) {{ relu }}')}",
    )
    low = draw.randrange(5)
    count = (
        f"for planted in range({low + draw.randrange(1, 4)}, {low}) {{ conv(planted + 1, 1x1) }}"
    )
    yield "W0105", f"{text}\n{_net(draw, count)}"
    yield "W0106", f"{text}\n{_net(draw, 'planted: relu  # allow W0201')}"
    merge = "concat { planted: conv(3, 1x1); relu; identity }"
    yield "W0107", f"{text}\n{_net(draw, merge)}"
    for after in ("", " -> relu"):
        yield "W0108", f"{text}\nplanted = conv(4, 1x1)\n{_towers(draw, f'planted{after}')}"
    tapped = "w: conv(4, 1x1); output planted: conv(2, 1x1); relu; output other"
    yield "W0109", f"{text}\n{_net(draw, tapped)}"
    yield "W0201", f"{text}\n{_net(draw, 'planted: linear(10)')}"
    yield "W0203", f"{text}\n{_net(draw, 'planted: softmax(1)')}"
    channels = draw.choice((3, 6, 8))
    second, third = draw.choice(((64, 3), (6, 5), (16, 3), (32, 1), (10, 5), (64, 7)))
    step = f"planted: conv({channels}, {second}, {third})"
    yield "W0202", f"{text}\n{_net(draw, f'conv({channels}, 1x1) -> upsample(4); {step}')}"
    size = draw.choice((28, 32, 64))
    yield "W0204", f"{text}\n{_net(draw, 'relu', f'planted: [{size}, {size}, 3]')}"


def harmless(spec: Spec, draw: random.Random) -> Iterator[str]:
    """The text with what looks like a mistake and is none."""
    chain = "unit = conv(4, 1x1); p: unit -> relu; q: unit -> relu"
    heads = "unit = conv(4, 1x1); w: relu; w -> p: unit; w -> q: unit; (p, q) -> add"
    exits = "relu; output early: gap -> flatten -> linear(10); conv(4, 3x3) -> relu; output late"
    for steps in (chain, heads, exits):
        yield f"{spec.text}\n{_net(draw, steps)}"


def _towers(draw: random.Random, steps: str) -> str:
    """A net that does the same with two images."""
    before = _steps(draw)
    lines = [f"input {name}: [3, 32, 32]" for name in "xy"]
    for name in "xy":
        lines += [f"{name} -> {name}1: {{ {before} }}", f"{name}1 -> {name}2: {steps}"]
        lines += [f"output of_{name}"]
    return "\n    ".join(["net planted_net {", *lines]) + "\n}\n"


def _net(draw: random.Random, last: str, first: str = "image: [3, 32, 32]") -> str:
    """A net of its own that ends in a step, behind others that keep an image an image."""
    return f"net planted_net {{\n    input {first}\n    {_steps(draw)}\n    {last}\n}}\n"


def _steps(draw: random.Random) -> str:
    chosen = draw.choices(STEPS, k=draw.randrange(1, 5))
    steps = " -> ".join(
        step.format(c=draw.choice((3, 4, 8))) for step in ("conv({c}, 1x1)", *chosen)
    )
    return steps.replace(" -> repeat", "; repeat").replace("} -> ", "}; ")


CAMPAIGN = spec_campaign("lint", __doc__ or "", generate, wrong)

if __name__ == "__main__":
    from tests.campaigns import lint

    sys.exit(command(lint.CAMPAIGN))
