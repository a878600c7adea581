"""The click program with just the requested verb; other verbs aren't imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING

import click

from netlang import __version__
from netlang.cli.failures import INTERRUPTED, USAGE
from netlang.cli.verbs import VERBS
from netlang.diagnostics.errors import NetlangError

if TYPE_CHECKING:
    from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["run"]

SUMMARY = """Compile networks that are written as in the paper.

SPEC is a file (`file.net`), one of its nets (`file.net:net`), a bundled net (`resnet50`), any of
these called: `'resnet50(classes=10)'`, or an ONNX file that has the net it was made from.
"""


def _wanted(arguments: Sequence[str]) -> tuple[str, ...]:
    """The verbs to import: the requested one, or all for the overview."""
    first = next((word for word in arguments if not word.startswith("-")), None)
    return (first,) if first in VERBS else tuple(VERBS)


def _program(verbs: Sequence[str]) -> click.Group:
    group = click.Group(
        "netlang", help=SUMMARY, context_settings={"help_option_names": ["-h", "--help"]}
    )
    for verb in verbs:
        group.add_command(import_module(VERBS[verb]).command(), verb)
    return click.version_option(__version__, prog_name="netlang", message="%(prog)s %(version)s")(
        group
    )


def _misspelt(arguments: Sequence[str]) -> str | None:
    """The message about a first word that isn't a verb."""
    first = next(iter(arguments), "-")
    if first.startswith("-") or first in VERBS:
        return None
    from difflib import get_close_matches

    match = get_close_matches(first, VERBS, n=1)
    advice = f"did you mean `netlang {match[0]}`?" if match else f"it may be {', '.join(VERBS)}"
    return f"there is no verb `{first}`: {advice}"


def _takes_settings(command: click.Command) -> bool:
    """Whether words of the command line change a recipe."""
    return any(each.name == "changes" for each in command.params)


def _as_setting(error: click.UsageError, arguments: Sequence[str]) -> click.UsageError:
    """What is said of `--epochs 1` where a recipe's settings are given: `epochs=1`."""
    settings = error.ctx is not None and _takes_settings(error.ctx.command)
    if not settings or not isinstance(error, click.NoSuchOption) or error.possibilities:
        return error
    option, rest = error.option_name, list(arguments)
    joined = next((word for word in rest if word.startswith(f"{option}=")), None)
    if joined:
        value = joined.partition("=")[2]
    else:
        after = rest[rest.index(option) + 1 :] if option in rest else []
        value = after[0] if after and not after[0].startswith("-") else "..."
    key = option.lstrip("-").replace("-", "_")
    advice = f"a recipe's setting is given without dashes: `{key}={value}`"
    return click.UsageError(f"there is no option `{option}`; {advice}", error.ctx)


def _as_option(problem: Diagnostic, command: click.Command) -> Diagnostic:
    """What is said of `trials=5` where the verb has an option of that name: `--trials 5`."""
    from netlang.diagnostics.diagnostic import Fix
    from netlang.diagnostics.recipes.keys import UnknownOverride
    from netlang.records import replace

    if not isinstance(problem, UnknownOverride) or problem.span is None:
        return problem
    name, value = f"--{problem.name}", problem.span.source.text.partition("=")[2].strip()
    option = next((each for each in command.params if name in each.opts), None)
    if not isinstance(option, click.Option):
        return problem
    text = name if option.is_flag else f"{name} {value}"
    return replace(problem, fix=Fix(f"an option is given with dashes: `{text}`"))


def _show(error: click.ClickException) -> None:
    """Show the error with the verb's usage; words of the command line may contain control codes."""
    from netlang.diagnostics.texts import visible_lines

    said = StringIO()
    error.show(said)
    sys.stderr.write(visible_lines(said.getvalue()))


def _invoked(program: click.Group, context: click.Context) -> object:
    """What the verb returns. Raises `NetlangError`, also with advice about the command line."""
    try:
        return program.invoke(context)
    except NetlangError as error:
        command = program.commands[context.invoked_subcommand or ""]
        if not _takes_settings(command):
            raise
        told = (_as_option(each, command) for each in error.diagnostics)
        raise NetlangError(*told) from None


def run(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    slip = _misspelt(arguments)
    try:
        if slip:
            raise click.UsageError(slip)
        # Not `main`, which has statuses of its own for what `guarded` deals with.
        program = _program(_wanted(arguments))
        with program.make_context("netlang", list(arguments)) as context:
            status = _invoked(program, context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.UsageError as error:
        _show(_as_setting(error, arguments))
        return USAGE
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return status if isinstance(status, int) else 0
