"""What may happen to worker processes, each of it really done to them."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
from itertools import chain
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from netlang.backends.torch.data.loader import Loader, usual_workers
from netlang.backends.torch.data.loading.decoding import Decoding
from netlang.diagnostics.errors import NetlangError
from tests.endless import ENDLESS
from tests.quality import ROOT
from tests.train.loading.support import Files, drawn_files, loader, program


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return drawn_files(tmp_path_factory.mktemp("images"), 11)


def processes(made: Loader) -> tuple[BaseProcess, ...]:
    assert isinstance(made._source, Decoding)
    assert made._source._started
    return made._source._started[2].processes


def refused(made: Loader, epoch: int = 0) -> tuple[str, str]:
    """Code and text of the error that a loader ends with."""
    batches = chain.from_iterable(made.batches(after, 0) for after in range(epoch, epoch + 5))
    with pytest.raises(NetlangError) as caught:
        list(batches)
    (diagnostic,) = caught.value.diagnostics
    assert caught.value.__cause__ is None
    return diagnostic.code, diagnostic.message


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGXCPU])
def test_a_killed_worker(files: Files, number: signal.Signals) -> None:
    with loader(files, workers=2) as made:
        list(made.batches(0, 0))
        victim = processes(made)[1]
        assert victim.pid
        os.kill(victim.pid, number)
        code, message = refused(made, 1)
        others = processes(made)
    assert code == "E0788"
    assert number.name in message
    with pytest.raises(ValueError, match="closed"):
        others[0].is_alive()


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_image_is_the_error_alone(tmp_path: Path, workers: int) -> None:
    done = program(
        """
        files = drawn_files(Path(sys.argv[1]) / "images", 3)
        files.paths[1].write_bytes(files.paths[1].read_bytes()[:60])
        with loader(files, workers=int(sys.argv[2])) as made:
            list(made.batches(0, 0))
        """,
        str(tmp_path),
        str(workers),
    )
    assert done.returncode == 3
    error = r"error\[E0783\]: .*001\.png.*\n  = help: .*\n"
    assert re.fullmatch(error, done.stderr), done.stderr


def test_too_many_open_files(tmp_path: Path) -> None:
    """At every limit between none that works and the first that does, the error says so."""
    drawn_files(tmp_path, 11)
    body = """
    import os, resource
    files = drawn_files(Path(sys.argv[1]), 11)
    list(loader(files).batches(0, 0))
    sys.stdout.flush()
    for limit in range(3, 60):
        if os.fork():
            if not os.wait()[1]:
                break
            continue
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 4096))
        try:
            with loader(files, workers=3) as made:
                print(limit, len(pixels_of(list(made.batches(0, 0)))), flush=True)
            os._exit(0)
        except NetlangError as error:
            print(limit, *[each.code for each in error.diagnostics], flush=True)
            os._exit(1)
    """
    done = program(body, str(tmp_path))
    assert done.stderr == ""
    *refusals, last = done.stdout.splitlines()
    assert len(refusals) > 5
    assert {line.split()[1] for line in refusals} == {"E0790"}
    assert last.split()[1] == "3"


def test_a_full_dev_shm_is_not_needed(tmp_path: Path) -> None:
    """Containers keep /dev/shm small; batches don't go through it."""
    small = "mount -t tmpfs -o size=4k none /dev/shm && head -c 4096 /dev/zero > /dev/shm/full"
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount")
    text = """
    files = drawn_files(Path(sys.argv[1]), 40, (64, 64))
    with loader(files, workers=2) as made:
        print(len(list(made.batches(0, 0))), len(list(made.once())))
    """
    done = program(text, str(tmp_path), before=f"{small} && df /dev/shm >&2")
    assert "100%" in done.stderr, done.stderr
    assert done.stdout == "10 10\n"


