"""`netlang check`: finds mistakes in files and nets; with `--fix`, applies the safe fixes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.diagnostics.diagnostic import Diagnostic
    from netlang.examine import Examined
    from netlang.ir.program import Program

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "check",
        callback=_check,
        params=[
            click.Argument(["specs"], nargs=-1, required=True, metavar="FILE..."),
            click.Option(
                ["--format", "kind"],
                type=click.Choice(["text", "json", "sarif"]),
                default="text",
                show_default=True,
                help="How to report; JSON and SARIF 2.1.0 go to standard output.",
            ),
            click.Option(
                ["--strict"],
                is_flag=True,
                help="Take warnings for errors: exit status 1.",
            ),
            click.Option(
                ["--fix"],
                is_flag=True,
                help="Apply the fixes that can't change what a file means, then report the rest.",
            ),
        ],
        help="Check files with all their nets and recipes, all .net files under a folder, or single"
        " nets and recipes (SPEC).",
        short_help="Check files, nets or recipes; exit status 1 if something is wrong.",
    )


def _check(specs: tuple[str, ...], kind: str, strict: bool, fix: bool) -> int:
    from netlang.cli.arguments.folders import files_in, is_folder
    from netlang.cli.failures import REFUSED
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.many import distinct
    from netlang.diagnostics.texts import visible
    from netlang.examine import Examined

    several = kind == "text" and any(map(is_folder, specs))
    found: list[Diagnostic] = []
    by_file: list[tuple[Diagnostic, ...]] = []
    try:
        for spec in files_in(specs):
            failures = _fixed(spec) if fix else ()
            examined = Examined((), failures) if failures else _examined(spec)
            problems = (*examined.diagnostics, *_severe(examined.warnings, strict))
            found.extend(problems)
            by_file.append(problems)
            if not _wrong(problems) and kind == "text":
                where = f"{visible(spec)}: " if several else ""
                lines = [f"{where}{_line(program)}" for program in examined.programs]
                if examined.recipes or not lines:
                    lines.append(_besides_nets(spec, examined))
                click.echo("\n".join(lines))
    except NetlangError as error:
        found.extend(error.diagnostics)
    _report(distinct(found), kind)
    if several:
        click.echo(_tally(by_file))
    return REFUSED if _wrong(found) else 0


def _tally(by_file: Sequence[tuple[Diagnostic, ...]]) -> str:
    """How many files were checked, and how many of them have findings."""
    wrong = sum(map(_wrong, by_file))
    warned = sum(bool(problems) for problems in by_file) - wrong
    return (
        f"checked {len(by_file)} file{'s' * (len(by_file) != 1)}:"
        f" {wrong} with errors, {warned} with warnings"
    )


def _wrong(found: Iterable[Diagnostic]) -> bool:
    return any(each.severity == "error" for each in found)


def _fixed(spec: str) -> tuple[Diagnostic, ...]:
    """Apply the safe fixes to the file of a spec; returns their descriptions and the obstacles."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.texts import visible
    from netlang.repair import repair_file

    name = spec.partition(".net")[0] + ".net"
    if not spec.startswith(name) or not Path(name).is_file():
        return ()  # a bundled net, or nothing: checking says what is wrong with it
    try:
        for each in repair_file(Path(name)):
            said = f"fixed {each.code} at {each.span}: {each.help_text}"
            print(visible(said), file=sys.stderr)
    except NetlangError as error:
        return error.diagnostics
    return ()


def _report(found: tuple[Diagnostic, ...], kind: str) -> None:
    """Print the errors: as text to standard error if there are any, as a document always."""
    from netlang.diagnostics.many import limited

    found = limited(found)
    if kind == "json":
        from netlang.diagnostics.render.data import render_json

        click.echo(render_json(found))
    elif kind == "sarif":
        from netlang import __version__
        from netlang.diagnostics.render.sarif import render_sarif

        click.echo(render_sarif(found, __version__))
    elif found:
        from netlang.cli.failures import show

        show(found)


def _severe(warnings: Iterable[Diagnostic], strict: bool) -> Iterable[Diagnostic]:
    """The warnings, as errors if `strict`."""
    from netlang.records import replace

    return (replace(each, severity="error") for each in warnings) if strict else warnings


def _examined(spec: str) -> Examined:
    """The programs of a file or net, its errors, and its warnings."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.examine import Examined, examine

    try:
        return examine(spec)
    except NetlangError as error:
        return Examined((), error.diagnostics)


def _besides_nets(spec: str, examined: Examined) -> str:
    """What was checked in a file besides nets."""
    from netlang.diagnostics.texts import visible

    if not examined.recipes:
        return f"{visible(spec)}: right, but has no net to build"
    noun = "recipe is" if len(examined.recipes) == 1 else "recipes are"
    right = f"{visible(spec)}: the {noun} right: {', '.join(examined.recipes)}"
    return "\n".join((right, *examined.left_open))


def _line(program: Program) -> str:
    """The net on one line: its cost and the conditions on its sizes."""
    from netlang.analysis.constraints import solve
    from netlang.analysis.facts import Facts

    facts = Facts(program)
    parts: Iterator[str] = iter(
        (f"{facts.params:,} params", f"{facts.macs:,} MACs", *solve(program).sentences)
    )
    return f"{program.name}: {', '.join(parts)}"
