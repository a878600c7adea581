"""`python -m tests.campaigns.agree --count 10000 --seed 1`: torch, ONNX and analysis agree.

For every spec: shapes, parameters and FLOPs are torch's, and the values of the emitted source, ONNX
Runtime and the reference evaluator of the onnx package are one. The exit status is 1 if something
failed; with ``--save`` what fails is made small and kept in `cases`.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from tests.campaigns.counts import headed, lines
from tests.campaigns.coverage import Coverage, pair
from tests.campaigns.examine import Examined, examine
from tests.campaigns.exported import export_differs
from tests.campaigns.generator import Generated
from tests.campaigns.of_specs import failure_of, smaller
from tests.campaigns.running import (
    MOST,
    Campaign,
    Failure,
    Option,
    Summary,
    Verdict,
    command,
)
from tests.campaigns.subject import Spec
from tests.campaigns.trial import tried

__all__ = ["CAMPAIGN", "Agree", "judged", "shrink"]


@final
@dataclass(frozen=True)
class Agree:
    """The trials: the first `exported` of a seed are exported by torch too."""

    exported: int = 0

    def __call__(self, number: int) -> Verdict:
        found = tried(number)
        spec = found.spec
        counts = _counts(found.generated, found.examined) + headed("opset", [str(spec.opset)])
        failure = _failure(found.examined, spec, number)
        if wrong := found.numbers:
            # What the generator tells of its own text is lost in a shorter one: no case is kept.
            failure = Failure(wrong.kind, f"{wrong.detail}\n{spec.saved()}")
        if failure is None and number % MOST < self.exported:
            failure, unasked = _exported(spec, number)
            counts += headed("exporter", [unasked or "compared"])
        return Verdict((failure,) if failure else (), counts)


def _counts(generated: Generated, examined: Examined) -> Counter[str]:
    """What a spec covers, and how it was judged."""
    steps = examined.steps
    told = [keys for keys in generated.numbered if keys is not None]
    pairs = (pair(each, step.op.name) for step in steps for each in step.producers)
    return (
        headed("constructs", generated.constructs)
        + headed("operators", (step.op.name for step in steps))
        + headed("pairs", pairs)
        + headed("numbers", ["of a step compared"] * len(told))
        + headed("runtime", [examined.verdict.unrun or "compared"])
        + headed("reference", [examined.verdict.unasked or "compared"])
        + headed("rounding", ["explains a difference"] * examined.verdict.rounding)
    )


def _failure(examined: Examined, spec: Spec, number: int) -> Failure | None:
    found = examined.failure
    return failure_of(spec, number, found.kind, found.detail) if found else None


def _exported(spec: Spec, number: int) -> tuple[Failure | None, str | None]:
    """What is wrong with torch's own export, which is too slow for shrinking: no case is kept."""
    found, unasked = export_differs(spec, number)
    failure = Failure(found.kind, f"{found.detail}\n{spec.saved()}") if found else None
    return failure, unasked


def judged(spec: Spec, number: int) -> Failure | None:
    """What is wrong with a spec."""
    return _failure(examine(spec, number), spec, number)


def shrink(failure: Failure) -> Failure:
    """The same fault in a shorter spec."""
    return smaller(failure, judged)


def summary(counts: Mapping[str, int]) -> Summary:
    """What all specs covered, and how many could be held against what."""
    coverage = Coverage.of(counts)
    judges = lines(counts, "numbers", "opset", "runtime", "reference", "rounding", "exporter")
    return Summary((*coverage.lines(), *judges), coverage.data())


CAMPAIGN = Campaign(
    name="agree",
    about=__doc__ or "",
    trial=Agree(),
    shrink=shrink,
    summary=summary,
    option=Option("--export-onnx", "export the first N by torch too", Agree),
    chunk=25,
    count=10_000,
)

if __name__ == "__main__":
    from tests.campaigns import agree

    sys.exit(command(agree.CAMPAIGN))
