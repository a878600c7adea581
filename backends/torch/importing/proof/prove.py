"""Compares a spec with the source that it was made of: keys, shapes and values.

Both compute with the same weights. Those that are the same number everywhere, such as the 0 of a
new bias or the 1e-6 of a layer's scale, are moved before, so that nothing is equal only because it
is multiplied by 0; afterwards the source has its own ones again. A few numbers may differ more, if
rounding has decided them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor, nn

from netlang.backends.torch.importing.diagnostics import NothingProved, NotProved
from netlang.backends.torch.importing.original import Original, evaluating
from netlang.backends.torch.importing.proof.rounding import (
    FAILURES,
    MOST_RUNS,
    Rounding,
    tensors_of,
)
from netlang.backends.torch.run.execute import instance
from netlang.backends.torch.run.weights import fill, unfilled
from netlang.backends.weights.slots import BATCH_COUNTER
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["Proof", "module_for", "prove"]

_FEW = 100  # times as many numbers as those that rounding may have decided
TOLERANCE = 1e-4
"""The largest difference that rounding explains, as a share of the largest value of an output."""


@final
class Proof(Record):
    """At which shapes of the inputs both agree, and how well; keys that only the source has.

    Further names of a tensor that has a key in the spec aren't among them. `kept` are the keys of
    the spec. The largest difference is that of all numbers but those that rounding has `decided`.
    """

    inputs: tuple[str, ...]
    largest: float
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    decided: int = 0

    @property
    def keys(self) -> int:
        """How many keys the spec has."""
        return len(self.kept)


def prove(
    source: Original, copy: nn.Module, examples: Sequence[Sequence[Tensor]], runs: int = MOST_RUNS
) -> Proof:
    """Compare a spec's module with its source. Raises `NetlangError` at the first difference.

    To tell rounding from a fault, the module is run at most `runs` times more for each example.
    """
    own = source.state()
    left_out = _same_keys(own, copy.state_dict())
    with torch.no_grad(), _moved(own), source.evaluating(), evaluating(copy):
        state = source.state()
        _give_weights(copy, state, lent=source.lends)
        found = [_differences(source, copy, each, runs) for each in examples]
    _refuse_zeros(found)
    every = [each for outputs in found for each in outputs]
    shapes = tuple(" and ".join(str(list(x.shape)) for x in each) for each in examples)
    return Proof(
        shapes,
        max(each.off for each in every),
        tuple(copy.state_dict()),
        left_out,
        sum(each.decided for each in every),
    )


def module_for(source: Original, program: Program) -> nn.Module:
    """The module of a spec, for `prove`: one without weights if it is lent those of the source."""
    return unfilled(program, frees=True) if source.lends else instance(program, frees=True)


def _give_weights(copy: nn.Module, state: Mapping[str, Tensor], *, lent: bool) -> None:
    own = copy.state_dict()
    if lent:
        counters = {key: torch.zeros_like(each, device="cpu") for key, each in own.items()
                    if key not in state}  # fmt: skip
        fill(copy, {key: state[key].to(each.dtype) for key, each in own.items() if key in state}
             | counters)  # fmt: skip
        return
    for key, tensor in own.items():
        if key in state:
            tensor.copy_(state[key])


def _same_keys(own: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The keys that the copy lacks.

    A tensor that a module has under two keys needs one.
    """
    more = [key for key in other if key not in own and not key.endswith(BATCH_COUNTER)]
    if more:
        raise _wrong(f"it has a weight `{more[0]}`, which the source lacks")
    for key, tensor in other.items():
        if key in own and own[key].shape != tensor.shape:
            shapes = f"{list(tensor.shape)}, and {list(own[key].shape)} in the source"
            raise _wrong(f"its weight `{key}` is {shapes}")
    there = {own[key].data_ptr() for key in other if key in own}
    left = (key for key in own if key not in other)
    return tuple(key for key in left if own[key].data_ptr() not in there)


