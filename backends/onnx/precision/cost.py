"""What fewer bits cost: a file beside the same net in float32, on the same examples."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

from netlang.backends.onnx.emitter import name_in_file, value_names
from netlang.backends.onnx.precision.examples import batches, first_of
from netlang.backends.onnx.verify.file import ModelFile
from netlang.backends.onnx.verify.judge import apart
from netlang.build import ExampleInputs
from netlang.ir.op import Op
from netlang.ir.program import INPUT, Function, Node, Ref
from netlang.records import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Compared",
    "Likeness",
    "Loss",
    "Values",
    "compared",
    "losses",
    "step_values",
    "too_large",
]

Values: TypeAlias = "dict[Ref, NDArray[Any]]"
"""The value of steps of a flat net."""


class Likeness(Record):
    """How near an output is: the cosine of an example, on average and the least, and how far off.

    `largest` is the largest difference, as a share of the largest value.
    """

    output: str
    cosine: float
    least: float
    largest: float


class Compared(Record):
    """The outputs of both files, and the share of right classes where there are labels."""

    outputs: tuple[Likeness, ...]
    accuracy: tuple[float, float] | None


class Loss(Record):
    """How far the value of a step is off, as a share of its size, and how far its inputs were."""

    step: str
    operator: str
    off: float
    before: float

    @property
    def own(self) -> float:
        """What the step itself lost: independent errors add up by their squares."""
        return sqrt(max(0.0, self.off**2 - self.before**2))


def compared(wide: ModelFile, narrow: ModelFile, examples: ExampleInputs) -> Compared:
    """Both files on all examples."""
    names = [each.name for each in wide.model.graph.output]
    one, other = (_outputs(file, examples, names) for file in (wide, narrow))
    likeness = tuple(_likeness(name, one[name], other[name]) for name in names)
    accuracy: tuple[float, float] | None = None
    if examples.labels is not None:
        scores = examples.scores or names[0]
        right = [_share_right(found[scores], examples.labels) for found in (one, other)]
        accuracy = right[0], right[1]
    return Compared(likeness, accuracy)


def _outputs(file: ModelFile, examples: ExampleInputs, names: list[str]) -> dict[str, NDArray[Any]]:
    import numpy as np

    parts = [file.values(feeds, names) for feeds in batches(examples)]
    return {name: np.concatenate([each[name] for each in parts]) for name in names}


def _likeness(name: str, wide: NDArray[Any], narrow: NDArray[Any]) -> Likeness:
    import numpy as np

    rows, others = (each.reshape(len(each), -1).astype(np.float64) for each in (wide, narrow))
    cosines = [_cosine(row, other) for row, other in zip(rows, others, strict=True)]
    return Likeness(name, float(np.mean(cosines)), min(cosines), apart(narrow, wide))


def _cosine(row: NDArray[Any], other: NDArray[Any]) -> float:
    """The cosine of two vectors; 1 of two that are zero, 0 where one isn't finite."""
    import numpy as np

    size = float(np.linalg.norm(row) * np.linalg.norm(other))
    if not size:
        return float(np.array_equal(row, other))
    found = float(row @ other) / size
    return found if np.isfinite(found) else 0.0


def _share_right(scores: NDArray[Any], labels: NDArray[Any]) -> float:
    return float((scores.argmax(1) == labels).mean())


def step_values(file: ModelFile, net: Function, examples: ExampleInputs) -> Values:
    """The value of every step of a flat net that a file names, on the first examples."""
    places = dict(_places(file, net))
    found = file.values(first_of(examples), sorted({*places.values()}))
    return {ref: found[name] for ref, name in places.items()}


def _places(file: ModelFile, net: Function) -> Iterator[tuple[Ref, str]]:
    """The values of steps with their names in a file; some have the name of an output alone."""
    outputs: dict[Ref, list[str]] = {}
    for output in net.outputs:
        outputs.setdefault(output.ref, []).append(output.name)
    for number, node in enumerate(net.nodes):
        for index, name in enumerate(_names(node)):
            ref = Ref(number, index)
            own = name_in_file(name, ref, net)
            # What is rounded in float32, or to integers, has its value after the rounding.
            behind = (f"{own}/rounded", f"{own}_DequantizeLinear_Output")
            names = (*behind, own, *outputs.get(ref, ()))
            made = [each for each in names if each in file.made]
            if made:
                yield ref, made[0]


def _names(node: Node) -> tuple[str, ...]:
    assert isinstance(node.callee, Op)
    return value_names(node.path, node.callee, len(node.types))


def losses(net: Function, wide: Values, narrow: Values) -> list[Loss]:
    """The steps of a flat net, that whose value lost most by itself first."""
    off: dict[Ref, float] = {}
    found = []
    for number, node in enumerate(net.nodes):
        before = max((off.get(ref, 0.0) for ref in node.inputs), default=0.0)
        assert isinstance(node.callee, Op)
        for index, name in enumerate(_names(node)):
            ref = Ref(number, index)
            off[ref] = before
            if ref in wide and ref in narrow and wide[ref].dtype.kind == "f":
                off[ref] = _off(wide[ref], narrow[ref])
                found.append(Loss(name, node.callee.name, off[ref], before))
    return sorted(found, key=lambda loss: -loss.own)


def _off(wide: NDArray[Any], narrow: NDArray[Any]) -> float:
    import numpy as np

    one, other = wide.astype(np.float64), narrow.astype(np.float64)
    if one.shape != other.shape or not np.isfinite(other).all():
        return float("inf")
    return float(np.linalg.norm(other - one) / (np.linalg.norm(one) or 1.0))


def too_large(net: Function, wide: Values, examples: ExampleInputs, most: float) -> dict[str, str]:
    """The paths of steps that make or read a value beyond `most`, with the reason."""
    beyond = {ref for ref, values in wide.items() if _largest(values) > most}
    for index, port in enumerate(net.inputs):
        if _largest(first_of(examples)[port.name]) > most:
            beyond.add(Ref(INPUT, index))
    return {
        node.path: "a value is too large"
        for number, node in enumerate(net.nodes)
        if any(ref in beyond for ref in node.inputs)
        or any(Ref(number, index) in beyond for index in range(len(node.types)))
    }


def _largest(values: NDArray[Any]) -> float:
    """The largest size of a finite float."""
    import numpy as np

    if values.dtype.kind != "f":
        return 0.0
    return float(
        np.abs(values, where=np.isfinite(values), out=np.zeros_like(values)).max(initial=0)
    )
