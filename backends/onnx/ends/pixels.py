"""Nodes that make the net's input of the bytes of an image.

Images are resized as bytes, as Pillow and torchvision do it: `Resize` with `antialias`, where
pixels outside have no weight (pytorch#183546). The size of the result and the place of the central
part are computed from the image's, as torchvision computes them. On entry, the graph is empty; on
exit, the value that has the name of the input is what the net takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Literal

from netlang.backends.onnx.ends.preparing import Preparing
from netlang.backends.onnx.graph import Attribute, Graph, Operation
from netlang.backends.onnx.types import element_type
from netlang.diagnostics.errors import InternalError
from netlang.ir.types import DType
from netlang.recipes.words.augmentation import Augmentation
from netlang.recipes.words.sizes import CenterCrop, Resize, ResizeShorter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["add_preparation"]

_TO_NCHW = (0, 3, 1, 2)
_AXES = [2, 3]
_INTERPOLATION: Mapping[bool, Mapping[str, Attribute]] = {
    False: {"mode": "linear"},
    True: {"mode": "cubic", "cubic_coeff_a": -0.5},
}


def add_preparation(
    graph: Graph,
    preparing: Preparing,
    pixels: str,
    layout: Literal["nhwc", "nchw"],
    dtype: DType,
) -> None:
    """Prepare the images in the input `pixels` of the file, bytes in the order of `layout`.

    The net takes floats of the type `dtype`.
    """
    first = 1 if layout == "nhwc" else 2
    nodes = _Nodes(graph, preparing, pixels)
    if preparing.steps:
        # Of the pixels as they come: ONNX Runtime 1.31 turns a `Shape` with `start` after a
        # transpose into one that it then refuses.
        nodes.batch = nodes.node("batch", "Shape", pixels, start=0, end=1)
        nodes.sides = nodes.node("sides", "Shape", pixels, start=first, end=first + 2)
    if layout == "nhwc":
        nodes.then("channels_first", "Transpose", perm=list(_TO_NCHW))
    for place, step in enumerate(preparing.steps):
        nodes.carry_out(step, f"{step.name}{place}")
    nodes.then("floats", "Cast", to=element_type(DType.FLOAT32))
    nodes.normalize()
    nodes.finish(dtype)


@dataclass
class _Nodes:
    """Appends nodes, each of which reads the value of the one before.

    `batch` is the number of images, `sides` are the height and width of the current value.
    """

    graph: Graph
    preparing: Preparing
    value: str
    batch: str = ""
    sides: str = ""

    def then(self, suffix: str, kind: str, *others: str, **attributes: Attribute) -> None:
        """A node that reads the current value, and whose value becomes the current one."""
        self.value = self.node(suffix, kind, self.value, *others, **attributes)

    def node(self, suffix: str, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """A node beside the current value."""
        name = f"{self.preparing.port.name}/{suffix}"
        return self.graph.add(Operation(kind, name, inputs, (name,), attributes))[0]

    def integers(self, suffix: str, *values: int) -> str:
        """A constant of int64."""
        import numpy as np

        name = f"{self.preparing.port.name}/{suffix}"
        return self.graph.constant(name, np.array(values, np.int64))

    def floats(self, suffix: str, values: ArrayLike) -> str:
        """A constant of float32."""
        import numpy as np

        name = f"{self.preparing.port.name}/{suffix}"
        return self.graph.constant(name, np.asarray(values, np.float32))

    # --- steps ------------------------------------------------------------------------------

    @singledispatchmethod
    def carry_out(self, step: Augmentation, name: str) -> None:
        """The nodes of a step of the path."""
        raise InternalError(f"`{step.name}` can't be carried out in an ONNX file")

    @carry_out.register
    def _(self, step: Resize, name: str) -> None:
        self._resize(name, self.integers(f"{name}/to", *step.sides))

    @carry_out.register
    def _(self, step: ResizeShorter, name: str) -> None:
        length, _ = step.bounds
        shorter = self.node(f"{name}/shorter", "ReduceMin", self.sides, keepdims=0)
        size = self.integers(f"{name}/length", length)
        product = self.node(f"{name}/product", "Mul", self.sides, size)
        self._resize(name, self.node(f"{name}/to", "Div", product, shorter))

    def _resize(self, name: str, to: str) -> None:
        if self.preparing.as_pillow:
            self._resize_to(f"{name}/first", self._first_pass(name, to))
        self._resize_to(name, to)
        self.sides = to

    def _resize_to(self, name: str, to: str) -> None:
        """Resized across, then down: a pass that changes no size changes no pixel."""
        channels = self.integers(f"{name}/channels", self.preparing.channels)
        size = self.node(f"{name}/size", "Concat", self.batch, channels, to, axis=0)
        self.then(
            name, "Resize", "", "", size, antialias=1, exclude_outside=1,
            coordinate_transformation_mode="half_pixel", **_INTERPOLATION[self.preparing.cubic],
        )  # fmt: skip

    def _first_pass(self, name: str, to: str) -> str:
        """The sides after the first pass: down, if the height loses more than twice the width.

        So does Pillow 13; before, it went across first. What lies between is rounded to bytes.
        """
        height, width = self._both(f"{name}/from", self.sides)
        wanted, _ = self._both(f"{name}/wanted", to)
        lost = self.node(f"{name}/lost", "Sub", self.sides, to)
        down, across = self._both(f"{name}/lost_by_axis", lost)
        twice = self.node(f"{name}/twice", "Mul", across, self.integers(f"{name}/2", 2))
        bound = self.node(f"{name}/bound", "Max", twice, self.integers(f"{name}/0", 0))
        is_down = self.node(f"{name}/is_down", "Greater", down, bound)
        rows = self.node(f"{name}/rows", "Where", is_down, wanted, height)
        return self.node(f"{name}/sides_between", "Concat", rows, width, axis=0)

    def _both(self, suffix: str, sides: str) -> tuple[str, str]:
        """Height and width apart."""
        halves = self.integers(f"{suffix}/halves", 1, 1)
        name = f"{self.preparing.port.name}/{suffix}"
        names = (f"{name}/height", f"{name}/width")
        split = Operation("Split", name, (sides, halves), names, {"axis": 0})
        height, width = self.graph.add(split)
        return height, width

    @carry_out.register
    def _(self, step: CenterCrop, name: str) -> None:
        if step.pad:
            margins = self.integers(f"{name}/margins", *[0, 0, step.pad, step.pad] * 2)
            self.then(f"{name}/padded", "Pad", margins, mode="constant")
            both = self.integers(f"{name}/both", 2 * step.pad)
            self.sides = self.node(f"{name}/wider", "Add", self.sides, both)
        size = self.integers(f"{name}/size", *step.sides)
        first = self._first(name, size)
        last = self.node(f"{name}/last", "Add", first, size)
        self.then(name, "Slice", first, last, self.integers(f"{name}/axes", *_AXES))
        self.sides = size

    def _first(self, name: str, size: str) -> str:
        """The first row and column of the central part; halves are rounded to even numbers."""
        free = self.node(f"{name}/free", "Sub", self.sides, size)
        free = self.node(f"{name}/free_float", "Cast", free, to=element_type(DType.FLOAT32))
        half = self.node(f"{name}/half", "Mul", free, self.floats(f"{name}/0.5", 0.5))
        rounded = self.node(f"{name}/rounded", "Round", half)
        return self.node(f"{name}/first", "Cast", rounded, to=element_type(DType.INT64))

    # --- values -----------------------------------------------------------------------------

    def normalize(self) -> None:
        """Values of 0 to 255 as the net takes them."""
        numbers = self.preparing.numbers
        if numbers is None:
            self.then("scaled", "Mul", self.floats("scale", 1 / 255))
        elif numbers.function == "white":
            self.then("scaled", "Mul", self.floats("scale", 1 / 255))
            self._whiten(numbers.first, numbers.second)
        else:
            first, second = (self._laid_out(each) for each in (numbers.first, numbers.second))
            self.then("scaled", "Mul", self.floats("scale", 1 / (255 * second)))
            self.then("shifted", "Add", self.floats("shift", -first / second))

    def _laid_out(self, row: NDArray[np.float32]) -> NDArray[np.float64]:
        """Numbers for each channel, or for each element, with the axes of an image."""
        import numpy as np

        channels, sides = self.preparing.channels, (1, 1)
        if row.size != channels:
            height, width = (side.exact or 1 for side in self.preparing.after)
            sides = height, width
        return row.astype(np.float64).reshape(channels, *sides)

    def _whiten(self, mean: NDArray[np.float32], matrix: NDArray[np.float32]) -> None:
        self.then("flat", "Flatten", axis=1)
        self.then("centred", "Sub", self.floats("mean", mean))
        self.then("white", "MatMul", self.floats("matrix", matrix))

    def finish(self, dtype: DType) -> None:
        """Give the value the name and type of the input, and refuse images of other sizes."""
        if dtype is not DType.FLOAT32:
            self.then("cast", "Cast", to=element_type(dtype))
        sides = [side.exact for side in self.preparing.after]
        if all(sides):
            # Also for a wrong size: a part that reaches outside is smaller.
            to = self.integers("shape", 0, self.preparing.channels, *[side or 0 for side in sides])
            self._last("Reshape", self.value, to)
        else:
            self._last("Identity", self.value)

    def _last(self, kind: str, *inputs: str) -> None:
        name = self.preparing.port.name
        self.graph.operations.append(Operation(kind, name, inputs, (name,), {}))
