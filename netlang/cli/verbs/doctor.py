"""`netlang doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.options import MachineAsked, data_option, folder_for, places, workers_option
from netlang.cli.verbs.train import device_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netlang.targets.doctor import CheckReport

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "doctor",
        callback=_doctor,
        params=[
            click.Argument(["spec"], required=False, metavar="[RECIPE]"),
            click.Argument(["changes"], nargs=-1, metavar="[KEY=VALUE]..."),
            click.Option(
                ["--runtime"],
                is_flag=True,
                help="Ask ONNX Runtime for each device that it was built for, and say which ones "
                "it falls back from, and why.",
            ),
            click.Option(
                ["--out"], metavar="DIR", help="Folder for the pictures; doctor/RECIPE without it."
            ),
            click.Option(["--json"], is_flag=True, help="Print the findings as JSON."),
            data_option(),
            device_option(),
            workers_option(),
            click.Option(["--quiet"], is_flag=True, help="Show nothing on the way."),
        ],
        help="Examine RECIPE, its net and its data before training: the initial loss, gradients,"
        " one batch learned by heart, a range test of the rate, layers, memory and time, classes,"
        " duplicates and values. Or, with --runtime, the installation. The exit status is 1 if"
        " something is wrong.",
        short_help="Say what is wrong with a recipe, or with an installation.",
    )


class _Asked(MachineAsked):
    """The values of the options that say what to examine and how."""

    out: str | None
    json: bool
    quiet: bool


def _doctor(
    spec: str | None, changes: tuple[str, ...], runtime: bool, **asked: Unpack[_Asked]
) -> int:
    if runtime and spec is None:
        return _runtime()
    if runtime or spec is None:
        raise click.UsageError("say what to examine: a recipe, or `--runtime`")
    from netlang.cli.checkup import as_document, shown

    reports = _reports(spec, changes, asked)
    if asked["json"]:
        found = list(_whole(reports))
        click.echo(as_document(found))
        return int(any(each.wrong for each in found))
    wrong = notes = 0
    for report in reports:
        click.echo(shown(report))
        wrong += sum(each.wrong for each in report.symptoms)
        notes += sum(not each.wrong for each in report.symptoms)
    click.echo(f"{wrong or 'nothing'} wrong, {notes} note{'s' * (notes != 1)}")
    return int(wrong > 0)


def _whole(reports: Iterator[CheckReport]) -> Iterator[CheckReport]:
    """The reports, with a refusal of the recipe or its data as the last of them."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.targets.doctor import refusal

    try:
        yield from reports
    except NetlangError as error:
        yield refusal(error)


def _reports(spec: str, changes: tuple[str, ...], asked: _Asked) -> Iterator[CheckReport]:
    """What `check` says of the recipe, and then the report of each check."""
    from netlang.examine import warnings_of
    from netlang.recipes.load import open_recipe
    from netlang.targets import needs
    from netlang.targets.doctor import CheckupOptions, diagnosing_backend, warned

    module, recipe, program = open_recipe(spec, changes)
    where = places(asked["data"], recipe)
    folder = folder_for(asked["out"], "doctor", recipe.name)
    yield warned(warnings_of(module, program, recipe))
    backend = diagnosing_backend()
    with needs(backend.extra):
        options = CheckupOptions(
            folder,
            where,
            device=asked["device"],
            workers=asked["workers"],
            quiet=asked["quiet"],
        )
        yield from backend.examine_recipe(recipe, program, options)


def _runtime() -> int:
    from netlang.diagnostics.texts import visible
    from netlang.targets.doctor import examining_backend

    status = 0
    for found in examining_backend().examine_runtime():
        click.echo(visible(f"{found.what}: {found.why}" if found.why else found.what))
        if found.advice:
            click.echo(visible(f"  = help: {found.advice}"))
        status |= not found.fine
    return int(status)
