"""Nearest-neighbour interpolation to a size, picking the same elements as PyTorch to the last bit.

Output place i takes input element floor(i in/out), computed in single precision, with in/out in
double precision if the values are (`netlang.ir.nearest`). Resize divides i by out/in instead. That
can be slightly below a whole number where PyTorch is exact (place 1 of 4 out of 28 gave element 6,
not 7), or exact where PyTorch is slightly below (place 41 at scale 41).
"""

from __future__ import annotations

from netlang.backends.onnx.emitter import Emitter
from netlang.backends.onnx.types import element_type
from netlang.ir.dims import Dim, Expr
from netlang.ir.nearest import place_of
from netlang.ir.types import DType

__all__ = ["nearest"]


def nearest(size: tuple[Dim, ...], emit: Emitter) -> tuple[str, ...]:
    """The step's input with its spatial axes resized to `size`."""
    x, spatial = emit.step.inputs[0], emit.step.types[0].spatial
    changed = [axis for axis in range(len(size)) if size[axis] != spatial[axis]]
    if not changed:
        return emit.result("Identity", x)
    for axis in changed[:-1]:
        places = _places(axis, spatial[axis], size[axis], emit)
        x = emit.node(f"axis{axis}", "Gather", x, places, axis=axis + 2)
    axis = changed[-1]
    places = _places(axis, spatial[axis], size[axis], emit)
    return emit.result("Gather", x, places, axis=axis + 2)


def _places(axis: int, size: Dim, out: Dim, emit: Emitter) -> str:
    """The indices of the elements to take along an axis."""
    if isinstance(size, Expr) or isinstance(out, Expr):
        return _computed(axis, size, out, emit)
    single = not _is_double(emit)
    found = [place_of(place, int(size), int(out), single=single) for place in range(int(out))]
    return emit.integers(f"axis{axis}.places", found)


def _is_double(emit: Emitter) -> bool:
    return emit.step.types[0].dtype is DType.FLOAT64


def _computed(axis: int, size: Dim, out: Dim, emit: Emitter) -> str:
    """The same, computed by the graph, for sizes that depend on the input."""
    single, whole = element_type(DType.FLOAT32), element_type(DType.INT64)
    own = element_type(DType.FLOAT64) if _is_double(emit) else single
    name = f"axis{axis}"
    many = emit.node(f"{name}.in", "Cast", emit.sizes.name(size), to=own)
    few = emit.node(f"{name}.out", "Cast", emit.sizes.name(out), to=own)
    step = emit.node(f"{name}.step", "Div", many, few)
    end = emit.node(f"{name}.end", "Squeeze", emit.sizes.name(out))
    zero, one = emit.integers(f"{name}.zero", 0), emit.integers(f"{name}.one", 1)
    order = emit.node(f"{name}.order", "Range", zero, end, one)
    numbers = emit.node(f"{name}.numbers", "Cast", order, to=own)
    exact = emit.node(f"{name}.exact", "Mul", numbers, step)
    if own != single:
        exact = emit.node(f"{name}.single", "Cast", exact, to=single)
    floor = emit.node(f"{name}.floor", "Floor", exact)
    places = emit.node(f"{name}.found", "Cast", floor, to=whole)
    return emit.node(f"{name}.places", "Min", places, emit.sizes.name(size - 1))
