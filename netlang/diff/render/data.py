"""A difference as JSON, for other programs."""

from __future__ import annotations

import json
from typing import TypeAlias

from netlang.analysis.render.describe import describe
from netlang.diff.difference import Difference, StepChange
from netlang.diff.lines import lines_of
from netlang.diff.steps import NetSteps, Source, Step
from netlang.diff.weights import pairings
from netlang.ir.dims import evaluate

__all__ = ["render_json"]

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"


def render_json(difference: Difference) -> str:
    """The whole difference as one JSON object, in ASCII."""
    before, after = difference.before.steps, difference.after.steps
    found: dict[str, Json] = {
        "before": difference.names[0],
        "after": difference.names[1],
        "same": difference.same,
        "lines": [
            {"verb": each.verb, "where": each.where, "what": each.what, "steps": len(each.steps)}
            for each in lines_of(difference)
        ],
        "figures": _figures(difference),
        "ports": [
            {
                "kind": port.kind,
                "name": port.name,
                "before": port.before,
                "after": port.after,
                "source": list(port.source) if port.source else None,
            }
            for port in difference.ports
        ],
        "added": [_step(after[number]) for number in difference.added],
        "removed": [_step(before[number]) for number in difference.removed],
        "changed": [_change(difference, change) for change in difference.changes],
        "keys": {
            each.former: each.key
            for each in pairings(difference)
            if each.former is not None and each.former != each.key
        },
    }
    return json.dumps(found, indent=2)


def _figures(difference: Difference) -> Json:
    found: dict[str, Json] = {
        name.replace(" ", "_").lower(): [one, other] for name, one, other in difference.totals
    }
    fields = difference.before.field, difference.after.field
    found["receptive_field"] = [
        None if field is None or field.unknown else list(field.axes) for field in fields
    ]
    found["outputs"] = [
        {port.name: str(port.sized) for port in side.outputs}
        for side in (difference.before, difference.after)
    ]
    return found


def _step(step: Step) -> dict[str, Json]:
    found: dict[str, Json] = {
        "path": step.path,
        "op": step.op.name,
        "call": describe(step.op, step.tied),
        "output": [str(type_) for type_ in step.types],
        "params": step.totals.params,
        "macs": evaluate(step.totals.macs, {}),
        "activation_bytes": evaluate(step.totals.memory, {}),
    }
    if step.times > 1:
        found["times"] = step.times
    return found


def _change(difference: Difference, change: StepChange) -> Json:
    before, after = difference.pair(change)
    reads: list[Json] = [
        {
            "input": place,
            "before": _source(difference.before, old),
            "after": _source(difference.after, new),
        }
        for place, old, new in change.reads
    ]
    return {
        "before": _step(before),
        "after": _step(after),
        "arguments": {each.name: list(each.texts) for each in change.arguments},
        "reads": reads,
        "operator": change.operator,
        "tied": change.tied,
        "repeated": change.repeated,
        "moved": change.moved,
        "renamed": change.renamed,
        "resized": change.resized,
    }


def _source(steps: NetSteps, source: Source | None) -> str | None:
    return None if source is None else steps.path_of(source)
