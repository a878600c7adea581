"""A guarded module refuses exactly the sizes that the compiler refuses, and says why."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch

import netlang
from netlang.analysis.constraints import solve
from netlang.backends.torch import build, emit
from netlang.elaborate import load_program
from tests.campaigns.subject import Spec, load
from tests.torch.programs import complaints

HERE = Path(__file__).parent
CASES = sorted((HERE / "sizes").glob("*.net"))
REFUSED = HERE.parent / "analysis" / "conditions" / "refused_when_run.net"
SIZES = (1, 2, 5, 7, 8, 12, 16, 31, 32, 33, 64)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_refused_is_what_the_compiler_refuses(path: Path) -> None:
    program = load_program(str(path))
    guarded, plain = (build(program, guard=guard).to("meta") for guard in (True, False))
    solution = solve(program)
    channels = program.net.inputs[0].type.channels
    assert isinstance(channels, int)
    for height, width in product(SIZES, repeat=2):
        image = torch.empty(2, channels, height, width)
        if solution.check({"N": 2, "H": height, "W": width}):
            with pytest.raises(ValueError, match="must be"):
                guarded(image.to("meta"))
        else:
            assert guarded(image.to("meta")).shape == plain(image.to("meta")).shape


def test_the_message_is_the_condition() -> None:
    net = netlang.load(REFUSED)
    assert net.torch()(torch.zeros(1, 2, 5, 4)).shape == (1, 2, 5, 4)
    guarded = net.torch(guard=True, seed=1)
    assert torch.equal(guarded(torch.ones(1, 2, 6, 8)), net.torch(seed=1)(torch.ones(1, 2, 6, 8)))
    with pytest.raises(ValueError, match=r"H=5, W=4: H must be even; W must be at least 8"):
        guarded(torch.zeros(1, 2, 5, 4))
    with pytest.raises(ValueError, match=r"\(1, 3, 6, 8\): `x` must be of shape \[N, 2, H, W\]"):
        guarded(torch.zeros(1, 3, 6, 8))
    with pytest.raises(ValueError, match=r"\(2, 6, 8\): `x` must be of shape \[N, 2, H, W\]"):
        guarded(torch.zeros(2, 6, 8))


def test_inputs_agree() -> None:
    text = """net two {
    input left: [3, H=16, W=16]
    input right: [3, W, H]
    right -> turned: transpose([0, 2, 1])
    (left, turned) -> add -> crop([8, 8])
}
"""
    guarded = build(load(Spec(text, {}, "two")), guard=True)
    guarded(torch.zeros(1, 3, 8, 9), torch.zeros(1, 3, 9, 8))
    with pytest.raises(ValueError, match="`right` must be of shape"):
        guarded(torch.zeros(1, 3, 8, 9), torch.zeros(1, 3, 9, 9))
    with pytest.raises(ValueError, match="H and W must be at least 8"):
        guarded(torch.zeros(1, 3, 8, 7), torch.zeros(1, 3, 7, 8))


def test_a_size_has_the_name_of_a_variable_of_the_guard() -> None:
    text = """net taken {
    input check_sizes: [3, works=16, W=16]
    crop([4, 4])
}
"""
    guarded = build(load(Spec(text, {}, "taken")), guard=True)
    assert guarded(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 4, 4)
    with pytest.raises(ValueError, match="works2=3, W=16: W and works must be at least 4"):
        guarded(torch.zeros(1, 3, 3, 16))


@pytest.mark.parametrize(
    "spec",
    ["unet", "resnet18", "lstm_classifier", "lenet5", "vae", "nets/hostile.net:torch", *CASES],
    ids=str,
)
def test_guarded_text_is_as_ruff_writes_it(spec: str | Path) -> None:
    program = load_program(str(HERE / spec) if "net:" in str(spec) else str(spec))
    text = emit(program, guard=True)
    assert complaints(text) == ""
    assert text.count("check_sizes") == 2
    assert "check_sizes" not in emit(program)
