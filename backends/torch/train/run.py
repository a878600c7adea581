"""Carries out a recipe: from a checked recipe and its program to weights in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import final

from torch import nn

from netlang.analysis.locate import locate
from netlang.backends.torch.recipes.pretrained import weights_loaded
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.files.apart import require_apart
from netlang.backends.torch.train.files.room import require_room
from netlang.backends.torch.train.files.weights import WeightsFiles, facts_of_weights
from netlang.backends.torch.train.folder import RunFolder, shared_folder
from netlang.backends.torch.train.interrupt import interrupts
from netlang.backends.torch.train.loop import Loop
from netlang.backends.torch.train.memory import freed_memory_kept, memory_told
from netlang.backends.torch.train.objective import Objective
from netlang.backends.torch.train.processes.group import joined
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.processes.shares import is_sharded, require_shares
from netlang.backends.torch.train.processes.wrapping import Sparing, copies
from netlang.backends.torch.train.records.board import Board, require_board
from netlang.backends.torch.train.records.drawing import require_drawing
from netlang.backends.torch.train.records.ledger import Ledger
from netlang.backends.torch.train.records.progress import Progress, Silent
from netlang.backends.torch.train.setup import DataSplit, fresh_state, prepare
from netlang.backends.torch.train.state import Scores, State
from netlang.backends.torch.train.steps.execution import called, multiplying, require_execution
from netlang.backends.torch.train.steps.search import Culprit, NotFinite
from netlang.backends.torch.train.steps.step import Stepper
from netlang.backends.torch.train.storage import Json
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import visible
from netlang.diagnostics.training.running import LossNotFinite
from netlang.ir.program import Program
from netlang.recipes.check.schedule import stretched
from netlang.recipes.places import Places
from netlang.recipes.recipe import Recipe
from netlang.recipes.sections.refused import require_no_turns
from netlang.records import replace
from netlang.targets.options import RunOptions

__all__ = ["Result", "train"]


@final
@dataclass(frozen=True)
class Result:
    """How a run ended, and where its files are. `signal` is the signal that stopped it, if any.

    `best` and `last` are scores on the validation part, if there is one. `test` is the score on the
    test part of the best weights, or else of the last. `epoch_steps` is the number of steps in an
    epoch.
    """

    folder: RunFolder
    steps: int
    signal: int | None
    best: Scores | None
    last: Scores | None
    test: Scores | None
    epoch_steps: int

    @property
    def scored(self) -> str:
        """Which weights the `figures` belong to."""
        step = self.steps if self.best is None else self.best.step
        name = "last weights" if self.best is None else "best weights"
        return f"{name} (step {step}, epoch {-(-step // self.epoch_steps)})"

    @property
    def finished(self) -> bool:
        """Whether the run reached its end."""
        return self.signal is None

    def figures(self) -> dict[str, float]:
        """The figures to show: the best validation scores and the test scores."""
        parts = {"validation": self.best, "test": self.test}
        return {
            f"{part} {name}": value
            for part, scores in parts.items()
            if scores is not None
            for name, value in scores.figures().items()
        }


def train(
    recipe: Recipe, program: Program, wanted: RunOptions, progress: Progress | None = None
) -> Result:
    """Train `program` by `recipe` as is `wanted`, and show the `progress`.

    `recipe` must have been checked against `program`. A run that is resumed continues from its last
    checkpoint and ends with the weights that it would have had without the break; if there is no
    run yet, one starts. Raises `NetlangError` for everything that prevents the run.
    """
    require_drawing()
    if wanted.tensorboard:
        require_board()
    again = wanted.again or f"--resume --out {wanted.folder}"
    with joined() as world:
        own = replace(wanted, again=again, tensorboard=wanted.tensorboard and world.writes)
        shown = (progress or Silent()) if world.writes else Silent()
        device = choose_device(own.device, world)
        return _among(TrainingProcess(recipe, program, own, device, world), shown)


def _among(process: TrainingProcess, shown: Progress) -> Result:
    """Train as one of the processes of a world."""
    recipe, program, wanted = process.recipe, process.program, process.wanted
    chosen, world, title = process.device, process.world, f"{recipe.name}: {program.name}"
    shard = is_sharded(wanted.shard, world, "trains", shown.say)
    _require_whole_turns(recipe, sharded=shard)
    require_execution(recipe, chosen)
    with (
        memory_told(chosen),
        freed_memory_kept(chosen),
        reproducible(chosen, threads_for(program, recipe.batch)),
        multiplying(recipe),
    ):
        objective = Objective(recipe, program, apart=shard)
        data = prepare(process, shown.say)
        require_shares(recipe, program, world, data.train, sharded=shard)
        require_apart(wanted.folder, recipe, wanted.places, data.classes)
        facts = _facts(recipe, data, wanted.places, sharded=shard)
        opened = shared_folder(process, facts)
        with closing(data), opened as files, interrupts(world) as interrupt:

            def begin() -> tuple[State, Stepper]:
                state = fresh_state(process, shard=shard)
                forward = _together(called(state.model, recipe), recipe, objective, state)
                stepper = Stepper(recipe, objective, state, forward, program)
                for note in (*files.restore(state), *_first(recipe, program, wanted, state)):
                    shown.say(note)
                return state, stepper

            weights = _weights_files(recipe, data, files.folder)
            board = Board(files.folder.board) if wanted.tensorboard else None
            turns = tuple(turn.name for turn in recipe.turns)
            ledger = Ledger(files.folder, title, data.classes, shown, board, world.writes, turns)
            loop = Loop(recipe, objective, data, begin, files, weights, ledger, interrupt, wanted)
            with closing(ledger):
                try:
                    return _run(loop, wanted.again)
                except NotFinite as error:
                    raise _not_finite(error, recipe, program, files.checkpoints.step) from None


def _require_whole_turns(recipe: Recipe, *, sharded: bool) -> None:
    """Raise `NetlangError` if steps would take turns on weights of which each has some rows."""
    if sharded:
        why = "weights that are shared out have one optimizer"
        advice = "leave out `--shard`: each process then has all weights"
        require_no_turns(recipe, "`--shard`", why, advice)


def _first(recipe: Recipe, program: Program, wanted: RunOptions, state: State) -> tuple[str, ...]:
    """What to say of the weights before the first step."""
    return () if state.step else weights_loaded(recipe, program, wanted.places)


def _facts(recipe: Recipe, data: DataSplit, places: Places, *, sharded: bool) -> dict[str, Json]:
    """What the record of a run says of its data, where they are, and where its weights are."""
    paths: dict[str, Json] = dict(places.paths(recipe))
    return {"data": data.facts(), "places": paths, "sharded": sharded}


def _weights_files(recipe: Recipe, data: DataSplit, folder: RunFolder) -> WeightsFiles:
    """The weights files with the facts that are stored beside them."""
    made = data.normalizer
    facts = facts_of_weights(recipe, data.classes, None if made is None else made.facts())
    beside = {} if made is None else made.beside()
    return WeightsFiles(folder, facts, beside, recipe.schedule if recipe.snapshots else None)


def _together(model: nn.Module, recipe: Recipe, objective: Objective, state: State) -> nn.Module:
    """What training calls, so that all processes' gradients are those of the whole batch."""
    spare = not recipe.sync_batch_norm
    if state.layout.sharded:
        from netlang.backends.torch.train.sharding.standing import Attended

        return Attended(model, objective.counted, spare=spare)
    if state.world.size == 1 or not any(each.requires_grad for each in model.parameters()):
        return model
    model = Sparing(model) if spare else model
    # Where steps take turns, an `Exchange` averages the gradients of each.
    return model if recipe.turns else copies(model, state.device, all_used=objective.all_used)


