"""Steps that say together what the language says in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import final

from netlang.backends.torch.importing.steps import Maker, ModuleCall, SourceStep, Value
from netlang.records import Draft, field

__all__ = ["tidied", "unshaped"]


def tidied(steps: Sequence[SourceStep]) -> list[SourceStep]:
    """The steps, with shorter ones in place of known patterns. Changes them in place."""
    _run_concats(steps)
    _scale_and_offset(steps)
    _reshaped_twice(steps)
    _reshaped_back(steps)
    _norm_of_channels(steps)
    _shuffle(steps)
    return list(steps)


def _run_concats(steps: Sequence[SourceStep]) -> None:
    """`concat` of what another one has joined already, and more: it goes on from there.

    A list of feature maps that grows, as in a dense block, is joined anew in front of each layer.
    """
    root = _Joined()
    concats = [step for step in steps if step.op == "concat"]
    ends = [root.after([value.source for value in step.inputs]) for step in concats]
    for step, (*starts, end) in zip(concats, ends, strict=True):
        if step.arguments != {"axis": 0}:
            continue
        longest = max((n for n, each in enumerate(starts) if n > 1 and each.value), default=0)
        joined = starts[longest].value
        if joined is not None or end.longer:
            if joined is not None:
                step.inputs = [joined, *step.inputs[longest:]]
            step.modules = _around_inputs(step)
        if end.value is None:
            lead = step.inputs[0]
            end.value = Value(Maker(step), lead.shape, lead.sizes, lead.batch)


@final
class _Joined(Draft, eq=False):
    """What was made by joining some values in order, if it was, and what more was joined to it."""

    value: Value | None = None
    longer: dict[Maker, _Joined] = field(default_factory=dict)

    def after(self, sources: Sequence[Maker]) -> list[_Joined]:
        """This one, and those with one more of the sources each."""
        found = [self]
        for each in sources:
            found.append(found[-1].longer.setdefault(each, _Joined()))
        return found


def _around_inputs(step: SourceStep) -> tuple[ModuleCall, ...]:
    """The modules of a step without the innermost one, if all of its inputs come from outside."""
    inner = step.modules[-1] if step.modules else None
    if inner is None or any(
        value.step is not None and inner in value.step.modules for value in step.inputs
    ):
        return step.modules
    return step.modules[:-1]


def _scale_and_offset(steps: Sequence[SourceStep]) -> None:
    """A product with a number and then a sum with one."""
    readers = _readers(steps)
    for step in steps:
        first = _before(step, "scale", readers)
        if step.op != "scale" or first is None or "offset" in first.arguments:
            continue
        if step.arguments["by"] == 1:
            step.arguments = {**first.arguments, "offset": step.arguments["offset"]}
            step.inputs = first.inputs


def _reshaped_twice(steps: Sequence[SourceStep]) -> None:
    """A reshape of a reshape is one."""
    readers = _readers(steps)
    for step in steps:
        first = _before(step, "reshape", readers)
        if step.op == "reshape" and first is not None:
            step.inputs = first.inputs


def _reshaped_back(steps: Sequence[SourceStep]) -> None:
    """What reads a value that was reshaped back reads the value."""
    for step in steps:
        step.inputs = [unshaped(each) for each in step.inputs]


def unshaped(value: Value) -> Value:
    """What a value was before a reshape and one back to its shape; itself if it is none."""
    shaping = ("reshape", "flatten")
    first = value.step.inputs[0].step if value.step and value.step.op in shaping else None
    same = first is not None and first.op in shaping and first.inputs[0].sizes == value.sizes
    return first.inputs[0] if first is not None and same else value


def _readers(steps: Sequence[SourceStep]) -> Counter[SourceStep | None]:
    return Counter(value.step for step in steps for value in step.read)


def _norm_of_channels(steps: Sequence[SourceStep]) -> None:
    """A norm of the channels of an image, which PyTorch has by moving them to the end and back."""
    readers = _readers(steps)
    for step in steps:
        norm = _before(step, "layer_norm", readers)
        if step.op != "transpose" or norm is None or norm.arguments.get("axes") != -1:
            continue
        moved = _before(norm, "transpose", readers)
        if moved is None:
            continue
        rank = len(moved.inputs[0].sizes)
        there = (*range(1, rank), 0)
        back = (rank - 1, *range(rank - 1))
        if moved.arguments["axes"] == there and step.arguments["axes"] == back:
            step.op, step.key, step.modules = "layer_norm", norm.key, norm.modules
            step.again = norm.again
            step.arguments = {**norm.arguments, "axes": 0}
            step.inputs = moved.inputs


def _shuffle(steps: Sequence[SourceStep]) -> None:
    """Channels that are interleaved by a transpose between two reshapes."""
    readers = _readers(steps)
    for step in steps:
        swap = _before(step, "transpose", readers)
        if swap is None or step.op not in ("reshape", "flatten"):
            continue
        cut = _before(swap, "reshape", readers)
        if cut is None:
            continue
        shape, sizes = cut.arguments["shape"], cut.inputs[0].sizes
        rank = len(sizes)
        assert isinstance(shape, tuple)
        swapped = (1, 0, *range(2, rank + 1))
        same = shape[2:] == sizes[1:] and swap.arguments["axes"] == swapped
        whole = step.arguments.get("shape", sizes) == sizes
        if same and whole and (step.op == "reshape" or step.arguments == {"start": 0, "end": 1}):
            step.op, step.arguments = "channel_shuffle", {"groups": shape[0]}
            step.inputs, step.modules = cut.inputs, cut.modules


def _before(step: SourceStep, op: str, readers: Counter[SourceStep | None]) -> SourceStep | None:
    """The step in front, if it is this operator and nothing else reads it."""
    found = step.inputs[0].step if len(step.inputs) == 1 else None
    return found if found is not None and found.op == op and readers[found] == 1 else None
