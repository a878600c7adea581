"""`netlang search`: trials of a recipe with spaces, and the best of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from netlang.cli.distance import DistanceAsked, distance_options
from netlang.cli.options import MachineAsked, data_option, places, recipe_arguments, workers_option
from netlang.searching.names import METHODS

if TYPE_CHECKING:
    from netlang.searching.outcome import Outcome, TrialOutcome
    from netlang.searching.question import Question
    from netlang.searching.search import SearchOptions

__all__ = ["command"]

_SHOWN = 20


def command() -> click.Command:
    return click.Command(
        "search",
        callback=_search,
        params=[
            *recipe_arguments(),
            *_plan_options(),
            *distance_options("Compare trials by"),
            click.Option(
                ["--objective"],
                metavar="STEP",
                help="Compare trials by the loss of a step in training.",
            ),
            click.Option(
                ["--out"], metavar="DIR", help="Folder of the search; runs/RECIPE-search without."
            ),
            click.Option(
                ["--resume"],
                is_flag=True,
                help="Go on with the search of the folder, or begin if there is none. On several"
                " hosts with one folder, each starts so.",
            ),
            *_storage_options(),
            _number("--jobs", (1, 1024), 1, "Trials at once, each in a process of its own."),
            data_option(),
            click.Option(
                ["--device"],
                metavar="DEVICE,...",
                help="What trains: cpu, cuda:1; of several, cuda:0,cuda:1, each has a trial.",
            ),
            workers_option(),
            click.Option(["--quiet"], is_flag=True, help="Show nothing but the outcome."),
        ],
        help="Look for the values that RECIPE leaves open (`lr=log_uniform(1e-4, 1e-1)`,"
        " `choice(16, 32, 64)`): each trial is a run with other values, compared by the validation"
        " part. KEY=VALUE replaces a parameter or key, perhaps by a space.",
        short_help="Search values that a recipe leaves open.",
    )


def _storage_options() -> tuple[click.Option, ...]:
    """The options for hosts that have no folder in common."""
    return (
        click.Option(
            ["--storage"],
            metavar="URL",
            help="Share out the trials through a database of Optuna, sqlite:///FILE or"
            " postgresql://USER@HOST/NAME: each host has its own --out. Needs the extra `search`.",
        ),
        click.Option(
            ["--study"],
            metavar="NAME",
            help="What the search is called there; RECIPE-search without.",
        ),
    )


def _plan_options() -> tuple[click.Option, ...]:
    """The options that decide which trials there are."""
    return (
        click.Option(
            ["--method"],
            type=click.Choice(METHODS),
            default="random",
            show_default=True,
            help="tpe and cmaes are Optuna's and need the extra `search`.",
        ),
        _number("--trials", (1, 1_000_000), 20, "How many values to try."),
        _number("--seed", (0, 2**32 - 1), 0, "What decides which."),
        _number(
            "--round",
            (1, 1_000_000),
            None,
            "For tpe and cmaes: trials that are chosen together and may run at once; as many as"
            " --jobs without it.",
        ),
        _number("--eta", (2, 100), 3, "For halving: one of so many trials goes on."),
    )


def _number(name: str, ends: tuple[int, int], default: int | None, text: str) -> click.Option:
    return click.Option(
        [name],
        type=click.IntRange(*ends),
        metavar="N",
        default=default,
        show_default=True,
        help=text,
    )


class PlanAsked(TypedDict):
    """The values of the options that decide which trials there are."""

    method: str
    trials: int
    seed: int
    round: int | None
    eta: int


class HowAsked(MachineAsked, PlanAsked, DistanceAsked):
    """Those, and the values of the options that say where, how, and what is compared."""

    objective: str | None
    out: str | None
    storage: str | None
    study: str | None
    resume: bool
    jobs: int
    quiet: bool


def _search(spec: str, changes: tuple[str, ...], **asked: Unpack[HowAsked]) -> int:
    from netlang.cli.failures import STOPPED
    from netlang.cli.trials import progress_of
    from netlang.diagnostics.texts import visible
    from netlang.searching.search import run_search
    from netlang.targets import needs, training_backend

    question, options = _question(spec, changes, asked)
    backend = training_backend()
    with needs(backend.extra), progress_of(quiet=asked["quiet"]) as progress:
        found = run_search(question, options, backend, progress)
    if found.outcome is None:
        click.echo("stopped: the same command goes on with --resume", err=True)
        return STOPPED + (found.signal or 0)
    given = [f"--data={name}={path}" for name, path in options.places.given.items()]
    for line in _shown(found.outcome, spec, given, scored=not question.recipe.turns):
        click.echo(visible(line))
    return 0


def _question(
    spec: str, changes: tuple[str, ...], asked: HowAsked
) -> tuple[Question, SearchOptions]:
    from netlang.cli.options import folder_for
    from netlang.searching.aim import asked_aim
    from netlang.searching.methods.method import SearchPlan
    from netlang.searching.question import Question, recipe_name
    from netlang.searching.search import SearchOptions, asked_place, asked_plan, default_folder
    from netlang.searching.shared.places import sharing_of

    name = recipe_name(spec)
    folder = folder_for(asked["out"], *default_folder(name).parts)
    plan = SearchPlan(asked["method"], asked["trials"], asked["seed"], eta=asked["eta"])
    try:
        place = asked_place(name, folder, asked["storage"], asked["study"])
        aim = asked_aim(
            asked["distance"],
            asked["judge"],
            asked["judge_weights"],
            asked["features"],
            asked["objective"],
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    sharing = sharing_of(place)
    plan = asked_plan(plan, sharing, asked["round"], asked["jobs"])
    question = Question(spec, changes, plan, aim)
    devices = tuple(filter(None, map(str.strip, (asked["device"] or "").split(","))))
    options = SearchOptions(
        sharing,
        places(asked["data"], question.recipe),
        asked["resume"],
        asked["jobs"],
        devices,
        asked["workers"],
    )
    return question, options


def _shown(found: Outcome, spec: str, given: Sequence[str], *, scored: bool) -> Iterator[str]:
    """The best trials as a table, and the best one as what to type; `scored` if it has a test."""
    yield from _table(found.trials[:_SHOWN])
    best = found.best
    more = len(found.trials) - _SHOWN
    if more > 0:
        yield f"and {more} more in {found.files[0]}"
    yield from (f"note: {hint}" for hint in found.hints)
    yield f"drawn in {', '.join(map(str, found.pictures))}"
    command = shlex.join(["netlang", "train", spec, *best.overrides, *given])
    yield f"the best is trial {best.number}: {command}"
    yield f"as a recipe: {found.recipe}"
    if best.host is not None:
        yield f"its run with the weights is on {best.host}, in {best.folder}"
        return
    again = shlex.join(["--resume", "--out", str(best.folder)])
    what = "its score on a test part" if scored else "its curves and samples"
    yield f"{what}: the same command with {again}"


def _table(trials: Sequence[TrialOutcome]) -> Iterator[str]:
    from netlang.cli.checkup import lined_up

    names = list(dict.fromkeys(name for each in trials for name in each.values))
    scores = list(dict.fromkeys(name for each in trials for name in each.scores))
    rows = [("trial", *names, *scores)]
    for each in trials:
        values = (each.values.get(name, "") for name in names)
        found = (f"{each.scores[n]:.4g}" if n in each.scores else "none" for n in scores)
        rows.append((str(each.number), *values, *found))
    return lined_up(rows)
