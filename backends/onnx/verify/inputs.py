"""The inputs on which a file is compared: sizes, batches and random values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from netlang.analysis.constraints import checked_sizes, solve
from netlang.backends.weights import numpy_type
from netlang.ir.dims import evaluate
from netlang.ir.program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays: TypeAlias = dict[str, NDArray[Any]]

__all__ = ["feeds_at", "shapes_text", "sizes_to_try"]

_TRIES = 4096
_BATCHES = (1, 3)


def sizes_to_try(program: Program, given: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Every symbol with its size: as given or default in two batches, then up to three others."""
    first = checked_sizes(program, given)
    yield from ({**first, "N": batch} for batch in _BATCHES)
    if program.sizes and not given:
        yield from _others(program, first)
        yield from islice(_unequal(program, first), 1)


def _unequal(program: Program, first: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Sizes of which the first is smaller than in `first`, and the others are as there."""
    solution, (name, *others) = solve(program), [size.name for size in program.sizes]
    for size in range(first[name] - 1, max(0, first[name] - _TRIES), -1) if others else ():
        sizes = {**first, name: size}
        if not solution.check(sizes):
            yield sizes


def _others(program: Program, first: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Up to two other sizes: the least at which the net runs, and the first below the default.

    Where sizes depend on each other, as many as are found by making all of them smaller alike.
    """
    solution = solve(program)
    names = [size.name for size in program.sizes]
    found = []
    for less in range(1, min(_TRIES, max(first[name] for name in names))):
        sizes = {**first, **{name: first[name] - less for name in names}}
        if min(sizes[name] for name in names) >= 1 and not solution.check(sizes):
            found.append(sizes)
    yield from ([found[-1], found[0]] if len(found) > 1 else found)


def feeds_at(program: Program, sizes: Mapping[str, int], seed: int) -> Arrays:
    """Random inputs: floats from N(0, 1), integers 0 and 1, truth values."""
    import numpy as np

    generator = np.random.default_rng(seed)
    found = {}
    for port in program.net.inputs:
        dims = (*(() if port.type.batch is None else (port.type.batch,)), *port.type.shape)
        shape = [int(evaluate(dim, sizes)) for dim in dims]
        is_float = port.type.dtype.is_float
        values = generator.standard_normal(shape) if is_float else generator.integers(0, 2, shape)
        found[port.name] = values.astype(numpy_type(port.type.dtype))
    return found


def shapes_text(feeds: Arrays) -> str:
    """The shapes of inputs: ``[3, 3, 224, 224]``."""
    return ", ".join(str(list(each.shape)) for each in feeds.values())
