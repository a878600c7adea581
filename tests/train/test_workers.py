"""Runs on images in files: the same for any number of workers, and what a terminal does to them."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netlang.cli import main
from tests.endless import ENDLESS
from tests.quality import ROOT
from tests.train.loading.test_processes import gone

SPEC = """
net tiny {
    input image: [3, 12, 12]
    conv(4, 3, stride=2) -> batch_norm -> relu -> dropout(0.1) -> global_avgpool
    flatten -> linear(3)
}
train tiny {
    model:     tiny()
    data:      image_folder("pictures")
    validation: 0.25
    augment:   random_resized_crop(12) -> hflip -> color_jitter(0.2) -> mixup
    test:      resize_shorter(14) -> ten_crop(12)
    normalize: standardize
    loss:      cross_entropy
    optimizer: adam(lr=0.01)
    batch:     7
    epochs:    3
}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec, beside a folder `pictures` of JPEGs of different sizes."""
    folder = tmp_path_factory.mktemp("run")
    for number in range(30):
        random = np.random.default_rng(number)
        height, width = random.integers(14, 40, 2)
        pixels = random.integers(0, 256, (height, width, 3), np.uint8)
        part = "test" if number % 5 == 0 else "train"
        file = folder / "pictures" / part / "abc"[number % 3] / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    (folder / "tiny.net").write_text(SPEC)
    return folder / "tiny.net"


def command(verb: str, spec: Path, *more: str) -> list[str]:
    data = ["--data", f"pictures={spec.parent / 'pictures'}", "--device", "cpu"]
    return [verb, str(spec), *data, *more]


def carry_out(told: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(told)
    assert not ended.value.code


def trained(spec: Path, out: Path, workers: int, *more: str) -> dict[str, bytes]:
    """The files of a run in which every number counts."""
    told = command("train", spec, "--out", str(out), "--quiet", "--workers", str(workers), *more)
    carry_out(told)
    return {
        name: (out / name).read_bytes()
        for name in ("last.safetensors", "best.safetensors", "metrics.jsonl")
    }


def test_runs_are_the_same_for_any_number_of_workers(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = trained(spec, tmp_path / "0", 0)
    for workers in (1, 3):
        out = tmp_path / str(workers)
        assert trained(spec, out, workers) == alone
    scores = []
    capsys.readouterr()
    for count in ("0", "2"):
        weights = str(out / "best.safetensors")
        carry_out(command("eval", spec, "--weights", weights, "--workers", count))
        scores.append(capsys.readouterr().out)
    assert "accuracy" in scores[0]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_a_terminal_stops(spec: Path, tmp_path: Path, number: signal.Signals) -> None:
    """All processes get the signal: one line, no stack, nothing left running; it can go on."""
    out = tmp_path / "run"
    told = command("train", spec, "--out", str(out), "--workers", "2", "epochs=100_000")
    running = subprocess.Popen(
        [sys.executable, "-m", "netlang", *told],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    while not list(out.glob("checkpoints/*")):
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)
    task = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    children = [int(pid) for pid in task.read_text().split()]
    assert len(children) >= 2
    os.killpg(running.pid, number)
    _, errors = running.communicate(timeout=ENDLESS)
    assert running.returncode == 128 + number
    assert "Traceback" not in errors
    assert "--resume" in errors
    assert gone(children)


KEPT = """
import torch
from pathlib import Path
from netlang.backends.torch.train.memory import freed_memory_kept

def faults():
    return int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[7])

def made():
    x = torch.arange(12_000_000.0)
    before = faults()
    values = [(x * 2.0 + 1.0).sum().item() for _ in range(4)]
    return values, faults() - before

torch.set_num_threads(1)
plain, often = made()
for _ in range(2):
    with freed_memory_kept(torch.device("cpu")):
        made()
        kept, seldom = made()
    again, _ = made()
    assert plain == kept == again
    print(often, seldom)
"""


def test_freed_memory_is_kept_and_changes_no_value() -> None:
    """Counted as pages that the system had to hand out: 12,000 for each tensor.

    Nothing is said of those handed out afterwards: how much of what was kept lies free in one piece
    at that time differs from process to process.
    """
    for often, seldom in printed(KEPT):
        assert 2 * seldom < often


AFTER = """
import ctypes
import torch
from netlang.backends.torch.train.memory import freed_memory_kept

class Facts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]

library = ctypes.CDLL(None)
library.mallinfo2.restype, library.malloc.restype = Facts, ctypes.c_void_p
with freed_memory_kept(torch.device("cpu")):
    pass
mapped = library.mallinfo2().hblks
for size in (20_000_000, 40_000_000):
    block = library.malloc(ctypes.c_size_t(size))
    print(library.mallinfo2().hblks - mapped)
    library.free(ctypes.c_void_p(block))
    print(library.mallinfo2().keepcost)
"""


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="glibc since 2.33 tells what it keeps",
)
def test_after_training_memory_is_kept_as_glibc_learns_to() -> None:
    """A block of up to 32 MiB is kept at the end of the heap; a larger one is mapped by itself."""
    (mapped,), (kept,), (large_mapped,), _ = printed(AFTER)
    assert (mapped, large_mapped) == (0, 1)
    assert kept >= 20_000_000


def printed(script: str) -> list[list[int]]:
    """The numbers in each line that a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return [[int(number) for number in line.split()] for line in done.stdout.splitlines()]
