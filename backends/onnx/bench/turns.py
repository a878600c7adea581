"""Times several files in turn."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.backends.onnx.bench.inputs import Inputs, inputs_of, shapes_in_words
from netlang.backends.onnx.bench.process import Worker
from netlang.backends.onnx.bench.providers import require_installed, require_provider
from netlang.backends.onnx.exporter import export_built
from netlang.backends.onnx.form import form_of
from netlang.backends.onnx.verify.file import ModelFile
from netlang.targets.timing import BenchOptions, Contestant, Setting, Timing

__all__ = ["file_of", "started", "time_in_turn"]

_LEAST = 10
"""Runs of each, however long they take."""
_TURN = 0.05
"""Seconds that one runs before the next has its turn."""
_WARM = 3
"""Runs before the first that counts."""


def time_in_turn(
    contestants: Sequence[Contestant], setting: Setting, options: BenchOptions
) -> tuple[Timing, ...]:
    """Time all of them with the same setting.

    Raises `NetlangError` if one can't be read or run, or not on the provider that is asked for.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        workers: list[tuple[Worker, Inputs]] = []
        for number, contestant in enumerate(contestants):
            options.progress(f"loading {contestant.name}")
            file = file_of(contestant, Path(folder) / f"{number}.onnx", options)
            inputs = inputs_of(file, setting.batch, contestant.sizes, contestant.usual)
            workers.append((stack.enter_context(started(file, inputs, setting)), inputs))
        options.progress(f"timing {', '.join(each.name for each in contestants)}")
        latencies = _latencies([worker for worker, _ in workers], options.seconds)
        return tuple(
            Timing(
                name=contestant.name,
                setting=setting,
                inputs=shapes_in_words(inputs),
                load=worker.load,
                latencies=tuple(sorted(found)),
                memory=worker.memory,
                not_finite=tuple(worker.not_finite),
            )
            for contestant, (worker, inputs), found in zip(
                contestants, workers, latencies, strict=True
            )
        )


def file_of(contestant: Contestant, path: Path, options: BenchOptions) -> ModelFile:
    """The file that is timed; a net is written to `path` first."""
    if contestant.file is not None:
        return ModelFile(contestant.file, large=options.large)
    assert contestant.program is not None
    export_built(contestant.program, path, options.build, form_of(options.build.onnx))
    return ModelFile(path, own=True)


def started(file: ModelFile, inputs: Inputs, setting: Setting, profile: str = "") -> Worker:
    """A process that has loaded a file, on the provider that is asked for."""
    require_installed(setting.provider)
    worker = Worker(file.path, inputs, setting, profile)
    try:
        require_provider(setting.provider, worker.providers)
    except BaseException:
        worker.close()
        raise
    return worker


def _latencies(workers: Sequence[Worker], seconds: float) -> list[list[float]]:
    """The seconds of the runs of each. Each turn begins with a run that doesn't count."""
    found: list[list[float]] = [[] for _ in workers]
    pace = [min(worker.run(_WARM)) for worker in workers]
    waiting = list(range(len(workers)))
    while waiting:
        for number in waiting:
            runs = max(1, min(1000, int(_TURN / max(pace[number], 1e-6))))
            found[number] += workers[number].run(1 + runs)[1:]
        waiting = [
            number
            for number in waiting
            if len(found[number]) < _LEAST or sum(found[number]) < seconds
        ]
    return found