@contextmanager
def _moved(state: Mapping[str, Tensor]) -> Iterator[None]:
    """Inside, no tensor of a source has the same number everywhere."""
    generator = torch.Generator().manual_seed(0)
    kept: list[tuple[Tensor, Tensor]] = []
    for tensor in state.values():
        if tensor.is_floating_point() and tensor.numel() and _is_one_number(tensor):
            kept.append((tensor, tensor.clone()))
            by, more = (torch.rand(tensor.shape, generator=generator) for _ in range(2))
            tensor.mul_(1 + 0.2 * by).add_(0.1 * more)
    try:
        yield
    finally:
        for tensor, before in kept:
            tensor.copy_(before)


def _is_one_number(tensor: Tensor) -> bool:
    first = tensor[(0,) * tensor.dim()]
    row = tensor[0] if tensor.dim() else tensor  # of most tensors, it says it
    return bool((row == first).all()) and bool((tensor == first).all())


@final
class _Difference(Record):
    """The largest value of an output, and the largest difference as a share of that.

    That is of all numbers but those that rounding has `decided`.
    """

    which: str
    size: float
    off: float
    decided: int


def _refuse_zeros(found: Sequence[Sequence[_Difference]]) -> None:
    """Refuse outputs that are 0 for each of the inputs: they are equal whatever computes them."""
    for outputs in zip(*found, strict=True):
        if not any(each.size for each in outputs):
            raise NetlangError(
                NothingProved(span=None, reason=f"{outputs[0].which} is 0 everywhere")
            )


def _differences(
    source: Original, copy: nn.Module, example: Sequence[Tensor], runs: int
) -> list[_Difference]:
    """How much each output differs. Raises `NetlangError` if it is too much."""
    wanted = list(tensors_of(source.run(example)))
    where = " and ".join(str(list(x.shape)) for x in example)
    try:
        found = list(tensors_of(copy(*example)))
    except FAILURES as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise _wrong(f"for {where} it fails: {why}") from None
    if len(wanted) != len(found):
        raise _wrong(f"it has {len(found)} outputs, and the source {len(wanted)}")
    rounding = Rounding(copy, example, found, runs)
    outputs: list[_Difference] = []
    for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
        which = f"output {number}" if len(wanted) > 1 else "its output"
        if one.shape != other.shape:
            shapes = f"{list(other.shape)}, and {list(one.shape)} in the source"
            raise _wrong(f"for {where} {which} is {shapes}")
        numbers = one.float()
        low, high = torch.aminmax(numbers)
        size = max(-float(low), float(high))
        if not size < float("inf"):
            reason = f"for {where} {which} isn't finite"
            raise NetlangError(NothingProved(span=None, reason=reason))
        apart = numbers.sub(other.float()).abs_()
        off, decided = _off(rounding, number, f"for {where} {which}", apart, size or 1)
        outputs.append(_Difference(which, size, off, decided))
    return outputs


def _off(
    rounding: Rounding, number: int, which: str, apart: Tensor, size: float
) -> tuple[float, int]:
    """How far an output is off, and how many more of its numbers rounding has decided.

    Raises `NetlangError` if it is too far.
    """
    off = float(apart.max()) / size
    if off <= TOLERANCE:
        return off, 0
    places = ~(apart <= TOLERANCE * size)
    count, whole = int(places.sum()), places.numel()
    few = isfinite(off) and count * _FEW <= whole
    if few and rounding.explains(number, apart, TOLERANCE * size):
        return float(apart[~places].max()) / size, count
    reason = f"{which} is off by {off:.1g} of the largest value, in {count:,} of {whole:,} numbers"
    if not few or rounding.tried:
        raise _wrong(reason)
    advice = "it is too much work to find out whether rounding decides there; trust it: `--large`"
    raise NetlangError(NotProved(span=None, reason=reason, advice=advice))


def _wrong(reason: str) -> NetlangError:
    return NetlangError(NotProved(span=None, reason=reason))
