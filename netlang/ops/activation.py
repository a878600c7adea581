"""Activations: functions of every single element.

Each docstring says what `other` counts per element; tanh, erf, exp and log count as one operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, final

from netlang.ir.arguments import argument, choice, non_zero, number
from netlang.ir.derivation import Line
from netlang.ir.half import InHalf
from netlang.ir.op import Case, Cost, Inferred, Op
from netlang.ir.reach import POINTWISE, Reach
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import the_input
from netlang.ops.derive import elements, sum_of
from netlang.ops.pointwise import PointwiseOp

__all__ = [
    "Elu", "Gelu", "HardSigmoid", "HardSwish", "Heaviside", "LeakyRelu", "Relu", "Relu6", "Sigmoid",
    "Silu", "Softplus", "Tanh",
]  # fmt: skip

_IMAGE = (TensorType((3, 4, 5)),)
_VECTOR = (TensorType((7,)),)


@final
class Relu(PointwiseOp):
    """Rectified linear unit: y = max(x, 0).

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: Fukushima 1969; Nair, Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann
    Machines.
    """

    name: ClassVar[str] = "relu"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Relu6(PointwiseOp):
    """ReLU cut off at 6: y = min(max(x, 0), 6).

    Shape: [*] -> [*]. Other: 2 operations for each element.

    Source: Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10.
    """

    name: ClassVar[str] = "relu6"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 2


@final
class LeakyRelu(PointwiseOp):
    """ReLU with a slope below 0: y = x if x > 0, else negative_slope x.

    Shape: [*] -> [*]. Other: 2 operations for each element.

    Source: Maas, Hannun, Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models.
    """

    name: ClassVar[str] = "leaky_relu"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 2

    negative_slope: float = argument(number, "slope below 0", default=0.01)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(negative_slope=0.2), _VECTOR)


@final
class Elu(PointwiseOp):
    """Exponential linear unit: y = x if x > 0, else alpha (exp(x) - 1).

    Shape: [*] -> [*]. Other: 4 operations for each element.

    Source: Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289.
    """

    name: ClassVar[str] = "elu"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 4

    alpha: float = argument(number, "y approaches -alpha far below 0", default=1.0)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(alpha=0.5), _VECTOR)


@final
class Sigmoid(PointwiseOp):
    """Logistic function: y = 1 / (1 + exp(-x)).

    Shape: [*] -> [*]. Other: 4 operations for each element.

    Source: Verhulst 1838; as a unit: Rumelhart, Hinton, Williams 1986, Learning Representations by
    Back-propagating Errors.
    """

    name: ClassVar[str] = "sigmoid"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 4


@final
class Tanh(PointwiseOp):
    """Hyperbolic tangent: y = tanh(x).

    Shape: [*] -> [*]. Other: 1 operation for each element.

    Source: LeCun, Bottou, Orr, Müller 1998, Efficient BackProp.
    """

    name: ClassVar[str] = "tanh"
    in_half: ClassVar[InHalf] = InHalf.GAINS


@final
class Silu(PointwiseOp):
    """Sigmoid linear unit, also called swish: y = x sigmoid(x).

    Shape: [*] -> [*]. Other: 5 operations for each element.

    Source: Hendrycks, Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017, arXiv:1710.05941.
    """

    name: ClassVar[str] = "silu"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 5


@final
class Gelu(Op):
    """Gaussian error linear unit: y = x/2 (1 + erf(x/sqrt(2))).

    With `approximate=tanh`: y = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).

    Shape: [*] -> [*]. Other: 5 operations for each element, 9 with the approximation.

    Source: Hendrycks, Gimpel 2016, arXiv:1606.08415.
    """

    name: ClassVar[str] = "gelu"
    in_half: ClassVar[InHalf] = InHalf.GAINS

    approximate: str = argument(choice("none", "tanh"), "the formula to compute", default="none")

    def infer(self, inputs: Types) -> Inferred:
        return Inferred((the_input(self, inputs),))

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        return Cost(0, inputs[0].elements * self._per_element)

    @property
    def _per_element(self) -> int:
        return 9 if self.approximate == "tanh" else 5

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        return POINTWISE

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        return (sum_of("other operations", (*elements(inputs[0]), self._per_element)),)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(approximate="tanh"), _VECTOR)


@final
class HardSigmoid(PointwiseOp):
    """Sigmoid in straight lines: y = min(max(x + 3, 0), 6) / 6.

    Shape: [*] -> [*]. Other: 4 operations for each element.

    Source: Howard et al. 2019, arXiv:1905.02244.
    """

    name: ClassVar[str] = "hard_sigmoid"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 4


@final
class HardSwish(PointwiseOp):
    """Swish in straight lines: y = x min(max(x + 3, 0), 6) / 6.

    Shape: [*] -> [*]. Other: 5 operations for each element.

    Source: Howard et al. 2019, arXiv:1905.02244.
    """

    name: ClassVar[str] = "hard_swish"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    per_element: ClassVar[int] = 5


@final
class Softplus(PointwiseOp):
    """Smooth ReLU: y = log(1 + exp(beta x)) / beta, and x itself where beta x > threshold.

    Shape: [*] -> [*]. Other: 6 operations for each element.

    Source: Dugas et al. 2000, Incorporating Second-Order Functional Knowledge for Better Option
    Pricing.
    """

    name: ClassVar[str] = "softplus"
    in_half: ClassVar[InHalf] = InHalf.CURVE
    per_element: ClassVar[int] = 6
    in_its_type: ClassVar[tuple[str, ...]] = ("beta",)

    beta: float = argument(non_zero, "sharpness of the bend", default=1.0)
    threshold: float = argument(
        number, "where beta x is large enough to be the identity", default=20.0
    )

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(beta=2.0, threshold=1.0), _VECTOR)


@final
class Heaviside(PointwiseOp):
    """Step function: y = 0 if x < 0, 1 if x > 0, and `at_zero` if x = 0.

    Shape: [*] -> [*]. Other: 1 operation for each element. Its gradient is 0 everywhere.

    Source: McCulloch, Pitts 1943, A Logical Calculus of the Ideas Immanent in Nervous Activity.
    """

    name: ClassVar[str] = "heaviside"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    in_its_type: ClassVar[tuple[str, ...]] = ("at_zero",)

    at_zero: float = argument(number, "the value at 0", default=0.0)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(), _IMAGE)
        yield Case(cls(at_zero=0.5), _VECTOR)
