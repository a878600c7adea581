"""Values: the emitted module, ONNX Runtime and the reference evaluator side by side."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray

from netlang.backends.onnx import OPSET, Form, export
from netlang.ir.types import DType
from tests.campaigns.exemptions import overflow, unjudged, unrun
from tests.campaigns.failure import Failure, of_exception
from tests.campaigns.precision import PRECISIONS, Precision, array_of, runtime_crashes, torch_lacks
from tests.campaigns.rounding import MANY, SAMPLES, scatter
from tests.campaigns.subject import Subject, inputs_of
from tests.campaigns.walk import Applied
from tests.onnx.support import Arrays, check_file, run, run_reference

__all__ = ["Verdict", "compared", "values_differ"]

UNLIKE = 1_000_003
OF_RUNTIME = "an operator of ONNX Runtime's own"
Outputs = Sequence[NDArray[np.generic]]


@dataclass(frozen=True)
class Verdict:
    """A failure or none, and what else a report tells of the comparison.

    `unasked` is why the reference evaluator wasn't asked, `unrun` why ONNX Runtime wasn't.
    """

    failure: Failure | None = None
    unasked: str | None = None
    rounding: bool = False
    unrun: str | None = None


def values_differ(
    subject: Subject, steps: tuple[Applied, ...], seed: int, opset: int = OPSET
) -> Verdict:
    """All three on one input."""
    # Other numbers than those that the weights were drawn from.
    feeds = inputs_of(subject.program, seed + UNLIKE)
    floats = subject.program.floats
    precision, silent = PRECISIONS[floats], torch_lacks(steps, floats)
    try:
        wanted = [] if silent else [array_of(each) for each in subject.outputs(feeds)]
    except Exception as error:
        return Verdict(of_exception(error, "torch"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        try:
            opset = max(opset, precision.opset)
            form = _form(seed, opset, floats)
            export(subject.program, path, weights=subject.weights, form=form)
            model = check_file(path)
        except Exception as error:
            return Verdict(of_exception(error, "onnx"))
        crashing = runtime_crashes(steps, floats)
        lacking = silent or precision.unrun or crashing or unrun(steps, opset)
        runtime = Verdict() if lacking else _runtime(subject, path, feeds, wanted)
    if runtime.failure:
        return runtime
    lacking = lacking or runtime.unrun
    own = OF_RUNTIME if any(node.domain for node in model.graph.node) else None
    if unasked := silent or precision.unasked or unjudged(steps) or own:
        return Verdict(None, unasked, runtime.rounding, lacking)
    reference = _reference(subject, model, feeds, wanted, overflow(steps))
    rounding = runtime.rounding or reference.rounding
    return Verdict(reference.failure, reference.unasked, rounding, lacking)


def _form(seed: int, opset: int, floats: DType) -> Form:
    """Half of the files have each step of the spec, the others are for deployment.

    Half of these, in float32, have operators that ONNX Runtime alone has in place of steps that
    they join.
    """
    fused = seed % 4 == 2 and floats is DType.FLOAT32
    return Form(opset=opset, any_runtime=True, fold=seed % 2 == 0, fused=fused)


def _runtime(subject: Subject, path: Path, feeds: Arrays, wanted: Outputs) -> Verdict:
    try:
        found = run(path, feeds)
    except Exception as error:
        return Verdict(of_exception(error, "runtime"))
    beyond = PRECISIONS[subject.program.floats].beyond
    if beyond and not (_finite(wanted) and _finite(found)):
        return Verdict(unrun=beyond)
    return compared(subject, feeds, found, wanted, "runtime")


def _reference(
    subject: Subject, model: onnx.ModelProto, feeds: Arrays, wanted: Outputs, overflows: str | None
) -> Verdict:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = run_reference(model, feeds)
    except Exception as error:
        return Verdict(of_exception(error, "reference"))
    if overflows and _finite(wanted) and not _finite(found):
        return Verdict(None, overflows)
    return compared(subject, feeds, found, wanted, "reference")


def _finite(values: Outputs) -> bool:
    return all(bool(np.isfinite(each.astype(np.float64)).all()) for each in values)


def compared(
    subject: Subject, feeds: Arrays, found: Outputs, wanted: Outputs, judge: str
) -> Verdict:
    """The outputs of `judge` beside the module's; what rounding explains is no failure."""
    if [(x.shape, x.dtype) for x in found] != [(y.shape, y.dtype) for y in wanted]:
        told = (
            f"{[(x.shape, x.dtype) for x in found]}, torch {[(y.shape, y.dtype) for y in wanted]}"
        )
        return Verdict(Failure(f"{judge} types", told))
    precision = PRECISIONS[subject.program.floats]
    apart = [_apart(x, y, precision) for x, y in zip(found, wanted, strict=True)]
    if not any(each.any() for each in apart):
        return Verdict()
    # Two implementations that round in other places are each some scatters from the exact value.
    for samples, times in ((SAMPLES, 4), (MANY, 8)):
        scattered = scatter(subject.module, feeds, samples, precision.share)
        allowed = [times * each for each in scattered]
        failure = _unexplained(found, wanted, apart, allowed, judge)
        if failure is None:
            return Verdict(rounding=True)
    return Verdict(failure)


def _unexplained(
    found: Outputs,
    wanted: Outputs,
    apart: Sequence[NDArray[np.bool_]],
    allowed: Sequence[NDArray[np.float64]],
    judge: str,
) -> Failure | None:
    """The first output that is further off than rounding explains."""
    for index, (x, y) in enumerate(zip(found, wanted, strict=True)):
        with np.errstate(invalid="ignore"):
            unexplained = apart[index] & ~(_difference(x, y) <= allowed[index])
        if unexplained.any():
            told = f"output {index}: {_difference(x, y).max():.3g} of {np.abs(y).max():.3g}"
            return Failure(f"{judge} values", told)
    return None


def _difference(x: NDArray[np.generic], y: NDArray[np.generic]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = np.abs(x.astype(np.float64) - y.astype(np.float64))
    return found


def _apart(
    x: NDArray[np.generic], y: NDArray[np.generic], precision: Precision
) -> NDArray[np.bool_]:
    """Which elements differ by more than the tolerance."""
    one, other = x.astype(np.float64), y.astype(np.float64)
    finite = np.abs(other[np.isfinite(other)])
    floor = precision.floor * float(finite.max(initial=0))
    close = np.isclose(one, other, rtol=precision.tolerance, atol=floor, equal_nan=True)
    return np.asarray(~close)
