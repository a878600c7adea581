"""Measure the bundled nets beside torchvision's, timm's and plain torch's modules.

``python -m tests.specs.parity [--again] [MODEL...]``

Measures the rows that `docs/parity.md` lacks, or the ones named, and writes the page after each:
what was measured before the command was stopped is not measured again. With ``--again``, all rows.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from netlang.atomic import replace_file
from tests.specs.measure import Measured, keys_are_theirs, measure
from tests.specs.others import OTHERS, measure_other
from tests.specs.page import PAGE, parse, render
from tests.specs.rows import NAMES, macs_of, params_of, published_figures

__all__ = ["faults", "main"]

# Of the largest output: PyTorch beside PyTorch, ONNX Runtime beside PyTorch, and how many times
# what PyTorch itself rounds off the latter may be off where nets magnify it.
TOLERANCE = 1e-5
ONNX_TOLERANCE = 1e-4
ROUNDINGS = 3
APART = 0.01
# Beyond this a comparison says nothing.
LARGEST = 1e-3


def faults(measured: Measured) -> list[str]:
    """What is out of bounds, [] if nothing is."""
    training = measured.training or 0.0
    allowed = max(ONNX_TOLERANCE, ROUNDINGS * (measured.rounding or 0))
    checks = {
        f"inputs are only {measured.apart:.1e} apart": measured.apart >= APART,
        f"eval differs by {measured.deployed:.1e}": measured.deployed <= TOLERANCE,
        f"train differs by {training:.1e}": training <= TOLERANCE,
        f"ONNX differs by {measured.onnx:.1e}": measured.onnx <= min(allowed, LARGEST),
    }
    return [fault for fault, holds in checks.items() if not holds]


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="python -m tests.specs.parity", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--again", action="store_true", help="measure rows that are there too")
    options = parser.parse_args(arguments)
    every = [*NAMES, *OTHERS]
    if unknown := sorted(set(options.models) - set(every)):
        parser.error(f"no net for {', '.join(unknown)}")
    stored = _stored()
    names = options.models or [name for name in every if options.again or name not in stored]
    failed = [
        name for index, name in enumerate(names, 1) if not _row(name, f"{index}/{len(names)}")
    ]
    _write({})
    print(f"{len(names)} measured, {len(failed)} out of bounds{''.join(f' {x}' for x in failed)}")
    return 1 if failed else 0


def _row(name: str, place: str) -> bool:
    """Measure one row and put it on the page, if nothing is out of bounds."""
    wrong = [] if name in OTHERS else _figures(name)
    measured = None if wrong else measure_other(name) if name in OTHERS else measure(name)
    wrong += faults(measured) if measured else []
    said = "; ".join(wrong) or f"agrees {measured}"
    print(f"[{place}] {name}: {said}", flush=True)
    if measured and not wrong:
        _write({name: measured})
    return not wrong


def _figures(name: str) -> list[str]:
    """What is wrong without any values: keys and counts."""
    found = (params_of(name), f"{macs_of(name) / 1e9:.3f}")
    wrong = [] if found == published_figures(name) else [f"counts are {found}"]
    return wrong if keys_are_theirs(name) else [*wrong, "keys differ"]


def _stored() -> dict[str, Measured]:
    return parse(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}


def _write(new: dict[str, Measured]) -> None:
    # Read anew: another run may have added rows.
    replace_file(PAGE, render(_stored() | new).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
