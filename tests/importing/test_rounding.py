"""Numbers that rounding has decided are told from those that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, max_unpool2d

import netlang
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.original import ModuleOriginal
from netlang.backends.torch.importing.proof.prove import Proof, prove
from netlang.backends.torch.importing.proof.rounding import MOST_RUNS
from tests.importing.modules import Measured
from tests.onnx.importing.support import imported

# Two numbers of a window; what is added to both makes them equal, so that the first one is picked.
NEAR = 1.0, 1.0 + 2.0**-22
ADDED = 8.0


class _PutBack(nn.Module):
    """Maxima that are put back, with one number added `before` they are found or behind."""

    def __init__(self, *, before: bool, spoil: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        super().__init__()
        self.before, self.spoil = before, spoil
        self.added = nn.Parameter(torch.tensor([ADDED, 0.0]))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.added[0] if self.before else x
        maxima, places = max_pool2d(x, 2, return_indices=True)
        maxima = maxima if self.before else maxima + self.added[0]
        return self.spoil(max_unpool2d(maxima, places, [2, 2]))


def _example(near: int = 1) -> Tensor:
    """An image with so many windows of two nearly equal maxima."""
    x = torch.rand((2, 1, 40, 40), generator=torch.Generator().manual_seed(0)) - 1
    first, second = (x[0, 0, 0, start : start + 2 * near : 2] for start in (0, 1))
    first.fill_(NEAR[0])
    second.fill_(NEAR[1])
    return x


def _proved(copy: nn.Module, example: Tensor, runs: int = MOST_RUNS) -> Proof:
    return prove(ModuleOriginal(_PutBack(before=False)), copy, [(example,)], runs)


def test_maxima_that_rounding_puts_elsewhere() -> None:
    source, copy, example = _PutBack(before=False), _PutBack(before=True), _example()
    with torch.no_grad():
        apart = (source(example) - copy(example)).abs()
    assert (apart > 1).sum() == 2
    proof = _proved(copy, example)
    assert (proof.decided, proof.largest) == (2, float(apart[apart < 1].max() / (ADDED + NEAR[1])))
    assert torch.equal(copy.added, torch.tensor([ADDED, 0.0]))


def _of_last(x: Tensor) -> Tensor:
    """The last number is another one."""
    y = x.clone()
    y[-1, -1, -1, -1] += 1
    return y


def _of_near(x: Tensor) -> Tensor:
    """What rounding has decided is wrong besides."""
    y = x.clone()
    y[:, :, 0, :2] = 2.5 * y[:, :, 0, :2] + 3
    return y


def _moved(x: Tensor) -> Tensor:
    """The maxima of some windows are put beside their places."""
    y = x.clone()
    y[:, :, 2:4, 2:6] = y[:, :, 2:4, 2:6].roll(1, -1)
    return y


@pytest.mark.parametrize("spoil", [_of_last, _of_near, _moved])
def test_a_fault_beside_what_rounding_decides(spoil: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(netlang.NetlangError, match=r"E0984.*numbers(.|\n)*please report"):
        _proved(_PutBack(before=True, spoil=spoil), _example())


def test_a_net_that_rounding_decides_is_not_proved() -> None:
    with pytest.raises(netlang.NetlangError, match=r"in 40 of 3,200 numbers(.|\n)*please report"):
        _proved(_PutBack(before=True), _example(near=20))


def test_shapes_and_failures_explain_nothing() -> None:
    """A module that fails for numbers in the neighbourhood is no reason for a traceback."""
    whole = _example()

    def fussy(x: Tensor) -> Tensor:
        if not torch.equal(x, whole):
            raise ValueError("other numbers")
        found: Tensor = _PutBack(before=True)(x)
        return found

    with pytest.raises(netlang.NetlangError, match="please report"):
        prove(ModuleOriginal(_PutBack(before=False)), Measured(fussy), [(whole,)])


def test_who_trusts_a_file_has_it_found_out() -> None:
    with pytest.raises(netlang.NetlangError, match=r"E0984(.|\n)*too much work(.|\n)*`--large`"):
        _proved(_PutBack(before=True), _example(), runs=0)


def test_runs_for_which_a_file_has_room() -> None:
    """A comparison is one run of the file and one of the spec, which alone is run again."""
    room = Room(1000)
    assert room.runs_besides(room.work, 12) == room.runs_besides(2 * room.work, 12) == 0
    assert room.runs_besides(room.work // 2, 12) == 2
    assert room.runs_besides(1000, 12) == 12
    assert Room(1000, large=True).runs_besides(2 * room.work, 12) == 12


# The larger one of two sums: of the same numbers in another order for the last 5 of 576, so that
# rounding alone says which one that is, and of others elsewhere.
TWICE = """\
net twice {
    input x: [64, 24, 24]
    first: { conv: conv(1, 3x3, pad=1, bias=false) -> reshape([1, 576, 1]) }
    x -> other: { conv: conv(1, 3x3, pad=1, bias=false) -> reshape([1, 576, 1]) }
    x -> again: { roll(32, 0) -> conv: conv(1, 3x3, pad=1, bias=false) -> reshape([1, 576, 1]) }
    second: concat(1) { other -> slice(0, 571, axis=1); again -> slice(571, 576, axis=1) }
    (first, second) -> concat(axis=2)
    pool: maxpool(1x2, return_indices=true)
    (pool.output, pool.indices) -> max_unpool(1x2)
}
"""


def test_a_file_whose_runtime_rounds_otherwise(tmp_path: Path) -> None:
    net = netlang.loads(TWICE)
    module = net.torch(seed=0).eval()
    state = module.state_dict()
    state["again.conv.weight"].copy_(state["first.conv.weight"].roll(32, 1))
    net.onnx(tmp_path / "net.onnx", module, spec=False)
    found = imported(tmp_path / "net.onnx")
    assert "numbers differ by more" in found.notes[-1]
    x = torch.randn((2, 64, 24, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        again = netlang.loads(found.text).torch(found.weights).eval()
        assert torch.equal(again(x), module(x))
