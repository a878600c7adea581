"""Tensors as stored in a file or in memory, before they are converted for a net."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from operator import attrgetter
from threading import Thread
from typing import TYPE_CHECKING, final

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.mapped import MappedFile
from netlang.ir.types import DType
from netlang.records import Record, replace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LookAhead", "Stored", "all_finite", "are_finite"]

# The bits of the exponent: all of them are set in NaN and infinity alone.
_EXPONENTS: Mapping[DType | None, int] = {DType.FLOAT16: 0x7C00, DType.BFLOAT16: 0x7F80}

# Bytes that a thread is worth, and that are read before they are used.
_WORTH, _AHEAD = 1 << 22, 1 << 27
_FLOAT = 4
# Values of a product that OpenBLAS leaves to the thread that asks: it shares longer ones, and waits
# for a thread that something else, such as what writes the file, keeps from running.
_ONE_THREAD = 1 << 12


@final
class Stored(Record, eq=False):
    """A stored tensor.

    `dtype` is None if no weight can have the type of the data; `type_name` names that type. `file`
    is the file from which the data are mapped, if any, and `begin` their first byte in it. `target`
    is the type that the net needs, if it is a different one.
    """

    shape: tuple[int, ...]
    type_name: str
    dtype: DType | None
    data: NDArray[np.generic]
    file: MappedFile | None = None
    begin: int = 0
    target: DType | None = None

    def fits(self, dtype: DType) -> bool:
        """Whether the data convert to `dtype`: floats to floats, whole numbers to whole numbers."""
        mine = self.dtype
        return mine is dtype or (mine is not None and mine.is_float is dtype.is_float)

    def bound_for(self, dtype: DType) -> Stored:
        """These data for a weight of a type. If that is too narrow, some values become infinite."""
        return self if dtype is self.dtype else replace(self, target=dtype)

    def array(self, dtype: DType) -> NDArray[np.generic]:
        """The data as `dtype`, without a copy if they have that type.

        Raises `OSError` if the file was truncated after it was opened.
        """
        import numpy as np

        if self.file is not None:
            self.file.require_whole()
        wanted = numpy_type(dtype)
        if self.data.dtype == wanted:
            return self.data
        # `finite` tells of what is beyond the target.
        with np.errstate(over="warn" if self.target is None else "ignore"):
            return self.data.astype(wanted)

    def about_to_read(self) -> None:
        """Bound the memory that a file's data take, before they are read; raises as `array`."""
        if self.file is not None:
            self.file.about_to_read(self.data.nbytes, self.begin)

    def finite(self) -> bool:
        """Whether no value is NaN or infinite after conversion; raises as `array` does."""
        import numpy as np

        self.about_to_read()
        data = self.data if self.target is None else self.array(self.target)
        if data.dtype.kind == "f" and data.dtype.itemsize > 2:
            return are_finite(data)
        bits = _EXPONENTS.get(self.target or self.dtype)
        return bits is None or not ((data.view(np.uint16) & bits) == bits).any()


@final
class LookAhead:
    """Tensors of float32 that are copied as they are, and which of them are finite.

    Those that follow each other in a file are looked at together, when it is asked what they prove:
    that is faster than one by one. Until then, a thread has the pages of the file mapped, for what
    copies them. It `covers` the first that are read; all others are left to `Stored.finite`.
    """

    def __init__(self, tensors: Iterable[Stored]) -> None:
        self._finite: set[Stored] = set()
        self._thread: Thread | None = None
        self._runs = _runs(tensors)
        self._covered = {each for run in self._runs for each in run}
        if sum(each.data.nbytes for each in self._covered) < _WORTH:
            self._covered.clear()
            self._runs.clear()
            return
        thread = Thread(target=_map, args=(tuple(self._runs),), name="netlang maps", daemon=True)
        with suppress(RuntimeError):  # the system may have no room for one
            thread.start()
            self._thread = thread

    def covers(self, tensor: Stored) -> bool:
        """Whether a tensor is looked at here."""
        return tensor in self._covered

    def proves(self, tensor: Stored) -> bool:
        """Whether a tensor that is looked at is known to be finite."""
        if self._thread is not None:
            self._thread.join()
        while self._runs:
            run = self._runs.pop()
            with suppress(OSError):  # whoever needs the values tells it
                if _proven(run):
                    self._finite.update(run)
        return tensor in self._finite


def _map(runs: Sequence[Sequence[Stored]]) -> None:
    for run in runs:
        file, begin, end = _range(run)
        file.map(begin, end)


def _proven(run: Sequence[Stored]) -> bool:
    """Whether the values of a run are surely finite; raises as `Stored.array` does."""
    import numpy as np

    file, begin, end = _range(run)
    file.require_whole()
    return isfinite(_squares(file.array(np.dtype(np.float32), (-1,), begin, end)))


def _range(run: Sequence[Stored]) -> tuple[MappedFile, int, int]:
    """The file of tensors that follow each other, and where their data begin and end in it."""
    first, last = run[0], run[-1]
    assert first.file is not None
    return first.file, first.begin, last.begin + last.data.nbytes


def _runs(tensors: Iterable[Stored]) -> list[list[Stored]]:
    """Tensors of float32 in runs that follow each other in a file, of `_AHEAD` bytes in all."""
    mapped = [
        each
        for each in tensors
        if each.dtype is DType.FLOAT32 and each.file is not None and each.target is None
    ]
    mapped.sort(key=attrgetter("begin"))
    runs: list[list[Stored]] = []
    file, end, left = None, 0, _AHEAD
    for each in mapped:
        begin, size = each.begin, each.data.nbytes
        if not size or size > left or begin % _FLOAT:
            continue
        if begin != end or each.file is not file:
            runs.append([])
        runs[-1].append(each)
        file, end, left = each.file, begin + size, left - size
    return runs


def _require_whole(tensors: Iterable[Stored]) -> None:
    """Raise `OSError` if a file of tensors, all read at once, was truncated after it was opened."""
    for file in {each.file for each in tensors}:
        if file is not None:
            file.require_whole()


def all_finite(tensors: Iterable[Stored]) -> bool:
    """Whether no value of several small tensors is NaN or infinite, checked all at once.

    Raises `OSError` as `Stored.array` does.
    """
    import numpy as np

    found = list(tensors)
    _require_whole(found)
    data = []
    for each in found:
        if each.data.dtype == np.float32 and each.target is None:
            data.append(each.data.reshape(-1))
        elif not each.finite():
            return False
    return not data or are_finite(np.concatenate(data))


def are_finite(values: NDArray[np.generic]) -> bool:
    """Whether no float is NaN or infinite.

    One pass at memory speed: NaN and infinity persist in a sum of squares.

    A finite sum proves that all values are finite. An infinite one may be an overflow.
    """
    import numpy as np

    return isfinite(_squares(values)) or bool(np.isfinite(values).all())


def _squares(values: NDArray[np.generic]) -> float:
    """The sum of the squares."""
    import numpy as np

    flat = values.reshape(-1)
    rest = flat[: len(flat) % _ONE_THREAD]
    with np.errstate(all="ignore"):
        found = float(np.dot(rest, rest))
        if len(rest) < len(flat):
            rows = flat[len(rest) :].reshape(-1, 1, _ONE_THREAD)
            found += float(np.matmul(rows, rows.transpose(0, 2, 1)).sum())
    return found
