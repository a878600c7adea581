"""The memory that an import takes for the weights of a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.endless import ENDLESS
from tests.quality import ROOT

__all__ = ["peak_bytes"]

_GIVING_BACK = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""By which the C library gives back at once what is freed, instead of keeping what it may."""
_MEASURED = """
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
from netlang.backends.onnx.runtime import runtime
from netlang.targets.importing import ImportOptions, importing_backend

def peak():
    told = Path("/proc/self/status").read_text()  # not that of the process before its exec, too
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", told)[1]) * 1024

def imported(path):
    backend = importing_backend(path)
    made = backend.import_source(ImportOptions(path), print)
    backend.write_weights(made, Path(path).with_suffix(".safetensors"))

torch.set_num_threads(1)
runtime()
imported(sys.argv[2])
before = peak()
imported(sys.argv[3])
print(peak() - before)
"""


def peak_bytes(small: Path, large: Path) -> int:
    """How much more memory the import of a large file takes, and writing its weights."""
    command = [sys.executable, "-c", _MEASURED, str(ROOT), str(small), str(large)]
    told = {**os.environ, **_GIVING_BACK}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=ENDLESS, env=told
    )
    return int(done.stdout)
