"""The Fréchet distance between real and generated images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.linalg import sqrtm

from netlang.backends.torch import build
from netlang.backends.torch.compare.distance import _require_numbers
from netlang.backends.torch.data.drawn import drawn_inputs
from netlang.backends.torch.data.sets import Tensors
from netlang.backends.torch.runtime.frechet import frechet_distance
from netlang.diagnostics.errors import NetlangError
from netlang.targets.options import FeatureDistance
from tests.support import answered
from tests.train.support import parts_of
from tests.train.test_turns import BCE, NET, game

JUDGE = """
net judges(width=6) {
    input image: [1, 8, 8]
    flatten -> linear(width) -> tanh
    output features: identity
    output logits: linear(10)
}
"""


def by_scipy(first: np.ndarray, second: np.ndarray) -> float:
    m, n = first.mean(0), second.mean(0)
    c, d = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    return float(np.square(m - n).sum() + np.trace(c + d - 2 * np.real(sqrtm(c @ d))))


@pytest.mark.parametrize("features", [2, 7])
def test_the_distance_is_that_of_scipy(features: int) -> None:
    generator = np.random.default_rng(features)
    first = generator.normal(size=(60, features)) @ generator.normal(size=(features, features))
    second = generator.normal(0.5, 2.0, (50, features))
    assert frechet_distance(first, second) == pytest.approx(by_scipy(first, second), rel=1e-9)
    assert frechet_distance(first, first) == pytest.approx(0.0, abs=1e-9)


def test_of_normal_numbers_it_is_the_formula() -> None:
    """In one dimension it is (m - n)^2 + (s - t)^2."""
    x = np.random.default_rng(0).normal(size=(1000, 1))
    assert frechet_distance(x, 3.0 * x + 2.0) == pytest.approx(
        float((2 + 2 * x.mean()) ** 2 + (2 * x.std(ddof=1)) ** 2)
    )


def test_of_features_it_is_the_singular_case() -> None:
    """More features than examples: the covariances have no inverse."""
    x = np.random.default_rng(0).normal(size=(4, 9))
    assert frechet_distance(x, x + 1.0) == pytest.approx(9.0)


def test_eval_measures_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a recipe with steps too, and of the features that hand-made code computes."""
    monkeypatch.chdir(tmp_path)
    recipe, program = game(*BCE)
    text = f"""{NET}
train game {{
    model: game(norm=true)
    data:  digits
    draw {{ z: normal; mix: uniform(0, 1) }}
    step critic {{ train: ["critic"]; {BCE[0]} }}
    step generator {{ train: ["generator"]; {BCE[1]} }}
    batch: 200
    steps: 10
}}
"""
    Path("game.net").write_text(text, encoding="utf-8")
    Path("judge.net").write_text(JUDGE, encoding="utf-8")
    import netlang

    torch.manual_seed(0)
    net, judge = build(program).eval(), netlang.load("judge.net").torch(seed=0).eval()
    save_file(net.state_dict(), "game.safetensors")
    save_file(judge.state_dict(), "judge.safetensors")
    asked = ("--judge", "judge.net", "--judge-weights", "judge.safetensors", "--features")
    line = ("eval", "game.net:game", "--weights", "game.safetensors", "--device", "cpu")
    status, said, err = answered(capsys, *line, "--distance", "fake", *asked, "features")
    assert status == 0, err

    part = parts_of(recipe).test
    assert isinstance(part, Tensors)
    x = part.inputs[0]
    x = x.float() / 255 if x.dtype is torch.uint8 else x
    drawn = drawn_inputs(recipe, program)
    assert drawn is not None
    with torch.no_grad():
        z, mix = drawn.of(np.arange(len(x)), 0, "test draw", torch.device("cpu"))
        fake = net(x, z, mix)[0]
        first, second = (judge(each)[0].double().numpy() for each in (x, fake))
    assert float(said.split(": ")[-1]) == pytest.approx(by_scipy(first, second), rel=1e-4)

    for output, features, why in (
        ("image", "features", "no output `image`"),
        ("fake", "nothing", "no output `nothing`"),
        ("real_score", "features", "is [1], and"),
    ):
        status, _, err = answered(capsys, *line, "--distance", output, *asked, features)
        assert (status, "E0834" in err) == (1, True)
        assert why in err
    assert answered(capsys, *line, "--distance", "fake").status == 2
    broken = {k: v * torch.nan if v.is_floating_point() else v for k, v in net.state_dict().items()}
    save_file(broken, "game.safetensors")
    status, _, err = answered(capsys, *line, "--distance", "fake", *asked, "features")
    assert (status, "E0834" in err) == (1, True)


@pytest.mark.parametrize(
    ("real", "made", "why"),
    [
        (np.zeros((1, 2)), np.zeros((1, 2)), "one image"),
        (np.full((3, 2), np.inf), np.zeros((3, 2)), "images of the data"),
        (np.zeros((3, 2)), np.full((3, 2), np.nan), "`fake`"),
    ],
)
def test_what_has_no_distance_is_refused(real: np.ndarray, made: np.ndarray, why: str) -> None:
    _, judge = game(*BCE)
    wanted = FeatureDistance("fake", judge, Path("judge.safetensors"), "features")
    with pytest.raises(NetlangError) as caught:
        _require_numbers(real, made, wanted)
    assert why in caught.value.diagnostics[0].message
