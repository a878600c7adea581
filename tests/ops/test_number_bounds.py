"""Numbers that an operator cannot compute with are refused: PyTorch refuses them too, or gives NaN.

The other side as well: what PyTorch computes with is accepted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn

from netlang.ir.arguments import Mismatch, signature
from netlang.ops import all_operators, operator

# Constant channels: a summand that isn't there shows where the variance is 0.
X = torch.cat((torch.ones(2, 2, 5, 5), torch.arange(100.0).reshape(2, 2, 5, 5)), dim=1)

Run = Callable[[float], torch.Tensor]


def _normal(std: float) -> torch.Tensor:
    return nn.init.normal_(torch.empty(3), 0.0, std)


RUNS: dict[tuple[str, str], Run] = {
    ("batch_norm", "eps"): lambda v: nn.BatchNorm2d(4, eps=v)(X),
    ("layer_norm", "eps"): lambda v: nn.LayerNorm(5, eps=v)(X),
    ("group_norm", "eps"): lambda v: nn.GroupNorm(4, 4, eps=v)(X),
    ("instance_norm", "eps"): lambda v: nn.InstanceNorm2d(4, eps=v)(X),
    ("local_response_norm", "k"): lambda v: nn.LocalResponseNorm(3, k=v)(X),
    ("local_response_norm", "alpha"): lambda v: nn.LocalResponseNorm(3, alpha=v)(X),
    ("parameter", "std"): _normal,
    ("dropout", "p"): lambda v: nn.Dropout(v)(X),
}


def _makes_sense(run: Run, value: float) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(run(value).isfinite().all())
    except (ValueError, RuntimeError):
        return False


def _accepts(name: str, field: str, value: float) -> bool:
    found = operator(name)
    assert found is not None
    kind = next(item.kind for item in signature(found) if item.name == field)
    try:
        kind.convert(value)
    except Mismatch:
        return False
    return True


@pytest.mark.parametrize(("name", "field"), RUNS)
def test_what_torch_cannot_compute_with_is_refused(name: str, field: str) -> None:
    assert not _makes_sense(RUNS[name, field], -2.0)
    assert not _accepts(name, field, -2.0)


@pytest.mark.parametrize(("name", "field"), RUNS)
def test_what_torch_computes_with_is_accepted(name: str, field: str) -> None:
    assert _makes_sense(RUNS[name, field], 0.5)
    assert _accepts(name, field, 0.5)


def test_batch_norm_trains_with_no_eps_of_0() -> None:
    """The module would fail at the first step of training; a frozen one has no training."""
    with pytest.raises(ValueError, match="must be positive during training"):
        nn.BatchNorm2d(4, eps=0.0)(X)
    assert not _accepts("batch_norm", "eps", 0.0)
    assert _accepts("frozen_batch_norm", "eps", 0.0)


def test_no_norm_takes_a_number_of_channels_as_its_eps() -> None:
    """`nn.BatchNorm2d(64)` has channels where `batch_norm(64)` has eps: refused, not believed."""
    norms = [op.name for op in all_operators() if op.name.endswith("_norm")]
    norms = [name for name in norms if name != "local_response_norm"]
    assert len(norms) >= 6
    for name in norms:
        assert not _accepts(name, "eps", 64)
        assert not _accepts(name, "eps", 1)
        assert _accepts(name, "eps", 0.1)


def test_softplus_divides_by_beta() -> None:
    for beta in (-1.0, 0.0, 2.0):
        assert _accepts("softplus", "beta", beta) == _makes_sense(
            lambda v: nn.Softplus(beta=v)(-X), beta
        )


def test_no_operator_takes_a_negative_eps() -> None:
    fields = [(op.name, "eps") for op in all_operators() for a in signature(op) if a.name == "eps"]
    assert len(fields) >= 8
    assert not [each for each in fields if _accepts(*each, -1e-5)]


def test_slopes_may_be_negative() -> None:
    """PyTorch takes them, and they give numbers."""
    assert _makes_sense(lambda v: nn.LeakyReLU(v)(X), -0.2)
    assert _accepts("leaky_relu", "negative_slope", -0.2)
    assert _accepts("elu", "alpha", -1.0)
    assert _accepts("local_response_norm", "beta", -1.0)
