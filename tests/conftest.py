"""What holds for every test: how they are shared out to processes, what nothing may measure, and
the command line as a fixture."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.cli.support import Runner
from tests.long_runs import taken_long

# How long an example takes says how fast the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Threads of one process would wait for those of its neighbours. Torch reads this at its import.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A copy of this process would search all that was made before it for garbage, and so copy it.
# It has nothing to find there.
os.register_at_fork(after_in_child=gc.freeze)

# What a run keeps for the next one is shared by all processes of the tests, and isn't the user's.
_KEPT = Path(__file__).resolve().parent.parent / ".pytest_cache" / "kept"
os.environ["XDG_CACHE_HOME"] = str(_KEPT)
os.environ.setdefault("MPLCONFIGDIR", str(_KEPT / "matplotlib"))


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runner:
    """Commands run in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return Runner(tmp_path, capsys)


# Files that take longest go first, by CPU seconds: at the end, when one process has none left, the
# others have short ones. Nothing depends on the order.
_LONGEST = (
    "tests/specs/test_torchvision.py", "tests/robustness/test_bombs.py", "tests/test_quality.py",
    "tests/specs/test_plain.py", "tests/specs/test_onnx.py", "tests/train/eject/test_losses.py",
    "tests/torch/test_types.py", "tests/onnx/test_kernels.py", "tests/onnx/test_operators.py",
    "tests/campaigns/test_campaigns.py", "tests/ops/test_against_torch.py",
    "tests/campaigns/scaling/test_scaling.py", "tests/onnx/precision/test_half.py",
    "tests/train/loading/test_processes.py", "tests/torch/test_operators.py",
    "tests/campaigns/test_faults.py", "tests/specs/test_segmentation.py",
    "tests/torch/test_source.py", "tests/train/test_bundled_recipes.py",
    "tests/elaborate/test_expand.py", "tests/onnx/test_nets.py", "tests/onnx/bench/test_bench.py",
    "tests/train/world/test_ends.py", "tests/docs/test_extending.py",
    "tests/cli/test_every_verb.py", "tests/train/test_workers.py",
    "tests/train/faults/test_campaigns.py", "tests/train/eject/test_sources.py",
    "tests/train/eject/test_kept.py", "tests/examples/test_course.py",
    "tests/train/eject/test_clashes.py", "tests/campaigns/classes/test_classes.py",
    "tests/train/world/test_shards.py", "tests/syntax/test_format.py", "tests/test_wheel.py",
)  # fmt: skip

# Each process imports torch and its peers, so more of them want more memory than they save time.
_PROCESSES_AT_MOST = 8
_EVERYTHING = "netlang_everything"


def _is_of_everything(config: pytest.Config) -> bool:
    """Whether this process, or the one that it works for, was given no files."""
    told = getattr(config, "workerinput", {}).get(_EVERYTHING)
    return told or config.args_source is pytest.Config.ArgsSource.TESTPATHS


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of xdist, which is given its files, what the run is of."""
    node.workerinput[_EVERYTHING] = _is_of_everything(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share out a run of everything to a process a core, file by file, unless `-n` says otherwise.

    A run of a few files stays in one process, where a debugger works and nothing is imported twice.
    """
    everything = _is_of_everything(config)
    # The processes read this too, and must not start their own.
    began = "PYTEST_XDIST_WORKER" not in os.environ
    options = config.option
    if not (everything and began and config.pluginmanager.hasplugin("xdist")):
        return
    if options.numprocesses is None and not options.collectonly:
        options.numprocesses = "logical"
        options.maxprocesses = options.maxprocesses or _PROCESSES_AT_MOST
    if options.dist == "no":
        options.dist = "loadfile"
    # Not the files of most tests first, as is usual: others take longest.
    options.loadscopereorder = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is collected is garbage: it isn't searched for any, now or while tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, and leave some cases to the long run."""
    if _is_of_everything(config):
        for item in taken_long(items):
            item.add_marker(pytest.mark.slow)
    rank = {config.rootpath / path: place for place, path in enumerate(_LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
