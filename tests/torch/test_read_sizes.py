"""Sizes that are read from other values, beside the same nets in plain torch and ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.onnx import export
from netlang.backends.torch import build, emit
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.program import Program
from tests.onnx.support import check_file, run
from tests.oracle import largest_difference
from tests.torch.programs import complaints

NETS = Path(__file__).parent / "nets" / "reading.net"
SIZES = ((16, 16), (33, 47), (61, 22))
State: TypeAlias = Mapping[str, Tensor]


def conv(state: State, name: str, x: Tensor, **options: int) -> Tensor:
    return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], **options)


def pyramid(state: State, image: Tensor) -> Sequence[Tensor]:
    c1 = conv(state, "c1", image, stride=2, padding=1)
    c2 = conv(state, "c2", c1, stride=2, padding=1)
    p3 = conv(state, "p3", conv(state, "c3", c2, stride=2, padding=1))
    lateral = conv(state, "p2.lateral", c2)
    p2 = lateral + F.interpolate(p3, size=lateral.shape[-2:])
    lateral = conv(state, "p1.lateral", c1)
    return lateral + F.interpolate(p2, size=lateral.shape[-2:]), p2, p3


def segmenter(state: State, image: Tensor) -> Sequence[Tensor]:
    x = conv(state, "c1", image, stride=2, padding=1).relu()
    x = conv(state, "classifier.0", x, stride=2, padding=1).relu()
    x = conv(state, "classifier.last.0", x)
    return (F.interpolate(x, size=image.shape[-2:], mode="bilinear"),)


def cropped(state: State, image: Tensor) -> Sequence[Tensor]:
    height, width = image.shape[-2:]
    x = F.max_pool2d(conv(state, "0", image, padding=50).relu(), 2)
    up = F.conv_transpose2d(x, state["up.weight"], state["up.bias"], stride=2)
    top, left = (up.shape[2] - height) // 2, (up.shape[3] - width) // 2
    middle = up[:, :, top : top + height, left : left + width]
    top = (up.shape[2] - 20) // 2
    strip = up[:, :, top : top + 20, left : left + width]
    corner = up[:, :, 19 : 19 + height, 19 : 19 + width]
    return image + corner + middle, strip, up[:, :, 1:-5, 1:-2]


def resizing(state: State, image: Tensor) -> Sequence[Tensor]:
    height, width = image.shape[-2:]
    x = conv(state, "0", image, stride=2, padding=1)
    high, wide = x.shape[-2:]
    x = F.interpolate(x, size=(2 * high, (wide + 1) // 2))
    x = F.interpolate(conv(state, "1.1", x), size=(3 * high - 1, high * wide))
    return (F.interpolate(x, size=((5 * height + width) // 3, height + 2 * width)),)


def shaped(state: State, image: Tensor) -> Sequence[Tensor]:
    a = conv(state, "a", image, stride=2, padding=1)
    return (a.reshape(len(a), 8, a.shape[3], a.shape[2]),)


def nested(state: State, image: Tensor) -> Sequence[Tensor]:
    height, width = image.shape[-2:]
    x = conv(state, "1.0", conv(state, "0", image, stride=2, padding=1))
    x = F.interpolate(conv(state, "1.1.0", x), size=(height, width))
    top, left = (height - height // 3) // 2, 2
    return (x[:, :, top : top + height // 3, left : left + width - 5],)


def signal(state: State, x: Tensor) -> Sequence[Tensor]:
    length = x.shape[2]
    y = F.conv1d(x, state["0.weight"], state["0.bias"], stride=2, padding=1).relu()
    y = F.interpolate(F.interpolate(y, size=length, mode="linear"), scale_factor=3)
    start = (3 * length - length) // 2
    return (y[:, :, 2 : 2 + length] + y[:, :, start : start + length],)


def two_levels(state: State, image: Tensor) -> Sequence[Tensor]:
    c1 = conv(state, "c1", image, stride=2, padding=1)
    c2 = conv(state, "c2", c1, stride=2, padding=1)
    x = conv(state, "c3", c2, stride=2, padding=1)
    for fine in (c2, c1):
        x = conv(state, "up.lateral", fine) + F.interpolate(x, size=fine.shape[-2:])
    return (x,)


PLAIN: dict[str, Callable[[State, Tensor], Sequence[Tensor]]] = {
    "pyramid": pyramid,
    "segmenter": segmenter,
    "cropped": cropped,
    "resizing": resizing,
    "shaped": shaped,
    "nested": nested,
    "signal": signal,
    "two_levels": two_levels,
}
CHANNELS = {"shaped": 4}
RANKS = {"signal": 1}


def program(name: str) -> Program:
    return load_program(f"{NETS}:{name}")


def images(name: str) -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [
        torch.randn(2, CHANNELS.get(name, 3), *size[: RANKS.get(name, 2)], generator=generator)
        for size in SIZES
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_values_at_several_sizes(name: str, tmp_path: Path) -> None:
    model = build(program(name)).eval()
    state = model.state_dict()
    (port,) = program(name).net.inputs
    path = tmp_path / "net.onnx"
    export(program(name), path, weights={key: value.numpy() for key, value in state.items()})
    check_file(path)
    for image in images(name):
        with torch.no_grad():
            expected = PLAIN[name](state, image)
            result = model(image)
        found = [result] if isinstance(result, Tensor) else list(result)
        assert [y.shape for y in found] == [y.shape for y in expected]
        assert max(map(largest_difference, found, expected)) <= 1e-6
        for ours, theirs in zip(run(path, {port.name: image.numpy()}), expected, strict=True):
            assert ours.shape == theirs.shape
            assert largest_difference(torch.from_numpy(ours), theirs) <= 1e-5


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pyramid", "return lateral + F.interpolate(coarse, size=fine.shape[-2:])"),
        ("segmenter", 'return F.interpolate(x, size=image.shape[-2:], mode="bilinear")'),
        ("cropped", "up[:, :, 19 : 19 + image.shape[2], 19 : 19 + image.shape[3]]"),
        ("cropped", "center_crop(up, *image.shape[-2:])"),
        ("cropped", "center_crop(up, 20, image.shape[3])"),
        ("cropped", "up[:, :, 1:-5, 1:-2]"),
        ("resizing", "size=(2 * x.shape[2], (x.shape[3] + 1) // 2)"),
        ("shaped", "x.reshape(-1, 8, x.shape[4], x.shape[3])"),
    ],
)
def test_text_is_as_users_write_it(name: str, line: str) -> None:
    text = emit(program(name))
    assert line in text
    assert complaints(text) == ""


def test_one_level_is_one_class() -> None:
    assert emit(program("pyramid")).count("F.interpolate(") == 1


def test_a_module_of_another_size_is_not_reused() -> None:
    with pytest.raises(NetlangError) as caught:
        emit(program("reused"))
    (found,) = caught.value.diagnostics
    assert found.code == "E0901"
    assert "the sizes of `shared` are others" in found.caption_text