def _not_finite(
    error: NotFinite, recipe: Recipe, program: Program, saved: int | None
) -> NetlangError:
    """The error, located at the layer in the spec if that is known."""
    place = recipe.places["optimizer"]
    culprit = error.culprit or Culprit("repeating the steps doesn't show where")
    if culprit.label:
        found = locate(program.net, culprit.label)
        place = found.node.span if found is not None and found.node is not None else place
    problem = LossNotFinite(
        span=place,
        step=error.step,
        subject=culprit.subject,
        what=culprit.what,
        saved="no checkpoint was written yet"
        if saved is None
        else f"the last checkpoint, of step {saved}, is from before",
    )
    return NetlangError(problem)


def _run(loop: Loop, again: str) -> Result:
    folder, state = loop.files.folder, loop.state
    for note in (*loop.files.notes, *loop.data.notes):
        loop.ledger.progress.say(note)
    for note in _standing(loop):
        loop.ledger.progress.say(visible(note))
    if not loop.over:
        require_room(loop.recipe, state, loop.weights, validated=loop.data.validation is not None)
    loop.weights.save_best(state)
    finished = _finished(loop, again)
    for remark in loop.data.remarks():
        loop.ledger.progress.say(remark)
    loop.weights.save_last(loop.state)
    if not loop.wanted.trial:
        loop.ledger.draw()
        # Also for a run that was finished before, whose files may be missing.
        loop.ledger.report(loop.state.confusion, "validation" if loop.data.test is None else "test")
    if not finished:
        how = "paused" if loop.interrupt.signal is None else "stopped"
        loop.ledger.progress.say(
            visible(f"{how} after step {state.step} of {loop.steps}: go on with {again}")
        )
    elif state.step < loop.steps:
        loop.ledger.progress.say(_early_end(loop))
    stopped_by = None if finished else loop.interrupt.signal
    return Result(
        folder, state.step, stopped_by, state.best, state.last, state.test,
        loop.epoch_steps,
    )  # fmt: skip


def _standing(loop: Loop) -> Iterator[str]:
    """What to know of the state that a run starts or resumes from."""
    state, path = loop.state, loop.files.folder.path
    if loop.over and state.step < loop.steps:
        yield f"the run in {path} was ended by early stopping: more of it changes nothing"
    elif loop.over:
        more = (
            "" if stretched(loop.recipe.schedule) else ": with more `epochs` or `steps` it goes on"
        )
        yield f"the run in {path} is finished{more}"
    elif state.step:
        yield f"resuming {path} after step {state.step}"
    if loop.recipe.freeze and not loop.over:
        frozen = [not each.requires_grad for each in state.model.parameters()]
        below = ", ".join(f"`{label}`" for label in loop.recipe.freeze)
        yield f"frozen: {sum(frozen)} of {len(frozen)} weights, those below {below}"


def _finished(loop: Loop, again: str) -> bool:
    """Whether the run came to its end. A second Ctrl-C ends it at once."""
    try:
        return loop.run()
    except KeyboardInterrupt:
        loop.ledger.progress.say(visible(f"stopped at once: go on with {again}"))
        raise


def _early_end(loop: Loop) -> str:
    """Why a run ended before its last step."""
    best, patience = loop.state.best, loop.recipe.early_stopping
    assert best is not None
    evaluations = f"{patience} evaluation{'s' * (patience != 1)}"
    early = loop.recipe.swa is not None and not loop.state.averages
    without = "; `swa` has averaged no weights yet" if early else ""
    return (
        f"early stopping after step {loop.state.step} of {loop.steps}: {evaluations} without a"
        f" better validation score than that of step {best.step}, which best.safetensors has"
        f"{without}"
    )
