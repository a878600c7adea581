"""Recurrent layers over a sequence, batch first: [L, F] -> [L, directions x hidden]."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, final

from netlang.ir.arguments import argument, between, choice, count, flag, probability
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import Along, Everywhere, MappedAxes, Reach, ToOneSide
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Uniform, Weight
from netlang.ops.checks import batched, fixed, ranked, the_input
from netlang.ops.derive import batch_of, numbers, sum_of, times
from netlang.ops.tracing import traced_product

__all__ = ["Gru", "Lstm", "Rnn"]

_SEQUENCE = (TensorType((7, 3)),)
# Every layer has tensors of its own, so the number of layers needs a bound.
MOST_LAYERS = 1000


class Recurrent(Op):
    """Layers of `gates` affine maps of each step's input and the state, applied step by step."""

    in_half: ClassVar[InHalf] = InHalf.RECURS
    gates: ClassVar[int]
    states: ClassVar[int]
    # Operations of one element of the state at one step, apart from the affine maps.
    per_element: ClassVar[int]

    hidden: int
    layers: int
    bias: bool
    dropout: float
    bidirectional: bool
    return_state: bool

    @property
    def directions(self) -> int:
        """1, or 2 if the sequence is read from both ends."""
        return 2 if self.bidirectional else 1

    def infer(self, inputs: Types) -> Inferred:
        x = batched(self, the_input(self, inputs))
        ranked(self, x, range(2, 3), "a sequence of shape [L, F]")
        self._features(inputs)
        width = traced_product((self.hidden, self.directions))
        output = x.with_shape(x.shape[0], width)
        state = x.with_shape(traced_product((self.layers, self.directions)), self.hidden)
        return Inferred((output, *((state,) * self.states if self.return_state else ())))

    def _features(self, inputs: Types) -> int:
        return fixed(self, inputs[0].shape[1], "the features of its input")

    def _read(self, inputs: Types, layer: int) -> int:
        """The number of features that layer number `layer` reads."""
        return self.hidden * self.directions if layer else self._features(inputs)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return tuple(
            weight
            for layer in range(self.layers)
            for suffix in ("", "_reverse")[: self.directions]
            for weight in self._cell(f"_l{layer}{suffix}", self._read(inputs, layer))
        )

    def _cell(self, suffix: str, read: int) -> tuple[Weight, ...]:
        """PyTorch's default: everything from U(-b, b) with b = 1/sqrt(hidden)."""
        init = Uniform(self.hidden**-0.5)
        rows = self.gates * self.hidden
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, read),
            "weight_hh": (rows, self.hidden),
        }
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return tuple(Weight(name + suffix, shape, init) for name, shape in shapes.items())

    def cost(self, inputs: Types) -> Cost:
        x = inputs[0]
        steps = x.with_shape(x.shape[0]).elements
        rows = self.gates * self.hidden
        read = self._read(inputs, 0) + (self.layers - 1) * self._read(inputs, 1)
        macs = steps * (self.directions * rows * (read + self.layers * self.hidden))
        units = self.layers * self.directions * self.hidden
        return Cost(macs, steps * (units * (self._sums + self.per_element)))

    @property
    def _sums(self) -> int:
        """Additions per element: the two affine maps are added up, and each adds its bias."""
        return self.gates * (3 if self.bias else 1)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        """A step reads those before it or, backwards, those after it; the last states read all."""
        if output:
            return MappedAxes((None, None), (Everywhere(), Everywhere()))
        return Along((ToOneSide(), Everywhere()))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        """A map of layer l has gates x hidden rows, and a column for each number that it reads."""
        x = inputs[0]
        steps = (*batch_of(x), *numbers(x.shape[:1]))
        units = (*steps, self.layers, self.directions, self.hidden)
        work = self._sums + self.per_element
        return (
            sum_of("out features", (self.directions, self.hidden)),
            self._per_layer("params", (), inputs, 2 if self.bias else 0),
            self._per_layer("MACs", steps, inputs, 0),
            sum_of("other operations", (*units, work)),
        )

    def _per_layer(self, what: str, steps: tuple[int, ...], inputs: Types, biases: int) -> Line:
        """The first layer, and the others, which read the output of the one before."""
        rows = (*steps, self.directions, self.gates, self.hidden)
        more = f" + {biases}" if biases else ""
        terms = []
        total = 0
        for alike, layer in ((1, 0), (self.layers - 1, 1)):
            read = self._read(inputs, layer)
            factors = rows if alike == 1 else (alike, *rows)
            if alike:
                terms.append(f"{times(factors)}*({read} + {self.hidden}{more})")
                total += prod(factors) * (read + self.hidden + biases)
        return Line(what, " + ".join(terms), total)


