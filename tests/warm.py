"""Programs in processes of their own, which are copies of one that has imported torch.

A program starts, ends and dies as it would by itself: it is `__main__`, has its own arguments,
folders and files, and Python ends after it. To import torch for each would take seconds.
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

__all__ = ["run_warm"]

_SERVER = """
import json, os, runpy, signal, sys, warnings
sys.path.insert(0, sys.argv[1])
import torch, tests.train.loading.support

# From Python 3.12 on; no thread of this process holds anything that the child needs.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
signal.alarm(int(sys.argv[2]))  # ends a program that hangs
sys.argv[:], out, err = json.loads(line)
for file, place in ((os.devnull, 0), (out, 1), (err, 2)):
    opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(opened, place)
    os.close(opened)
sys.stdin = open(0)
runpy.run_path(sys.argv[0], run_name="__main__")
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
    server = _server()
    assert server.stdin
    assert server.stdout
    with TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        command = [str(file), *arguments]
        print(json.dumps([command, str(out), str(err)]), file=server.stdin, flush=True)
        status = int(server.stdout.readline())
        return subprocess.CompletedProcess(command, status, out.read_text(), err.read_text())
