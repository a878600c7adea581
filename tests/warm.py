"""Programs in processes of their own, which are copies of one that has imported torch.

A program starts, ends and dies as it would by itself: it is `__main__`, has its own arguments and
files, and Python ends after it. So does each process of a group that trains together. To import
torch for each would take seconds.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.endless import ENDLESS
from tests.quality import ROOT

__all__ = ["run_group", "run_warm"]

_SERVER = """
import gc, json, os, runpy, signal, sys, warnings
sys.path.insert(0, sys.argv[1])
import torch, tests.train.loading.support, netlang.cli
from torch._C._distributed_c10d import TCPStore
from tests.train.faults.together import join

def ended(children):
    # As `torchrun` does: where one fails, the others are to end.
    failed, left = 0, set(children)
    while left:
        child, status = os.wait()
        left.discard(child)
        if status and not failed:
            failed = status
            for each in left:
                os.kill(each, signal.SIGTERM)
    return os.waitstatus_to_exitcode(failed)

# From Python 3.12 on; no thread of this process holds anything that the child needs.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
# Copies don't search for garbage what was imported here, and so needn't copy it.
gc.freeze()
for line in sys.stdin:
    count, command, folder = json.loads(line)
    children, (told, tells) = [], os.pipe()
    for rank in range(count or 1):
        child = os.fork()
        if child == 0:
            break
        children.append(child)
    else:
        # After the copies: they lack the thread that it needs to end, so none may have it.
        store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False) if count else None
        os.write(tells, (store.port if store else 0).to_bytes(2, "big") * len(children))
        os.close(told)
        os.close(tells)
        print(ended(children), flush=True)
        del store
        continue
    break
else:
    sys.exit()
signal.alarm(int(sys.argv[2]))  # ends a program that hangs
for file, place in ((os.devnull, 0), (f"{folder}/out.{rank}", 1), (f"{folder}/err.{rank}", 2)):
    opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(opened, place)
    os.close(opened)
sys.stdin, sys.argv[:] = open(0), command
if count:
    warnings.filterwarnings("error", category=FutureWarning)
    join(rank, count, int.from_bytes(os.read(told, 2), "big"))
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
else:
    runpy.run_path(command[0], run_name="__main__")
"""


@cache
def _server() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _SERVER, str(ROOT), str(round(ENDLESS))]
    found = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(_close, found)
    return found


def _close(server: subprocess.Popen[str]) -> None:
    server.communicate()


def run_warm(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a program in a file does, with these arguments."""
    return _run(0, str(file), *arguments)


def run_group(count: int, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What so many processes of a module do that train together, as under `torchrun`."""
    return _run(count, module, *arguments)


def _run(count: int, *command: str) -> subprocess.CompletedProcess[str]:
    server = _server()
    assert server.stdin
    assert server.stdout
    with TemporaryDirectory() as folder:
        print(json.dumps([count, command, folder]), file=server.stdin, flush=True)
        status = int(server.stdout.readline())
        out, err = (
            "".join(path.read_text() for path in sorted(Path(folder).glob(f"{name}.*")))
            for name in ("out", "err")
        )
        return subprocess.CompletedProcess(command, status, out, err)