@final
class Rnn(Recurrent):
    """Elman network: h_t = tanh(W x_t + b + U h_{t-1} + c), from h_0 = 0; the output is every h_t.

    A second layer reads the output of the first, dropped out with probability `dropout` in
    training. With `bidirectional=true`, a second state runs from the end, and both are the output.

    Shape: [L, F] -> [L, D hidden], D = 2 if bidirectional, else 1. With `return_state=true` also
    `state`, the last states [layers D, hidden].
    Parameters of layer k: weight_ih_lk [hidden, F or D hidden], weight_hh_lk [hidden, hidden],
    bias_ih_lk and bias_hh_lk [hidden]; those that run backwards end in `_reverse`.
    MACs: N L D hidden (F + hidden), F being D hidden after the first layer. Other: for each step
    and element of a state the sums of maps and biases, and 1 for the nonlinearity.

    Source: Elman 1990, Finding Structure in Time.
    """

    name: ClassVar[str] = "rnn"
    output_names: ClassVar[tuple[str, ...]] = ("output", "state")
    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1
    per_element: ClassVar[int] = 1

    hidden: int = argument(count, "size of the state")
    layers: int = argument(between(1, MOST_LAYERS), "number of layers", default=1)
    nonlinearity: str = argument(
        choice("tanh", "relu"), "what is applied to the sum", default="tanh"
    )
    bias: bool = argument(flag, "whether to add learned biases", default=True)
    dropout: float = argument(probability, "dropout between layers, in training", default=0.0)
    bidirectional: bool = argument(flag, "whether to read from the end as well", default=False)
    return_state: bool = argument(flag, "whether to give the last states as well", default=False)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(hidden=4), _SEQUENCE)
        yield Case(cls(hidden=4, nonlinearity="relu", bias=False), _SEQUENCE)
        yield Case(cls(hidden=4, layers=2, bidirectional=True, return_state=True), _SEQUENCE)
        yield Case(cls(hidden=3, layers=3, dropout=0.2), _SEQUENCE)


@final
class Lstm(Recurrent):
    """Long short-term memory: four gates i, f, g, o, each an affine map of x_t and h_{t-1}.

    c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g) and h_t = sigmoid(o) tanh(c_t), from h_0 = c_0 =
    0; the output is every h_t. A second layer reads the output of the first, dropped out with
    probability `dropout` in training. With `bidirectional=true`, a second state runs from the end.

    Shape: [L, F] -> [L, D hidden], D = 2 if bidirectional, else 1. With `return_state=true` also
    `state` and `cell`, the last h and c, both [layers D, hidden].
    Parameters of layer k: weight_ih_lk [4 hidden, F or D hidden], weight_hh_lk [4 hidden, hidden],
    bias_ih_lk and bias_hh_lk [4 hidden], rows in the order i, f, g, o; those that run backwards
    end in `_reverse`.
    MACs: N L D 4 hidden (F + hidden), F being D hidden after the first layer. Other: for each step
    and element of a state the sums of maps and biases, and 18: three sigmoids of 4, two tanh,
    three products and a sum.

    Source: Hochreiter, Schmidhuber 1997; Gers, Schmidhuber, Cummins 2000, Learning to Forget.
    """

    name: ClassVar[str] = "lstm"
    output_names: ClassVar[tuple[str, ...]] = ("output", "state", "cell")
    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2
    per_element: ClassVar[int] = 18

    hidden: int = argument(count, "size of the state")
    layers: int = argument(between(1, MOST_LAYERS), "number of layers", default=1)
    bias: bool = argument(flag, "whether to add learned biases", default=True)
    dropout: float = argument(probability, "dropout between layers, in training", default=0.0)
    bidirectional: bool = argument(flag, "whether to read from the end as well", default=False)
    return_state: bool = argument(flag, "whether to give the last states as well", default=False)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(hidden=4), _SEQUENCE)
        yield Case(cls(hidden=5, bias=False, return_state=True), _SEQUENCE)
        yield Case(cls(hidden=4, layers=2, dropout=0.5, bidirectional=True), _SEQUENCE)


@final
class Gru(Recurrent):
    """Gated recurrent unit: gates r and z and a candidate n.

    r = sigmoid(W_r x + b_r + U_r h + c_r), z = sigmoid(W_z x + b_z + U_z h + c_z), n = tanh(W_n x +
    b_n + r (U_n h + c_n)), h' = (1 - z) n + z h, from h = 0; the output is every h'. A second layer
    reads the output of the first, dropped out with probability `dropout` in training. With
    `bidirectional=true`, a second state runs from the end, and both are the output.

    Shape: [L, F] -> [L, D hidden], D = 2 if bidirectional, else 1. With `return_state=true` also
    `state`, the last states [layers D, hidden].
    Parameters of layer k: weight_ih_lk [3 hidden, F or D hidden], weight_hh_lk [3 hidden, hidden],
    bias_ih_lk and bias_hh_lk [3 hidden], rows in the order r, z, n; those that run backwards end
    in `_reverse`.
    MACs: N L D 3 hidden (F + hidden), F being D hidden after the first layer. Other: for each step
    and element of a state the sums of maps and biases, and 14: two sigmoids of 4, one tanh, three
    products, a sum and a difference.

    Source: Cho et al. 2014, arXiv:1406.1078, with the reset gate after the map as in cuDNN.
    """

    name: ClassVar[str] = "gru"
    output_names: ClassVar[tuple[str, ...]] = ("output", "state")
    gates: ClassVar[int] = 3
    states: ClassVar[int] = 1
    per_element: ClassVar[int] = 14

    hidden: int = argument(count, "size of the state")
    layers: int = argument(between(1, MOST_LAYERS), "number of layers", default=1)
    bias: bool = argument(flag, "whether to add learned biases", default=True)
    dropout: float = argument(probability, "dropout between layers, in training", default=0.0)
    bidirectional: bool = argument(flag, "whether to read from the end as well", default=False)
    return_state: bool = argument(flag, "whether to give the last states as well", default=False)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(hidden=6, bidirectional=True), (TensorType((40, 1)),))
        yield Case(cls(hidden=4, return_state=True), _SEQUENCE)
        yield Case(cls(hidden=4, layers=2, bias=False, dropout=0.5), _SEQUENCE)
