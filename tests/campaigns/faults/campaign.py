"""Plant every fault, one at a time, and see whether random networks give it away.

``python -m tests.campaigns.faults --seed 1`` tries all of them, with at most 300 networks each.
The exit status is 1 where one stays unseen; the last line counts them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaigns.faults.planting import FAULTS, Fault, copy_project, plant
from tests.campaigns.running import MOST, Campaign, Failure, Verdict, command

__all__ = ["CAMPAIGN", "NETWORKS", "main", "probed", "trial"]

NETWORKS = 300
HANG = 7200.0
"""Seconds after which a probe won't come to an end, on any machine."""


def probed(fault: Fault | None, networks: int, seed: int) -> tuple[int, str | None]:
    """How many networks it took to notice `fault`, and what was noticed; None where nothing was.

    Without a fault, the project as it is.
    """
    with TemporaryDirectory() as folder:
        into = Path(folder)
        copy_project(into)
        if fault is not None:
            plant(fault, into)
        done = subprocess.run(
            [sys.executable, "-m", "tests.campaigns.faults.probe", str(networks), str(seed)],
            cwd=into,
            env={**os.environ, "PYTHONPATH": str(into), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
    if done.returncode:
        # A planted fault must leave a compiler that starts: this one can't be tried at all.
        raise RuntimeError(f"the probe broke down:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found["networks"], found["what"]


def trial(number: int) -> Verdict:
    """Plant the fault with this number; one that stays unseen is a failure of the campaign."""
    seed, index = divmod(number, MOST)
    fault = FAULTS[index]
    networks, what = probed(fault, NETWORKS, seed)
    if what is None:
        missed = f"`{fault.name}` stays unseen in {networks} networks"
        return Verdict((Failure(missed, fault.about),), {"missed": 1})
    return Verdict((), {"caught": 1, f"{fault.name}: seen after {networks}: {what}"[:150]: 1})


CAMPAIGN = Campaign(
    name="faults",
    about="plant faults one at a time and see whether random networks give them away",
    trial=trial,
    chunk=1,
    count=len(FAULTS),
    most=len(FAULTS),
)


def main(arguments: Sequence[str]) -> int:
    """The command line: all faults unless told how many, after a look at the project as it is.

    A network that fails without a fault would give every fault away.
    """
    networks, what = probed(None, NETWORKS, _seed(arguments))
    if what is not None:
        print(f"network {networks} fails without any fault: {what}", file=sys.stderr)
        return 1
    return command(CAMPAIGN, arguments)


def _seed(arguments: Sequence[str]) -> int:
    """The seed that a command line asks for."""
    from argparse import ArgumentParser

    parser = ArgumentParser(add_help=False)
    parser.add_argument("--seed", type=int, default=1)
    seed: int = parser.parse_known_args(arguments)[0].seed
    return seed
