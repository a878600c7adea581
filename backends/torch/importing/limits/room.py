"""How much memory and work the values of a file's net may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from netlang.backends.torch.importing.limits.peak import peak_bytes
from netlang.backends.torch.importing.limits.work import program_work
from netlang.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netlang.ir.program import Program

__all__ = ["Needed", "Room", "needed_by"]

# `deeplabv3_mobilenet_v3_large` of torchvision takes 380 MB for two examples, and has 44 MB of
# weights; `efficientdet_d0` takes 240 MB, and has 16 MB of weights.
_LEAST, _FOR_A_BYTE = 1 << 28, 9
_LEAST_NUMBERS, _NUMBERS_FOR_A_BYTE = 1 << 27, 32
# A step reads a value and gives one, of two examples, and each number has four bytes.
_BYTES_OF_A_NUMBER, _BYTES_OF_A_WEIGHT = 16, 4
# Units of work of a whole comparison. A small net for super-resolution takes 10^11, and has 240 kB
# of weights; `deeplabv3_resnet101` of torchvision takes 4 * 10^12, and has 244 MB of weights.
_LEAST_WORK, _WORK_FOR_A_BYTE = 1 << 36, 1 << 17
_SIDES = 2  # the source and the spec
# Of a large file: the numbers of a value for an example, and of all of them.
_LARGE, _ALL_LARGE = 1 << 27, 1 << 33


@final
class Needed(Record):
    """What computing something takes: the bytes of its values at once, and units of work."""

    memory: int
    work: int


def needed_by(program: Program, sizes: Mapping[str, int]) -> Needed:
    """What a comparison with a program takes. Every symbol has its size, and the batch `N`."""
    return Needed(peak_bytes(program, sizes), program_work(program, sizes))


@final
class Room(Record):
    """The room for a file of `file_bytes`, which are most of all its weights.

    Somebody who trusts it says that it may be `large`.
    """

    file_bytes: int
    large: bool = False

    @property
    def memory(self) -> int:
        """Bytes of the values that are there at once; those of a large file aren't held to it."""
        return max(_LEAST, _FOR_A_BYTE * self.file_bytes)

    @property
    def numbers(self) -> int:
        """Numbers of one value for an example; a weight of a large file that is turned is one."""
        if self.large:
            return max(_LARGE, self.file_bytes // _BYTES_OF_A_WEIGHT)
        return min(self.memory // _BYTES_OF_A_NUMBER, _LARGE)

    @property
    def all_numbers(self) -> int:
        """Numbers of all values for an example."""
        if self.large:
            return _ALL_LARGE
        return min(_LEAST_NUMBERS + _NUMBERS_FOR_A_BYTE * self.file_bytes, _ALL_LARGE)

    @property
    def work(self) -> int:
        """Units of all that a comparison computes; that of a large file isn't held to it."""
        return _LEAST_WORK + _WORK_FOR_A_BYTE * self.file_bytes

    def allows(self, work: int) -> bool:
        """Whether so much may be computed."""
        return self.large or work <= self.work

    def runs_besides(self, work: int, most: int) -> int:
        """How often the program may be computed again, at most, if a comparison is so much work."""
        if self.large:
            return most
        return min(most, max(0, self.work - work) * _SIDES // max(work, 1))

    def allows_runs(self, program: Program, runs: Sequence[Mapping[str, int]]) -> bool:
        """Whether the program and its source may be computed at each of these sizes."""
        return self.large or self.allows(self.work_of_runs(program, runs))

    @staticmethod
    def work_of_runs(program: Program, runs: Sequence[Mapping[str, int]]) -> int:
        """Units of work of a program and its source at each of these sizes."""
        return _SIDES * sum(program_work(program, sizes) for sizes in runs)

    def holds(self, program: Program, sizes: Mapping[str, int]) -> bool:
        """Whether the program can be compared at these sizes, including the batch `N`."""
        return self.large or peak_bytes(program, sizes) <= self.memory
