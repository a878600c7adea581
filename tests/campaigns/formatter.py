"""Specs laid out and written out: ``python -m tests.campaigns.formatter --count 5000 --seed 1``.

For each random spec: formatting it again changes nothing, in whatever layout it came; formatted, it
compiles to the same IR, places aside; and what `expand` writes compiles to the same steps and facts
and has one layout too.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping

from netlang.analysis.constraints import solve
from netlang.analysis.expand import expand_program
from netlang.analysis.facts import FACTS, Facts
from netlang.analysis.fields.net import receptive_field
from netlang.analysis.render.expansion import render_spec
from netlang.ir.program import Program
from netlang.records import replace
from netlang.syntax.format import format_source
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.running import command
from tests.campaigns.same_ir import plain
from tests.campaigns.subject import Spec, load
from tests.syntax.scramble import scrambled

__all__ = ["CAMPAIGN", "wrong"]


def wrong(spec: Spec, seed: int) -> tuple[list[str], dict[str, int]]:
    """What the formatter or `expand` got wrong about a spec, and what was looked at."""
    laid_out = dataclasses.replace(
        spec,
        text=format_source(spec.text, "main.net"),
        files={name: format_source(text, name) for name, text in spec.files.items()},
    )
    program = load(spec)
    found = [*_layouts(spec, laid_out, seed)]
    if plain(load(laid_out)) != plain(program):
        found.append("formatted, it compiles to another IR")
    found += _expanded(program)
    changed = laid_out != spec
    return found, {"specs": 1, "changed by formatting": int(changed)}


def _layouts(spec: Spec, laid_out: Spec, seed: int) -> list[str]:
    """Whether each text has the one layout, from any other as well."""
    found = []
    for name, text in _texts(laid_out).items():
        if format_source(text, name) != text:
            found.append("formatted again, it changes")
        if format_source(scrambled(text, seed), name) != text:
            found.append("another layout of it is formatted in another way")
    return found


def _texts(spec: Spec) -> Mapping[str, str]:
    return {"main.net": spec.text, **spec.files}


def _expanded(program: Program) -> list[str]:
    """What differs in the net that the text of `expand` says."""
    text = render_spec(expand_program(program))
    again = load(Spec(text, {}, program.name))
    before, after = _facts(program), _facts(again)
    before["receptive_field"], after["receptive_field"] = (
        str(receptive_field(each)) for each in (program, _as_written(again, program))
    )
    found = [
        f"expanded, {name} is {after[name]}, not {value}"
        for name, value in before.items()
        if after[name] != value
    ]
    if _steps(again) != _steps(program):
        found.append("expanded, it has other steps")
    if solve(again).texts != solve(program).texts:
        found.append("expanded, it has other constraints")
    if _sizes(again) != _sizes(program):
        found.append("expanded, it has other sizes")
    laid_out = format_source(text, "expanded.net")
    if format_source(laid_out, "expanded.net") != laid_out:
        found.append("expanded and formatted again, it changes")
    return found


def _facts(program: Program) -> dict[str, object]:
    facts = Facts(program)
    return {name: facts.value(name) for name in FACTS}


def _as_written(again: Program, program: Program) -> Program:
    """The expanded net without the outputs that keep what nobody reads of a block's outputs.

    Only so do both have one receptive field, which is that of the outputs.
    """
    names = {output.name for output in program.net.outputs}
    kept = tuple(
        output
        for output in again.net.outputs
        if output.name in names or not output.name.startswith("unused")
    )
    return replace(again, net=replace(again.net, outputs=kept))


def _steps(program: Program) -> list[tuple[object, ...]]:
    return [
        (
            step.path,
            step.op,
            [(value.step, value.output) for value in step.inputs],
            [str(each) for each in (*step.input_types, *step.types)],
            step.module,
            step.auxiliary,
        )
        for step in expand_program(program).steps
    ]


def _sizes(program: Program) -> list[tuple[str, int]]:
    return [(size.name, size.default) for size in program.sizes]


CAMPAIGN = spec_campaign("formatter", __doc__ or "", generate, wrong)

if __name__ == "__main__":
    from tests.campaigns import formatter

    sys.exit(command(formatter.CAMPAIGN))
