"""Recurrent layers, whose weights are packed: gates in ONNX's order, both directions in one.

`netlang.backends.onnx.importing.unpacked` has made them of tensors in PyTorch's order, as exporters
that keep their names do. Those are found again here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor
from netlang.backends.onnx.importing.node import A, Handler, OnnxNode, Results, shape_of
from netlang.backends.torch.importing.operators.recurrent import RECURRENT
from netlang.backends.torch.importing.refusal import NotSayable

__all__ = ["HANDLERS"]

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_ACTIVATIONS = {"lstm": ("sigmoid", "tanh", "tanh"), "gru": ("sigmoid", "tanh"), "rnn": ("tanh",)}


def _layer(kind: str) -> Handler:
    def made(node: OnnxNode) -> Results:
        _refuse_forms(node, kind)
        both = node.text("direction", "forward") == "bidirectional"
        hidden = node.integer("hidden_size", 0)
        weights = _weights(node, _GATES[kind], hidden, 2 if both else 1)
        word = f"{kind} relu" if _activations(node) == ("relu",) * (2 if both else 1) else kind
        steps = node.aten(A.permute.default, node.held(0), [1, 0, 2])
        found, *states = node.aten_parts(RECURRENT, word, steps, weights, hidden, both)
        batch, length, _ = shape_of(found)
        apart = node.aten(A.reshape.default, found, [batch, length, 2 if both else 1, hidden])
        return node.aten(A.permute.default, apart, [1, 2, 0, 3]), *states

    return made


def _activations(node: OnnxNode) -> tuple[str, ...]:
    return tuple(each.lower() for each in node.texts("activations"))


def _refuse_forms(node: OnnxNode, kind: str) -> None:
    """Refuse what the language's layers don't do."""
    direction = node.text("direction", "forward")
    usual = _ACTIVATIONS[kind] * (2 if direction == "bidirectional" else 1)
    given = _activations(node)
    if given not in ((), usual) and not (kind == "rnn" and set(given) == {"relu"}):
        raise NotSayable("gates with other functions")
    if direction not in ("forward", "bidirectional"):
        raise NotSayable("a layer that runs backwards alone", "turn the sequence around")
    if node.integer("layout", 0) or node.integer("input_forget", 0) or node.has_attribute("clip"):
        raise NotSayable("its `layout`, `input_forget` or `clip`")
    if kind == "gru" and not node.integer("linear_before_reset", 0):
        raise NotSayable("a GRU that resets before its linear map", "PyTorch's resets behind it")
    if node.has(4) or node.has(7):
        raise NotSayable("lengths of its sequences, or peepholes")
    for place in (5, 6):
        start = node.optional(place)
        if start is not None and not (isinstance(start, StoredTensor) and not start.tensor.any()):
            raise NotSayable("states that it starts from")


def _weights(node: OnnxNode, gates: int, hidden: int, directions: int) -> list[fx.Node]:
    """Of each direction the tensors of the input, the state and their biases, as PyTorch's."""
    maps = [list(_leaves(node.held(place))) for place in (1, 2)]
    biases = list(_leaves(node.held(3))) if node.has(3) else []
    whole = (each.meta["val"].shape[0] == gates * hidden for each in (*maps[0], *maps[1], *biases))
    counts = [len(each) for each in (*maps, biases)]
    if counts not in ([directions] * 2 + [n * directions] for n in (0, 2)) or not all(whole):
        raise NotSayable("weights that are computed")
    if any(each.meta["val"].shape[1:] != (hidden,) for each in maps[1]):
        raise NotSayable("weights of another number of states")
    found = []
    for n in range(directions):
        found += [maps[0][n], maps[1][n], *biases[2 * n : 2 * n + 2]]
    return found


def _leaves(held: Held) -> Iterator[fx.Node]:
    """The tensors of the file that a packed one is made of, each once."""
    seen: set[fx.Node] = set()
    waiting = [held] if isinstance(held, fx.Node) else []
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if each.op == "placeholder":
            yield each
        waiting += reversed(each.all_input_nodes)


HANDLERS: Mapping[str, Handler] = {
    "LSTM": _layer("lstm"),
    "GRU": _layer("gru"),
    "RNN": _layer("rnn"),
}
