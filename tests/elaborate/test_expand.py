"""Expanded specs: the text compiles to the same layers and figures; origins lead to the net."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netlang.analysis.constraints import solve
from netlang.analysis.expand import ExpandedRepeat, ExpandedStep, expand_program
from netlang.analysis.facts import FACTS, Facts
from netlang.analysis.render.expansion import render_spec
from netlang.analysis.render.literal import KEYWORDS
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate.check import check_definitions
from netlang.ir.program import Program
from netlang.modules.files import bundled_files
from netlang.modules.library import Library, Module
from netlang.source import Source
from netlang.syntax.parser import parse
from netlang.syntax.tables import GRAMMAR
from tests.elaborate.test_programs import PROGRAMS, layers
from tests.support import read_source

SPECS = [*PROGRAMS, *bundled_files().values()]


def compiled(module: Module) -> Program:
    checked = check_definitions(module)
    assert [each.message for each in checked.diagnostics] == []
    return next(iter(checked.programs.values()))


def program_of(text: str) -> Program:
    return compiled(Library().module(Source("<test>", text), None))


def again(program: Program) -> Program:
    return program_of(render_spec(expand_program(program)))


def described(step: ExpandedStep) -> tuple[object, ...]:
    inputs = [(value.step, value.output) for value in step.inputs]
    types = [str(type) for type in (*step.input_types, *step.types)]
    return step.path, step.op, inputs, types, step.module, step.auxiliary


def check_same(program: Program) -> None:
    expanded = expand_program(program)
    copy = program_of(render_spec(expanded))
    assert list(map(described, expand_program(copy).steps)) == list(map(described, expanded.steps))
    assert layers(copy.net) == layers(program.net)
    before, after = Facts(program), Facts(copy)
    for name in FACTS:
        assert after.value(name) == before.value(name), name
    assert [(s.name, s.default) for s in copy.sizes] == [(s.name, s.default) for s in program.sizes]
    assert solve(copy).texts == solve(program).texts


def programs(path: Path) -> Iterator[Program]:
    module = Library().module(read_source(path), path.parent)
    yield from check_definitions(module).programs.values()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_expanded_text_compiles_to_the_same(path: Path) -> None:
    shortest = min(programs(path), key=lambda program: len(program.net.nodes), default=None)
    if shortest is not None:
        check_same(shortest)


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_expanded_texts_of_all_sizes_of_a_net(path: Path) -> None:
    for program in programs(path):
        check_same(program)


@pytest.mark.parametrize(
    "text",
    [
        'net a { input relu: [4]; "odd {1 + 1} \\"name\\"": linear(2) -> sub.1: tanh }',
        'net a { input x: [4]; b = "{"; "{b}-1": linear(2) -> bn: bn; output bn }',
        "block two { output p: linear(3); output q: linear(2) -> tanh }\n"
        "net a { input x: [4]; y: two; y.p -> relu }",
        "block two { output p: linear(3); auxiliary q: linear(2) }\n"
        "net a { input x: [4]; y: two -> z: two }",
        "net a { input x: [2, L=8]; assert x.length % 2 == 0; reshape([x.length // 2, 4]) }",
        "net a { input x: [1, 8, 8]; p: maxpool(2x2, return_indices=true); output first: p.output;"
        " output where: p.indices }",
        "net a { input x: int64[7]; embedding(9, 4) -> lstm(3, return_state=true) -> s.rest: add }",
        "net a { input x: [4, 6, 6]; scale: parameter([4, 1, 1], init=1e-6, std=0)\n"
        "    (x, scale) -> mul -> conv(4, 3x3, pad=same, pad_mode=circular) -> t: gelu(tanh)\n"
        "    t -> again: reuse scale; (again, t) -> add }",
        "net a { input x: [2]; linear(1, bias=[-0.5], weight=[[1, -2e-3]]) -> heaviside(0.5) }",
    ],
)
def test_odd_nets_compile_to_the_same(text: str) -> None:
    try:
        program = program_of(text)
    except (NetlangError, AssertionError) as error:
        pytest.fail(f"the test's own net: {error}")
    check_same(program)


def test_keywords_are_the_grammars() -> None:
    lines = GRAMMAR.read_text(encoding="utf-8").splitlines()
    words = {line.partition('"')[2].rstrip('"') for line in lines if line[:1].isupper()}
    assert {word for word in words if word.isalpha()} == KEYWORDS


def test_origins_tell_the_way_to_the_net() -> None:
    program = program_of(
        "thin = conv(kernel=1x1)\n"
        "block unit(width, twice=2 * width) { thin(twice, stride=1) }\n"
        "net a(base=4) { input x: [3, 8, 8]; unit(base + 1) }\n"
    )
    step = next(expand_program(program).steps)
    out, kernel = step.origins["out"], step.origins["kernel"]
    assert (kernel.text, kernel.partial, kernel.through) == ("1x1", "thin", ())
    assert step.origins["stride"].is_here
    assert step.origins["pad"].span is None
    (twice,) = (given for given in out.through if given.name == "twice")
    assert twice.is_default
    (width,) = twice.through
    assert (width.name, width.value, width.span.text) == ("width", 5, "base + 1")
    assert [(given.name, given.span.text) for given in width.through] == [("base", "4")]


def test_long_repeats_are_folded() -> None:
    program = program_of(
        "block pair { conv(2, 1x1) -> relu }\n"
        "net a { input x: [2, 4, 4]; tail: { repeat 300_000 { pair; repeat 3 { relu } } } -> tanh }"
    )
    expansion = expand_program(program)
    assert expansion.has_repeats
    (fold,) = (entry for entry in expansion.entries if isinstance(entry, ExpandedRepeat))
    assert (fold.count, fold.component, fold.step) == (300_000, 1, 4)
    assert (fold.carry_in.step, fold.carry_out.step) == (None, "tail.3")
    assert [step.path for step in expansion.steps] == ["tail.0.0", "tail.0.1", "tail.1", "0"]
    (last,) = (step for step in expansion.steps if step.path == "0")
    assert [value.step for value in last.inputs] == [f"tail.{300_000 * 4 - 1}"]


def test_a_repeat_that_begins_with_an_equal_size_is_folded() -> None:
    program = program_of(
        "block stack(width) { repeat 300_000 { conv(width, 1x1) -> relu } }\n"
        "net a { input x: [2, 4, 4]; stack(2) }"
    )
    (fold,) = expand_program(program).entries
    assert isinstance(fold, ExpandedRepeat)
    assert (fold.count, fold.step) == (300_000, 2)


def test_the_text_parses_whatever_comments_say() -> None:
    text = "net a { input x: [4]\n    linear(out=2,\n        # a comment\n        bias=false) }\n"
    assert parse(Source("<test>", render_spec(expand_program(program_of(text)))))
