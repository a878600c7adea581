"""However one of several processes ends, all of them do, with one message, and nothing hangs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.train.world.support import launched
from tests.warm import run_group

RECIPE = ("train", "mnist1d", "arch=logistic", "batch=50", "steps=100000", "checkpoint_every=10")


def ended(count: int, what: str, folder: Path, *more: str) -> tuple[int, str, list[str]]:
    """How it ended: the status, all that was said, and the codes of errors in it.

    What happens to the processes from outside is left to `torchrun` itself.
    """
    out = ("--out", str(folder / "run"), "--device", "cpu")
    changes = {change.partition("=")[0]: change for change in (*RECIPE, *more)}
    command = (*changes.values(), *out)
    start = launched if what == "killed" else run_group
    done = start(count, "tests.train.world.victim", what, str(folder), *command)
    said = done.stdout + done.stderr
    for path in folder.glob("*.pid"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.read_text()), 0)
    return done.returncode, said, re.findall(r"error\[(E\d+)\]", said)


def test_a_killed_process(tmp_path: Path) -> None:
    status, said, codes = ended(3, "killed", tmp_path)
    assert status != 0
    assert codes == ["E0774"], said
    assert "internal error" not in said
    # What was saved is whole, and one process goes on with it.
    assert list((tmp_path / "run" / "checkpoints").glob("0*.safetensors"))


@pytest.mark.slow
def test_an_error_in_one_process(tmp_path: Path) -> None:
    status, said, codes = ended(2, "refused", tmp_path)
    assert status != 0
    assert codes == ["E0795"], said
    assert "internal error" not in said


def test_an_error_in_all_processes(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "run" / "metrics.jsonl").write_text("{}\n")
    status, said, codes = ended(2, "nothing", tmp_path)
    assert status != 0
    assert codes == ["E0733"], said


@pytest.mark.slow
def test_a_loss_that_is_no_number(tmp_path: Path) -> None:
    """All look for the layer together, and one says what was found."""
    status, said, codes = ended(2, "nothing", tmp_path, "arch=mlp", "optimizer=sgd(lr=1e9)")
    assert status != 0
    assert codes == ["E0736"], said


def test_too_many_tensors_for_the_parts_of_a_checkpoint(tmp_path: Path) -> None:
    """Each process knows before the first step that it couldn't write its own."""
    adam = ("arch=mlp", "optimizer=adam(lr=0.01)", "ema=0.9", "--shard")
    status, said, codes = ended(2, "cramped", tmp_path, *adam)
    assert status != 0
    assert codes == ["E0730"], said
    assert "internal error" not in said


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
@pytest.mark.parametrize("shard", [False, True])
def test_threads_of_connections_end_with_the_run(tmp_path: Path, shard: bool) -> None:
    """One that lets go of its last tensor while the interpreter ends would abort the process."""
    more = ("--shard", "ema=0.9", "validation=0.2") if shard else ()
    status, said, codes = ended(2, "nothing", tmp_path, "steps=20", "arch=mlp", *more)
    assert (status, codes) == (0, []), said
    for path in (tmp_path / "0.threads", tmp_path / "1.threads"):
        threads = path.read_text().split()
        assert threads
        assert not [name for name in threads if "gloo" in name]