def test_no_room_for_the_ring(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "posix_fallocate", full)
    code, message = refused(loader(files, workers=2))
    assert code == "E0789"
    assert "2 processes" in message
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize(("megabytes", "code"), [(300, "E0789"), (20, "E0793")])
def test_no_memory(tmp_path: Path, megabytes: int, code: str) -> None:
    """For the ring of 486 MB, and for decoding an image of 36 MB."""
    done = program(
        """
        import resource
        from PIL import Image
        files = drawn_files(Path(sys.argv[1]), 3)
        list(loader(files).batches(0, 0))
        for file in files.paths:
            Image.new("RGB", (3000, 3000)).save(file)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (size + 1_000_000 * int(sys.argv[2]), -1))
        with loader(files, path(), workers=2) as made:
            list(made.batches(0, 0))
        """,
        str(tmp_path),
        str(megabytes),
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith(f"error[{code}]: "), done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_process(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", refuse)
    code, message = refused(loader(files, workers=2))
    assert code == "E0791"
    assert os.strerror(errno.EAGAIN) in message


LONG = """
import sys
from pathlib import Path
from tests.train.loading.support import drawn_files, loader
from netlang.backends.torch.train.interrupt import interrupts

files = drawn_files(Path(sys.argv[1]), 11)
with interrupts() as interrupt, loader(files, workers=3) as made:
    for epoch in range(100_000):
        for batch in made.batches(epoch, 0):
            if interrupt.wanted:
                print("stopped", flush=True)
                sys.exit(0)
        if epoch == 1:
            print(*[p.pid for p in made._source._started[2].processes], flush=True)
"""


def started(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A program that trains until it is told to stop, in a group of its own; its workers."""
    running = subprocess.Popen(
        [sys.executable, "-c", LONG, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert running.stdout
    return running, [int(pid) for pid in running.stdout.readline().split()]


def gone(pids: list[int]) -> bool:
    """Whether the processes end; they get some time for it."""
    for _ in range(round(ENDLESS / 0.05)):
        if not any(Path(f"/proc/{pid}").exists() and not _is_dead(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_is_for_the_first_to_answer(
    tmp_path: Path, number: signal.Signals
) -> None:
    """As Ctrl-C in a terminal and a scheduler send it: no worker dies, none leaves a stack."""
    running, workers = started(tmp_path)
    assert len(workers) == 3
    os.killpg(running.pid, number)
    out, errors = running.communicate(timeout=ENDLESS)
    assert (running.returncode, out, errors) == (0, "stopped\n", "")
    assert gone(workers)


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    running, workers = started(tmp_path)
    assert len(workers) == 3
    running.kill()
    running.communicate(timeout=ENDLESS)
    assert gone(workers)


@pytest.mark.parametrize(
    ("end", "method"),
    [("sys.exit(4)", "fork"), ("raise KeyboardInterrupt", "fork"), ("return", "spawn")],
)
def test_a_loader_that_nobody_closed(tmp_path: Path, end: str, method: str) -> None:
    done = program(
        f"""
        import multiprocessing
        multiprocessing.set_start_method("{method}")
        made = loader(drawn_files(Path(sys.argv[1]), 11), workers=2)
        next(made.batches(0, 0))
        print(*[p.pid for p in made._source._started[2].processes], flush=True)
        {end}
        """,
        str(tmp_path),
        alone=method == "spawn",
    )
    assert gone([int(pid) for pid in done.stdout.split()])
    assert done.stderr.count("Traceback") == ("Keyboard" in end)


def test_a_worker_that_hangs_is_not_waited_for(files: Files) -> None:
    with loader(files, workers=2) as made:
        list(made.batches(0, 0))
        pids = [each.pid or 0 for each in processes(made)]
        os.kill(pids[0], signal.SIGSTOP)
    assert gone(pids)


def test_the_usual_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, beside, expected in ((1, 1, 0), (2, 1, 1), (8, 1, 7), (64, 1, 16), (8, 2, 3)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, n=cores: set(range(n)))
        monkeypatch.setenv("LOCAL_WORLD_SIZE", str(beside))
        assert usual_workers() == expected
