"""Nets in float64, float16 and bfloat16: the emitted module computes what torch's own does."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.lowering import UNSUPPORTED
from netlang.elaborate import load_program
from netlang.ir.op import Case
from netlang.ir.types import DType
from netlang.ops import all_operators
from tests.campaigns.precision import torch_lacks
from tests.campaigns.walk import alone
from tests.element_types import OTHER_FLOATS, cases_in, torch_type
from tests.ops.torch_modules import build as torch_module
from tests.ops.torch_modules import samples
from tests.torch.programs import one_step
from tests.torch.test_operators import outputs

CASES = [
    pytest.param(case, floats, id=f"{op.name}-{index}-{floats.value}")
    for op in all_operators()
    if op not in UNSUPPORTED
    for floats in OTHER_FLOATS
    for index, case in enumerate(cases_in(op.cases(), floats))
]


def oracle(case: Case, kind: torch.dtype) -> nn.Module:
    """torch's own module, made with weights of `kind`."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        return torch_module(case.op, case.inputs).eval()
    finally:
        torch.set_default_dtype(before)


def theirs_of(
    expected: nn.Module, values: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> list[torch.Tensor]:
    """What torch's module gives, vectors of length 0 staying 0 where its 1e-12 rounds to 0."""
    kind = next((x.dtype for x in values if x.is_floating_point()), torch.float32)
    eps = max(1e-12, torch.finfo(kind).tiny)
    with monkeypatch.context() as patch:
        patch.setattr(nn.functional, "normalize", partial(nn.functional.normalize, eps=eps))
        return outputs(expected(*values))


@pytest.mark.parametrize(("case", "floats"), CASES)
def test_emitted_operator_is_torchs(
    case: Case, floats: DType, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, kind = one_step(case.op, case.inputs, "step"), torch_type(floats)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        # nn.RNN warns of dropout in a single layer, torch of an even kernel that copies.
        warnings.simplefilter("ignore")
        found, expected = build(program).eval(), oracle(case, kind)
        theirs = expected.state_dict()
        for value in theirs.values():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape) + 0.5)
        keys = list(found.state_dict())
        found.load_state_dict(dict(zip(keys, theirs.values(), strict=True)))
        values = [x.to(kind) if x.is_floating_point() else x for x in samples(case, 2)]
        with torch.no_grad():
            if torch_lacks(alone(case.op, case.inputs), floats):
                for module in (found, expected):
                    with pytest.raises(NotImplementedError, match="avg_pool3d_out_frame"):
                        module(*values)
                return
            one = outputs(found(*(value.clone() for value in values)))
            two = theirs_of(expected, values, monkeypatch)
    types = program.net.nodes[0].types
    assert [y.dtype for y in one] == [torch_type(type_.dtype) for type_ in types]
    assert all(
        value.dtype is kind for value in found.state_dict().values() if value.is_floating_point()
    )
    for mine, other in zip(one, two, strict=True):
        if other.is_floating_point():
            scale = max(1.0, other.abs().max().item()) if other.numel() else 1.0
            near = 20 * torch.finfo(kind).eps
            torch.testing.assert_close(mine, other, rtol=near, atol=near * scale)
        else:
            assert torch.equal(mine, other)


NET = """
net a {{
    input tokens: int64[5]
    input image: {floats}[3, 8, 8]
    tokens -> embedding(10, 4) -> flatten -> words: linear(6)
    image -> conv(4, 3x3) -> batch_norm -> relu -> gap -> flatten -> sight: linear(6)
    bias: parameter([6])
    (words, sight, bias) -> add
}}
"""


@pytest.mark.parametrize("floats", OTHER_FLOATS, ids=lambda floats: floats.value)
def test_what_reads_no_floats_computes_in_those_of_the_net(floats: DType, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(NET.format(floats=floats.value), encoding="utf-8")
    program = load_program(str(path))
    module, kind = build(program).eval(), torch_type(floats)
    tokens = torch.randint(0, 10, (2, 5))
    with torch.no_grad():
        y = module(tokens, torch.randn(2, 3, 8, 8).to(kind))
    assert y.dtype is kind
    assert program.floats is floats
