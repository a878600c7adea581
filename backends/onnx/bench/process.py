"""The worker processes as their parent sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, final

from netlang.backends.onnx.bench.providers import CUDA_GRAPH, PROVIDERS
from netlang.diagnostics.errors import NetlangError
from netlang.targets.timing import DEVICES, Setting

__all__ = ["Worker", "refusal"]

_END = 5.0
"""Seconds that a worker has to end by itself."""


@final
class Worker:
    """A process that has loaded a file and runs it on request. Ends where its `with` ends.

    `load` is the seconds until the file could run, `providers` those that ONNX Runtime chose,
    `memory` how many bytes the process grew by, and `not_finite` the outputs with NaN or infinite
    values.
    """

    def __init__(
        self,
        path: Path,
        inputs: Mapping[str, tuple[str, Sequence[int]]],
        setting: Setting,
        profile: str = "",
    ) -> None:
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, "-m", "netlang.backends.onnx.bench.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        told = self._ask(
            path=str(path),
            inputs=inputs,
            provider=PROVIDERS[setting.provider],
            options=CUDA_GRAPH[setting.provider] if setting.cuda_graph else {},
            device=DEVICES[setting.provider] if setting.bind or setting.cuda_graph else "",
            threads=setting.threads,
            profile=profile,
        )
        self.load: float = told["load"]
        self.providers: list[str] = told["providers"]
        self.memory: int | None = told["memory"]
        self.not_finite: list[str] = told["not_finite"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, runs: int) -> list[float]:
        """The seconds that each of so many runs took."""
        seconds: list[float] = self._ask(runs=runs)["seconds"]
        return seconds

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """End the process, which then writes its profile."""
        try:
            self._process.communicate(timeout=_END)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.communicate()

    def _ask(self, **request: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        told: dict[str, Any] = json.loads(line) if line else {"refused": self._end()}
        if "refused" in told:
            self.close()
            raise refusal(self._path.name, told["refused"])
        return told

    def _end(self) -> str:
        """What became of a worker that doesn't answer."""
        status = self._process.wait()
        return f"its process ended with status {status}; it may have needed too much memory"


def refusal(name: str, reason: str) -> NetlangError:
    """The error that ONNX Runtime doesn't load or run a file, in its own words."""
    from netlang.backends.onnx.diagnostics import UnreadableModel

    line = next(iter(reason.strip().splitlines()), "ONNX Runtime doesn't say why")
    return NetlangError(UnreadableModel(span=None, file=name, reason=line))
