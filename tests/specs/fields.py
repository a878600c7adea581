"""What the elements of a bundled net read through windows: told, and by gradients.

The value looked at is the last one with places of its own: behind it everything is read. What is
read besides windows is left out of the module (statistics of norms, the gates that global pools
feed, attention over all places, recurrence), so that gradients tell of windows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.facts import facts
from netlang.analysis.fields.reads import Interval
from netlang.analysis.fields.state import ReadState
from netlang.analysis.fields.walk import Fields
from netlang.backends.torch import build
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Output, Program, Ref
from netlang.records import replace
from tests.campaigns.fields.gradients import Element, influence, intervals
from tests.campaigns.fields.smooth import positive
from tests.campaigns.fields.told import by_windows

__all__ = ["compared", "sizes_for", "with_places"]

# Long one way, so that windows fit, and narrow the other way: narrower where a net computes more
# than so many products, as those do that keep a map at its full size.
LONG, NARROW, MOST = 448, (64, 32, 16, 8), 60_000_000_000


def sizes_for(program: Program) -> dict[str, int]:
    """Sizes with room along one axis; the defaults where the net doesn't take them."""
    names = [size.name for size in program.sizes]
    found = None
    for narrow in NARROW:
        wanted = {name: LONG if number == 0 else narrow for number, name in enumerate(names)}
        try:
            found = checked_sizes(program, wanted)
        except NetlangError:
            break
        macs = facts(program).value("macs", wanted)
        if isinstance(macs, int) and macs <= MOST:
            break
    return found or checked_sizes(program)


def with_places(program: Program, sizes: Mapping[str, int]) -> Program | None:
    """The net with its last value that has places as one more output; None if it has no such."""
    fields = Fields(program, sizes, fine=True)
    walk = fields.walk
    walk.outputs()
    for number in reversed(range(len(program.net.nodes))):
        place = walk.flow.place(number)
        node = walk.flow.steps[place].node
        state = walk.states[place][0]
        is_float = node.types[0].dtype.is_float and not node.auxiliary
        if is_float and state is not None and _has_places(state):
            outputs = (*program.net.outputs, Output("looked_at", Ref(number)))
            return replace(program, net=replace(program.net, outputs=outputs))
    return None


def _has_places(state: ReadState) -> bool:
    return all(field is None or field.strands for field in state.fields) and any(state.fields)


# Attention over all places and recurrent layers: the value first, the input as first argument.
_LOOKING_AROUND = ("multi_head_attention_forward", "gru", "lstm", "rnn_tanh", "rnn_relu")


class _WindowsAlone(TorchFunctionMode):
    """While it holds, global pools pass no gradient, and places don't look at each other."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = func.__name__
        found = func(*args, **(kwargs or {}))
        if name in _LOOKING_AROUND:
            seen, *rest = found
            own = args[0].mean(-1, keepdim=True)
            return (seen.detach() + own, *rest)
        if name.startswith("adaptive_avg_pool") or name in ("mean", "amax", "sum"):
            ones = all(size == 1 for size in found.shape[2:])
            return found.detach() if ones else found
        return found


def compared(
    program: Program, sizes: Mapping[str, int], elements: int = 6
) -> Iterator[tuple[Interval | None, Interval | None, Interval | None, bool]]:
    """For elements and axes: told, read, read for certain, and whether it lies inside the input."""
    fields = Fields(program, sizes, fine=True)
    state = fields.states()[-1]
    assert state is not None
    at = fields.number
    inputs = [
        torch.rand((1, *map(at, port.type.shape)), dtype=torch.float64) + 0.5
        for port in program.net.inputs
    ]
    shape = [at(size) for size in program.net.output_types[-1].shape]
    picked = list(_picked(shape, elements))
    module = positive(build(program), 0)
    with _WindowsAlone():
        gradients = influence(module, inputs, -1, picked, statistics=False, together=False)
    for source, (port, axis) in enumerate(fields.sources.axes):
        told = [by_windows(state, source, element, at) for element in picked]
        read = intervals(gradients[port], axis, noise=0.0)
        certain = intervals(gradients[port], axis)
        for each, one, other in zip(told, read, certain, strict=True):
            inside = each is not None and each[0] >= 0 and each[1] < fields.context.extent(source)
            yield fields.context.clipped(each, source), one, other, inside


def _picked(shape: Sequence[int], count: int) -> Iterator[Element]:
    """Elements in a row through the middle, and the corners."""
    middle = [size // 2 for size in shape]
    axis = max(range(len(shape)), key=lambda a: shape[a] if a else 0)
    for step in range(min(count, shape[axis])):
        place = list(middle)
        place[axis] = max(0, middle[axis] - count // 2) + step
        yield tuple(place)
    yield (0,) * len(shape)
    yield tuple(size - 1 for size in shape)
