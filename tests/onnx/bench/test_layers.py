"""The time of each step: no work is lost or counted twice, whatever the runtime fuses."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from netlang.analysis.summary import summarize
from netlang.backends.onnx.backend import BACKEND
from netlang.backends.onnx.bench import layers
from netlang.backends.onnx.bench.layers import steps_of
from netlang.backends.onnx.bench.roofline import draw_roofline
from netlang.build import BuildOptions, OnnxOptions
from netlang.elaborate import load_program
from netlang.passes.flat import flattened
from netlang.targets.timing import BenchOptions, Contestant, LayerTime, LayerTimes, Setting

SMALL = """\
net small {
    input image: [2, 8, 8]
    a: conv(4, 3x3, pad=1) -> b: relu -> c: conv(4, 1x1)
    (b, c) -> d: add -> flatten -> e: linear(3)
}
"""


def event(name: str, microseconds: int, kind: str = "Conv") -> dict[str, Any]:
    return {
        "cat": "Node", "name": f"{name}_kernel_time", "dur": microseconds,
        "args": {"op_name": kind},
    }  # fmt: skip


def test_a_profile(tmp_path: Path) -> None:
    """Fused steps count where they went; the first run and other events don't."""
    (tmp_path / "small.net").write_text(SMALL, encoding="utf-8")
    program = flattened(load_program(str(tmp_path / "small.net"))).program
    one = [
        event("b_nchwc", 100), event("d/fused", 50), event("ReorderOutput", 5, "ReorderOutput"),
        event("e.product", 10, "MatMul"), event("e", 1, "Add"),
    ]  # fmt: skip
    cold = [{**each, "dur": 9999} for each in one]
    load = {"cat": "Session", "name": "model_loading_uri", "dur": 5, "args": {}}
    steps = steps_of(program, {"N": 2}, [load, *cold, *one, *one, *one])
    found = {step.step: step for step in steps}
    assert list(found) == ["b", "d", "e", "ReorderOutput"]
    assert [round(1e6 * step.seconds) for step in steps] == [100, 50, 11, 5]
    assert [step.fused for step in steps] == [1, 1, 1, 0]
    assert found["e"].kernels == ("MatMul", "Add")
    # 2 examples; 64 places of 4 channels, each of 2 * 9 and of 4 inputs; 256 inputs of 3 outputs
    assert [step.macs for step in steps] == [2 * 64 * 4 * 18, 2 * 64 * 4 * 4, 2 * 256 * 3, 0]
    # floats of inputs, weights and results: the relu's is read again, the first convolution's not
    image, maps = 2 * 2 * 64, 2 * 4 * 64
    expected = [image + (4 * 18 + 4) + maps, maps + (4 * 4 + 4) + maps, maps + (256 * 3 + 3) + 6]
    assert [step.traffic for step in steps] == [*(4 * number for number in expected), 0]


# Another net shows nothing more of steps that nothing is folded into.
NETS = ["resnet18", "mobilenet_v3_small", "vit(16, 2, 2, 64, 128)"]
LARGE = ["vit_b_16", "googlenet", "densenet121"]


@pytest.mark.parametrize(
    ("name", "fold"),
    [
        *((name, True) for name in NETS),
        ("resnet18", False),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in product(LARGE, (True, False))),
    ],
)
def test_all_work_is_in_some_step(name: str, fold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The MACs of the steps are those of the net's summary."""
    monkeypatch.setattr(layers, "_RUNS", 3)
    monkeypatch.setattr(layers, "peak", lambda threads: 1e11)
    monkeypatch.setattr(layers, "bandwidth", lambda: 1e10)
    program = load_program(name)
    sizes = {size.name: 224 if "vit" in name else 64 for size in program.sizes}
    contestant = Contestant(name=name, program=program, sizes=sizes)
    options = BenchOptions(BuildOptions(onnx=OnnxOptions(fold=fold)), 0.0, lambda line: None)
    times = BACKEND.time_layers(program, contestant, Setting(threads=1), options)
    assert sum(step.macs for step in times.steps) == summarize(program, sizes, 1).macs
    assert all(step.seconds > 0.0 for step in times.steps)
    named = sum(step.seconds for step in times.steps if step.traffic)
    assert named > 0.5 * sum(step.seconds for step in times.steps)


def test_the_picture(tmp_path: Path) -> None:
    """Equal figures give equal bytes, and names are text."""
    steps = (
        LayerTime("a<b>&$x$", ("Conv",), 0.001, 1, 10**8, 10**6),
        LayerTime("plain", ("Gemm",), 0.002, 0, 10**6, 10**6),
        LayerTime("ReorderOutput", ("ReorderOutput",), 0.001),
    )
    times = LayerTimes("net", Setting(), "image [1, 3]", steps, 1e11, 1e10)
    for name in ("one.svg", "two.svg"):
        draw_roofline(tmp_path / name, times)
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert "a&lt;b&gt;&amp;$x$" in text
    assert "plain" in text
    assert "ReorderOutput" not in text
    assert "100 billion MACs a second" in text
