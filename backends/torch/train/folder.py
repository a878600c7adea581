"""The folder of a run: its task, its progress and its results.

`run.json` has the recipe with every choice resolved, versions, the machine and a fingerprint of the
net; it changes only when a run is prolonged. The sources lie beside it. A folder is resumed only
with the same recipe and net.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import final

from netlang.atomic import discard_unfinished, make_folder
from netlang.backends.torch.train.files.checkpoints import Checkpoints
from netlang.backends.torch.train.files.provenance import facts_of_run, write_sources
from netlang.backends.torch.train.files.reader import TensorSource
from netlang.backends.torch.train.files.record import compare, identity_of
from netlang.backends.torch.train.files.sharded import save_sharded
from netlang.backends.torch.train.processes.copying import hand_on
from netlang.backends.torch.train.processes.process import TrainingProcess
from netlang.backends.torch.train.processes.rows import own_of
from netlang.backends.torch.train.state import State
from netlang.backends.torch.train.storage import Json, encoded_state, facts_of, write_text
from netlang.backends.torch.train.world import World
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.training.running import OtherRecipe, RunExists, UnreadableRun
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from netlang.processes.lock import locked
from netlang.processes.writing import writing

__all__ = ["RunFiles", "RunFolder", "fingerprint", "open_folder", "shared_folder"]

_RUN = "run"


@final
@dataclass(frozen=True)
class RunFolder:
    """The files of a run by purpose."""

    path: Path

    @property
    def record(self) -> Path:
        return self.path / "run.json"

    @property
    def checkpoints(self) -> Path:
        """Everything that is needed to resume."""
        return self.path / "checkpoints"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def curves(self) -> Path:
        return self.path / "curves.svg"

    @property
    def confusion(self) -> Path:
        """The confusion matrix of the test part, or else of the part for validation."""
        return self.path / "confusion.csv"

    @property
    def board(self) -> Path:
        """The event files of TensorBoard."""
        return self.path / "tensorboard"

    @property
    def best(self) -> Path:
        """The weights of the best evaluation."""
        return self.path / "best.safetensors"

    @property
    def snapshots(self) -> Path:
        """Weights at the end of each cosine wave, if the recipe keeps them."""
        return self.path / "snapshots"

    @property
    def last(self) -> Path:
        """The weights at the end of the run, or where it was interrupted."""
        return self.path / "last.safetensors"


@final
@dataclass(frozen=True)
class RunFiles:
    """A run folder to which only this process writes; `notes` are remarks for the user.

    `identity` is a digest of the recipe, except its length, and of the net. It distinguishes this
    run's checkpoints from those of other runs.
    """

    folder: RunFolder
    identity: str
    checkpoints: Checkpoints
    notes: tuple[str, ...]
    world: World = field(default_factory=World)

    def save(self, state: State) -> None:
        """Add a checkpoint of `state`, which is durable on return."""
        facts: dict[str, Json] = {**state.facts(), _RUN: self.identity}
        tensors = state.tensors()
        if state.layout.sharded:
            save_sharded(self.checkpoints, state.step, tensors, facts, self.world)
        elif self.world.writes:
            whole = {name: own_of(kept) for name, kept in tensors.items()}
            self.checkpoints.write(state.step, encoded_state(whole, facts))

    def restore(self, state: State) -> list[str]:
        """Load the newest intact checkpoint into `state`, if there is one; returns remarks.

        Raises `NetlangError` if there are checkpoints but none can be used.
        """

        def take(file: TensorSource) -> None:
            if facts_of(file).get(_RUN) != self.identity:
                raise ValueError("it is of another run")
            state.take(file)

        notes = self.checkpoints.restore(take) if self.world.writes else []
        self._hand_on(take)
        return notes

    def _hand_on(self, take: Callable[[TensorSource], None]) -> None:
        """Let the other processes load the checkpoint that the first one loaded, if any."""
        chosen = self.checkpoints.newest
        name = self.world.copied(b"" if chosen is None else chosen.name.encode()).decode()
        if self.world.size > 1 and name:
            hand_on(self.folder.checkpoints / name, self.world, take)


@contextmanager
def shared_folder(process: TrainingProcess, facts: Mapping[str, Json]) -> Iterator[RunFiles]:
    """Inside, the folder of a run belongs to the processes that train together.

    Only the first one writes. `facts` belong to the record too; `data` among them must stay the
    same. Raises `NetlangError` as `open_folder` does, and if the processes have different recipes
    or nets.
    """
    path, world = process.wanted.folder, process.world
    if world.writes:
        with open_folder(process, {**_record(process), **facts}) as files:
            world.copied(files.identity.encode())
            yield files
        return
    own = identity_of(_record(process))
    identity = world.copied(b"").decode()
    if own != identity:
        differences = f"process {world.rank} was started with another recipe or net than process 0"
        raise NetlangError(OtherRecipe(span=None, folder=str(path), differences=differences))
    folder = RunFolder(path)
    yield RunFiles(folder, identity, Checkpoints(folder.checkpoints), (), world)


@contextmanager
def open_folder(process: TrainingProcess, record: Mapping[str, Json]) -> Iterator[RunFiles]:
    """Inside, the new or existing folder of a run, with this `record`, belongs to this process.

    Raises `NetlangError` if another process trains in it, if it can't be written, or if it contains
    a run that isn't to be resumed or has another recipe or other data.
    """
    path, resume = process.wanted.folder, process.wanted.resume
    folder = RunFolder(path)
    checkpoints = Checkpoints(folder.checkpoints)
    _refuse_another(folder, checkpoints, resume=resume)
    with writing(path):
        make_folder(path)
    with locked(path) as warning:
        # Again: it may have been made since.
        _refuse_another(folder, checkpoints, resume=resume)
        notes = [warning] if warning else []
        if folder.record.exists() and _begun(folder, checkpoints):
            known = compare(path, folder.record, record, process.recipe)
            notes += known.notes
            if known.changed:
                _write_record(folder, known.record)
        else:
            write_sources(path, process.recipe, process.program)
            _write_record(folder, record)
        with writing(path):
            discard_unfinished(path)
        checkpoints.prepare()
        yield RunFiles(folder, identity_of(record), checkpoints, tuple(notes), process.world)


def _write_record(folder: RunFolder, record: Mapping[str, Json]) -> None:
    write_text(folder.record, json.dumps(record, indent=2) + "\n")


def _refuse_another(folder: RunFolder, checkpoints: Checkpoints, *, resume: bool) -> None:
    saved = bool(checkpoints.found())
    if _begun(folder, checkpoints) and not resume:
        raise NetlangError(RunExists(span=None, folder=str(folder.path)))
    if saved and not folder.record.exists():
        why = "it is missing, but there are checkpoints"
        raise NetlangError(UnreadableRun(span=None, path=str(folder.record), why=why))


def _begun(folder: RunFolder, checkpoints: Checkpoints) -> bool:
    """Whether there is a run to lose; one that was refused before its first step doesn't count."""
    metrics = folder.metrics
    measured = metrics.exists() and metrics.stat().st_size > 0
    weights = folder.best, folder.last, folder.snapshots
    return measured or bool(checkpoints.found()) or any(path.exists() for path in weights)


def _record(process: TrainingProcess) -> dict[str, Json]:
    program = process.program
    facts = facts_of_run(process.recipe, program, process.device, process.world)
    return {**facts, "fingerprint": fingerprint(program)}


def fingerprint(program: Program) -> str:
    """A digest of the net: every operator with its arguments, every path and every connection."""
    digest = sha256()
    numbers: dict[Function, int] = {}

    def number(function: Function) -> int:
        if function not in numbers:
            lines = [f"{port.name} {port.type}" for port in function.inputs]
            for node in function.nodes:
                called = repr(node.callee) if isinstance(node.callee, Op) else number(node.callee)
                refs = [(ref.producer, ref.output) for ref in node.inputs]
                lines.append(f"{node.path} {node.module} {called} {refs} {node.auxiliary}")
            lines += [f"{item.name} {item.ref} {item.auxiliary}" for item in function.outputs]
            numbers[function] = len(numbers)
            digest.update("\n".join(lines).encode())
        return numbers[function]

    number(program.net)
    return digest.hexdigest()
