"""How the tests start several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.quality import ROOT
from tests.train.world.subject import Notes

__all__ = ["launched", "notes_of", "together"]

# Seconds that guard against a hang alone.
_PATIENCE = 600


def launched(count: int, module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Start a module in so many processes of this host, as `torchrun` does."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "error::FutureWarning",
    }
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    return subprocess.run(
        [sys.executable, "-m", *command, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )


def together(count: int, folder: Path, *names: str) -> None:
    """Do scenarios of `subject` in so many processes."""
    done = launched(count, "tests.train.world.subject", folder, *names)
    assert done.returncode == 0, done.stderr


def notes_of(folder: Path, name: str) -> list[Notes]:
    """What each process noted of a scenario."""
    paths = sorted(folder.glob(f"{name}.[0-9].json"))
    return [Notes(**json.loads(path.read_text())) for path in paths]
