"""Recurrent layers.

PyTorch and ONNX order the rows of the gates differently (GRU: r z n and z r n; LSTM: i f g o and i
o f g). The file keeps PyTorch's tensors under their own keys, and a few nodes reorder the rows.
These depend on weights only, so a runtime computes them once, when it loads the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.graph import Attribute
from netlang.backends.onnx.lowering.registry import lower
from netlang.ops.recurrent import Gru, Lstm, Recurrent, Rnn

__all__: list[str] = []

ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu"}


@lower.register
def _(op: Gru, emit: Emitter) -> tuple[str, ...]:
    return _layers("GRU", op, (1, 0, 2), emit, linear_before_reset=1)


@lower.register
def _(op: Lstm, emit: Emitter) -> tuple[str, ...]:
    return _layers("LSTM", op, (0, 3, 1, 2), emit)


@lower.register
def _(op: Rnn, emit: Emitter) -> tuple[str, ...]:
    activations = [ACTIVATIONS[op.nonlinearity]] * op.directions
    return _layers("RNN", op, (0,), emit, activations=activations)


def _layers(
    kind: str, op: Recurrent, order: Sequence[int], emit: Emitter, **attributes: Attribute
) -> tuple[str, ...]:
    """All layers; `order` names PyTorch's gates in ONNX's order."""
    (x,) = emit.step.inputs
    ends: list[Sequence[str]] = []
    value = emit.node("sequence", "Transpose", x, perm=[1, 0, 2])
    for layer in range(op.layers):
        value, *last = emit.nodes(
            f"layer{layer}", kind, 1 + op.states * op.return_state, value,
            *_tensors(layer, op, order, emit), hidden_size=op.hidden,
            direction="bidirectional" if op.bidirectional else "forward", **attributes,
        )  # fmt: skip
        ends.append(last)
        if layer < op.layers - 1:
            value = _next_input(layer, value, op, emit)
    # From [length, directions, batch, hidden] to [batch, length, directions x hidden].
    batched = emit.node("batched", "Transpose", value, perm=[2, 0, 1, 3])
    shape = emit.integers("shape", [0, 0, op.directions * op.hidden])
    return (emit.output(0, "Reshape", batched, shape), *_states(ends, emit))


def _next_input(layer: int, value: str, op: Recurrent, emit: Emitter) -> str:
    """The output of a layer as the next one reads it: [length, batch, directions x hidden]."""
    name = f"layer{layer}"
    sides = emit.node(f"{name}.sides", "Transpose", value, perm=[0, 2, 1, 3])
    shape = emit.integers(f"{name}.shape", [0, 0, op.directions * op.hidden])
    return emit.node(f"{name}.joined", "Reshape", sides, shape)


def _states(ends: Sequence[Sequence[str]], emit: Emitter) -> tuple[str, ...]:
    """The last states of all layers, [batch, layers x directions, hidden] each."""
    outputs = []
    for number, parts in enumerate(zip(*ends, strict=True), 1):
        layers = emit.node(f"state{number}", "Concat", *parts, axis=0)
        outputs.append(emit.output(number, "Transpose", layers, perm=[1, 0, 2]))
    return tuple(outputs)


def _tensors(layer: int, op: Recurrent, order: Sequence[int], emit: Emitter) -> list[str]:
    """W, R and B of a layer, a first axis for the directions."""
    cells = [f"_l{layer}{suffix}" for suffix in ("", "_reverse")[: op.directions]]
    names = [("weight_ih",), ("weight_hh",)]
    groups = [*names, ("bias_ih", "bias_hh")] if op.bias else names
    return [_directions(group, cells, order, emit) for group in groups]


def _directions(
    group: Sequence[str], cells: Sequence[str], order: Sequence[int], emit: Emitter
) -> str:
    sides = []
    for cell in cells:
        parts = [_ordered(name + cell, order, emit) for name in group]
        joined = parts[0]
        if len(parts) > 1:
            joined = emit.node(f"bias{cell}", "Concat", *parts, axis=0)
        axis = emit.integers(f"{group[0]}{cell}.axis", [0])
        sides.append(emit.node(f"{group[0]}{cell}.side", "Unsqueeze", joined, axis))
    if len(sides) == 1:
        return sides[0]
    return emit.node(f"{group[0]}{cells[0]}.sides", "Concat", *sides, axis=0)


def _ordered(name: str, order: Sequence[int], emit: Emitter) -> str:
    """The weight `name` with the rows of its gates in ONNX's order."""
    weight = emit.weight(name)
    if len(order) == 1:
        return weight
    gates = emit.nodes(f"{name}.gates", "Split", len(order), weight, axis=0, num_outputs=len(order))
    return emit.node(name, "Concat", *(gates[gate] for gate in order), axis=0)
