"""`python -m tests.campaigns.agree --count 10000 --seed 1`: torch, ONNX and analysis agree.

For every spec: shapes, parameters and FLOPs are torch's, and the values of the emitted source, ONNX
Runtime and the reference evaluator of the onnx package are one. What fails is made small and saved
in `cases`. The exit status is 1 if something failed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.campaigns.coverage import pair, summary
from tests.campaigns.examine import Examined, examine
from tests.campaigns.exported import export_differs
from tests.campaigns.generator import Generated, generate
from tests.campaigns.report import Found, Report, write_atomically
from tests.campaigns.runner import STATES, campaign, options, settings
from tests.campaigns.shrink import shrunk, slug
from tests.campaigns.subject import Spec

__all__ = ["CASES", "main", "of_seeds"]

CASES = Path(__file__).parent / "cases"


def of_seeds(seeds: Sequence[int], exported: int = 0) -> Report:
    """What is seen of the specs of some seeds; those below `exported` are exported by torch too."""
    report = Report()
    for seed in seeds:
        generated = generate(seed)
        examined = examine(Spec.of(generated), seed)
        _count(report, generated, examined)
        if examined.failure:
            report.failures.append(Found(seed, examined.failure.kind, examined.failure.detail))
        elif seed < exported:
            failure, unasked = export_differs(Spec.of(generated), seed)
            report.count("exporter", [unasked or "compared"])
            if failure:
                report.failures.append(Found(seed, failure.kind, failure.detail))
    return report


def _count(report: Report, generated: Generated, examined: Examined) -> None:
    report.examined += 1
    report.count("constructs", generated.constructs)
    report.count("operators", (step.op.name for step in examined.steps))
    report.count(
        "pairs",
        (pair(each, step.op.name) for step in examined.steps for each in step.producers),
    )
    report.count("reference", [examined.verdict.unasked or "compared"])
    report.count("rounding", ["explains a difference"] * examined.verdict.rounding)


def save_cases(report: Report, most: int = 2) -> list[Path]:
    """The first failures of each kind, made small, as files."""
    kinds: dict[str, int] = {}
    saved = []
    for found in sorted(report.failures, key=lambda each: each.seed):
        kinds[found.kind] = kinds.get(found.kind, 0) + 1
        if kinds[found.kind] > most or found.kind.startswith("exporter"):
            continue

        def fails(spec: Spec, found: Found = found) -> bool:
            failure = examine(spec, found.seed).failure
            return failure is not None and failure.kind == found.kind

        whole = Spec.of(generate(found.seed))
        if not fails(whole):
            continue
        small = shrunk(whole, fails)
        path = CASES / f"{slug(found.kind)}_{found.seed}.net"
        write_atomically(path, small.saved())
        saved.append(path)
    return saved


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = options("agree", __doc__ or "", 10_000)
    parser.add_argument("--export-onnx", type=int, default=0, metavar="N", help="also by torch")
    given = parser.parse_args(arguments)
    wanted = settings("agree", given)
    report = campaign(wanted, partial(of_seeds, exported=given.seed + given.export_onnx))
    for line in summary(report):
        print(line)
    for heading in ("reference", "rounding", "exporter"):
        for told, count in report.of(heading).most_common():
            print(f"{heading}: {told}: {count}")
    for found in report.failures[:50]:
        print(f"seed {found.seed}: {found.kind}: {found.detail}")
    for path in save_cases(report):
        print(f"saved {path}")
    write_atomically(STATES / f"agree-{wanted.seed}-report.json", json.dumps(report.as_json()))
    print(f"{report.examined} specs, {len(report.failures)} failures")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
