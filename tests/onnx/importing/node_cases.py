"""A long run: the cases that ONNX has for its own operators, imported and compared.

``python -m tests.onnx.importing.node_cases [--only WORD] [--refused]`` prints a line for each that
isn't imported, with the first thing that is missing, and counts at the end. The first input of a
case is the net's, and the others are stored in the file. Its first axis is the batch, or else the
whole is one example. What is
imported has been compared with ONNX Runtime by the import, and is with ONNX's own outputs here.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

import netlang
from netlang.diagnostics.errors import NetlangError
from netlang.targets.importing import ImportedNet
from tests.onnx.importing.support import imported, saved

__all__ = ["outcome", "stored_but_first"]

_TOLERANCE = 1e-3


def all_cases() -> list[Any]:
    """Every case of every operator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return list(collect_testcases(None))


def stored_but_first(case: Any) -> tuple[onnx.ModelProto, Any, list[Any]] | None:
    """A model of one input, what it is given and what it gives; None for lists and the like."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    inputs, outputs = case.data_sets[0]
    if not all(isinstance(each, np.ndarray | np.generic) for each in [*inputs, *outputs]):
        return None
    names = [each.name for each in model.graph.input]
    for name, value in list(zip(names, inputs, strict=False))[1:]:
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return model, inputs[0] if inputs else None, outputs


def _either(path: Path) -> tuple[ImportedNet, bool]:
    """The net of a file whose first axis is the batch, or else of one example without it."""
    try:
        return imported(path), True
    except NetlangError:
        return imported(path, batch=False), False


def outcome(case: Any, folder: Path) -> tuple[str, str]:
    """`ok`, `refused` with the first reason, `differs` or `fault`, which are ours to mend."""
    found = stored_but_first(case)
    if found is None:
        return "refused", "E0987: lists and optional values"
    model, given, wanted = found
    try:
        made, batched = _either(saved(model, folder, "case.onnx"))
    except NetlangError as error:
        first = error.diagnostics[0]
        rows = first.rows[1:] if first.code == "E0982" else first.rows[:1]
        why = re.sub(r"\s+", " ", rows[0] if rows else first.message).replace(str(folder), "")
        return "refused", f"{first.code}: {why}"[:160]
    except Exception as error:  # a traceback is a fault of ours, and counted
        return "fault", f"{type(error).__name__}: {error}"[:300]
    with torch.no_grad():
        net = netlang.loads(made.text).torch(made.weights).eval()
        example = torch.from_numpy(np.asarray(given).copy())
        example = example.float() if example.dtype is torch.float16 else example
        results = net(example if batched else example[None])
    results = results if isinstance(results, tuple | list) else (results,)
    results = [each if batched else each[0] for each in results]
    for one, other in zip(results, wanted, strict=True):
        same = one.shape == other.shape and np.allclose(
            one.numpy(),
            other,
            equal_nan=True,
            rtol=_TOLERANCE,
            atol=_TOLERANCE * (float(abs(other).max(initial=0)) or 1),
        )
        if not same:
            return "differs", made.text
    return "ok", made.text


def run(cases: Iterable[Any], *, refused: bool) -> Counter[str]:
    """The counts of the outcomes, with a line for each case that isn't imported."""
    counts = Counter[str]()
    reasons = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            what, told = outcome(case, Path(folder))
            counts[what] += 1
            if what == "refused":
                reasons[told] += 1
            if refused or what not in ("ok", "refused"):
                print(f"{what:8} {case.name}: {told}", flush=True)
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cases with this word in their name")
    parser.add_argument("--refused", action="store_true", help="a line for each that is refused")
    asked = parser.parse_args()
    cases = [case for case in all_cases() if asked.only in case.name]
    counts = run(cases, refused=asked.refused)
    print(f"{len(cases)} cases: {dict(counts)}")
    sys.exit(bool(counts["fault"] or counts["differs"]))


if __name__ == "__main__":
    main()
