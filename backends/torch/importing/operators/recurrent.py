"""Recurrent layers: PyTorch's own operators, and one of its kind for graphs that aren't traced.

`aten.lstm` and the like take the weights of several layers, and the states that they start from,
which are zeros in the language. `RECURRENT` is one layer, of which the graph knows the shape alone:
it is never computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor

from netlang.backends.torch.importing.call import Call, Handler, Made
from netlang.backends.torch.importing.layouts import sizes_of
from netlang.backends.torch.importing.opaque import opaque_operator
from netlang.backends.torch.importing.operators.weights import owner
from netlang.backends.torch.importing.refusal import NotSayable, in_training
from netlang.backends.torch.importing.steps import (
    Argument,
    BareWord,
    Maker,
    SourceStep,
    SourceTensor,
    Value,
)

__all__ = ["HANDLERS", "RECURRENT"]


def _shaped(
    kind: str, x: Tensor, weights: Sequence[Tensor], hidden: int, both: bool
) -> list[Tensor]:
    directions = 2 if both else 1
    state = (directions, x.shape[0], hidden)
    shapes = [(*x.shape[:-1], directions * hidden), *[state] * (2 if kind == "lstm" else 1)]
    return [x.new_empty(each) for each in shapes]


RECURRENT = opaque_operator(
    "recurrent(str kind, Tensor x, Tensor[] weights, int hidden, bool both) -> Tensor[]", _shaped
)
"""`kind` is `lstm`, `gru`, `rnn` or `rnn relu`; x is [N, L, F]. It gives [N, L, D hidden] and the
last states, [D, N, hidden] each, of which an LSTM has two."""


def _recurrent(call: Call) -> Made:
    value = call.value("x")
    kind, _, nonlinearity = str(call.given["kind"]).partition(" ")
    held = call.given["weights"]
    assert isinstance(held, list)
    keys = [each.key for each in held if isinstance(each, SourceTensor)]
    label = owner(keys[0], "weight_ih_l0") if keys else None
    if label is None or len(keys) < len(held):
        raise NotSayable("weights that are computed, or those of a second layer")
    if value.batch != 0 or value.fold != 1:
        raise NotSayable("a sequence across examples")
    arguments: dict[str, Argument] = {"hidden": call.integer("hidden")}
    if nonlinearity:
        arguments["nonlinearity"] = BareWord(nonlinearity)
    if not any(".bias_" in key for key in keys):
        arguments["bias"] = False
    if call.given["both"]:
        arguments["bidirectional"] = True
    return _outputs(call, call.step(kind, [value], arguments, label), 0)


def _layers(kind: str, gates: int) -> Handler:
    def made(call: Call) -> Made:
        value, first = call.value("input"), 0 if call.given["batch_first"] else 1
        if value.batch != first or value.fold != 1 or len(value.shape) != 3:
            raise NotSayable("a sequence across examples")
        _refuse_states(call)
        label, hidden = _owner_of_layers(call, gates, value.shape[2])
        step = call.step(kind.partition("_")[0], [value], _arguments(call, kind, hidden), label)
        return _outputs(call, step, first)

    return made


def _outputs(call: Call, step: SourceStep, first: int) -> Made:
    """What a layer gives, with the last states if something reads them; `first` is its batch."""
    whole, *states = (tuple(each.shape) for each in call.node.meta["val"])
    outputs = [(whole, first)]
    if _gives_states(call):
        step.arguments["return_state"] = True
        outputs += [(shape, 1) for shape in states]
    step.outputs = len(outputs)
    return tuple(
        Value(Maker(step, port), shape, sizes_of(shape, batch, 1), batch, 1)
        for port, (shape, batch) in enumerate(outputs)
    )


def _refuse_states(call: Call) -> None:
    """Refuse layers that start from anything but zeros."""
    held = call.given["hx"]
    for each in held if isinstance(held, list | tuple) else [held]:
        if not isinstance(each, SourceTensor) or each.key or bool(each.tensor.any()):
            raise NotSayable("states that it starts from", "start from zeros")


def _gives_states(call: Call) -> bool:
    """Whether something reads the last states."""
    return any(user.args[1] != 0 and user.users for user in call.node.users)


def _arguments(call: Call, kind: str, hidden: int) -> dict[str, Argument]:
    found: dict[str, Argument] = {"hidden": hidden}
    if call.integer("num_layers") > 1:
        found["layers"] = call.integer("num_layers")
    if kind == "rnn_relu":
        found["nonlinearity"] = BareWord("relu")
    if not call.given["has_biases"]:
        found["bias"] = False
    if call.number("dropout"):
        if call.given["train"]:
            raise in_training("a dropout")
        found["dropout"] = call.number("dropout")
    if call.given["bidirectional"]:
        found["bidirectional"] = True
    return found


def _owner_of_layers(call: Call, gates: int, features: int) -> tuple[str, int]:
    """The label that all weights belong to, and the hidden units; refuses other sizes."""
    given = call.given["params"]
    assert isinstance(given, list | tuple)
    held = [each for each in given if isinstance(each, SourceTensor)]
    label = owner(held[0].key, "weight_ih_l0") if held else None
    if label is None or len(held) < max(2, len(given)):
        raise NotSayable("weights that are computed")
    hidden = held[1].tensor.shape[-1]
    expected = {f"{label}.{name}": shape for name, shape in _weights(call, gates, features, hidden)}
    if {each.key: tuple(each.tensor.shape) for each in held} != expected:
        raise NotSayable("weights of other sizes, or of several modules")
    return label, hidden


def _weights(
    call: Call, gates: int, features: int, hidden: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names and shapes of all weights."""
    directions = ("", "_reverse") if call.given["bidirectional"] else ("",)
    for layer in range(call.integer("num_layers")):
        read = len(directions) * hidden if layer else features
        for direction in directions:
            suffix = f"_l{layer}{direction}"
            yield f"weight_ih{suffix}", (gates * hidden, read)
            yield f"weight_hh{suffix}", (gates * hidden, hidden)
            if call.given["has_biases"]:
                yield f"bias_ih{suffix}", (gates * hidden,)
                yield f"bias_hh{suffix}", (gates * hidden,)


HANDLERS: Mapping[str, Handler] = {
    "netlang_import.recurrent.default": _recurrent,
    "aten.lstm.input": _layers("lstm", 4),
    "aten.gru.input": _layers("gru", 3),
    "aten.rnn_tanh.input": _layers("rnn_tanh", 1),
    "aten.rnn_relu.input": _layers("rnn_relu", 1),
}
