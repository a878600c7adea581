"""How much work a file's net may be: counted from shapes, beside PyTorch's count of its own."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import netlang
from netlang.analysis.facts import Facts
from netlang.backends.torch.importing.limits.operators import NUMBER, RULES, work_of
from netlang.backends.torch.importing.limits.room import Room
from netlang.backends.torch.importing.limits.work import program_work
from netlang.backends.torch.importing.operators import HANDLERS
from netlang.backends.torch.importing.programs.known import known_operator
from netlang.elaborate import elaborate_target, resolve_text

A: Any = torch.ops.aten
T = torch.Tensor


def _t(*shape: int) -> T:
    return torch.empty(shape, device="meta")


def _moved(*held: T) -> int:
    return NUMBER * sum(each.numel() for each in held)


PRODUCTS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "matmul": (A.matmul.default, (_t(5, 1, 7, 64), _t(3, 64, 80)), {}),
    "bmm": (A.bmm.default, (_t(5, 7, 64), _t(5, 64, 8)), {}),
    "linear": (A.linear.default, (_t(2, 7, 64), _t(80, 64)), {}),
    "addmm": (A.addmm.default, (_t(8), _t(7, 64), _t(64, 8)), {}),
    "baddbmm": (A.baddbmm.default, (_t(7, 8), _t(5, 7, 64), _t(5, 64, 8)), {"beta": 2}),
    "conv1d": (A.conv1d.default, (_t(2, 64, 50), _t(64, 64, 5)), {}),
    "conv2d": (A.conv2d.default, (_t(2, 64, 20, 30), _t(128, 64, 3, 5)), {"stride": [2, 1]}),
    "conv2d, padded": (
        A.conv2d.padding,
        (_t(2, 64, 9, 9), _t(64, 64, 3, 5), None, [1, 1], "same"),
        {},
    ),
    "conv3d": (A.conv3d.default, (_t(2, 128, 5, 6, 7), _t(128, 64, 3, 3, 3)), {"groups": 2}),
    "conv_transpose2d": (A.conv_transpose2d.input, (_t(2, 64, 9, 9), _t(64, 70, 4, 4)), {}),
    "einsum": (A.einsum.default, ("bhid,bhjd->bhij", [_t(2, 3, 8, 64), _t(2, 3, 9, 64)]), {}),
    "einsum of all axes": (
        A.einsum.default,
        ("...id,...jd->...ij", [_t(2, 8, 6), _t(2, 9, 6)]),
        {},
    ),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_counted_as_pytorch_does(name: str) -> None:
    target, args, options = PRODUCTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with FlopCounterMode(display=False) as counter:
            result = target(*args, **options)
    read = [each for arg in args for each in (arg if isinstance(arg, list) else [arg])]
    moved = _moved(*(each for each in read if isinstance(each, T)), result)
    assert work_of(target, args, options, result) == counter.get_total_flops() // 2 + moved


@pytest.mark.parametrize(("groups", "units"), [(1, 1), (2, 2), (4, 4), (64, 64)])
def test_convolutions_of_few_channels_count_more(groups: int, units: int) -> None:
    x, weight = _t(1, 64, 8, 8), _t(64, 64 // groups, 1, 1)
    options = {"groups": groups}
    result = A.conv2d.default(x, weight, **options)
    macs = 64 * 64 // groups * 64
    work = work_of(A.conv2d.default, (x, weight), options, result)
    assert work == units * macs + _moved(x, weight, result)


@pytest.mark.parametrize("kernel", [[3, 5], [4]])
def test_every_number_of_a_window_counts(kernel: list[int]) -> None:
    x = _t(2, 8, 20, 20)
    result = A.max_pool2d.default(x, kernel, [1])
    window = kernel[0] * kernel[-1]
    found = work_of(A.max_pool2d.default, (x, kernel, [1]), {}, result)
    assert found == NUMBER * window * result.numel() + _moved(x, result)


def test_every_step_of_a_recurrent_layer_multiplies_by_all_weights() -> None:
    with torch.device("meta"):
        layer = torch.nn.LSTM(6, 8, bias=False, batch_first=True)
    x, zeros = _t(5, 7, 6), _t(1, 5, 8)
    weights = [each.detach() for each in layer.parameters()]
    args = (x, [zeros, zeros], weights, False, 1, 0.0, False, False, True)
    results = A.lstm.input(*args)
    macs = 5 * 7 * (4 * 8 * 6 + 4 * 8 * 8)
    assert work_of(A.lstm.input, args, {}, results) == macs + _moved(
        x, zeros, zeros, *weights, *results
    )


# What reads each number of its inputs a few times at most.
LINEAR = frozenset((
    "__and__", "__or__", "_assert_tensor_metadata", "_unsafe_view", "_upsample_bicubic2d_aa",
    "_upsample_bilinear2d_aa",
    "adaptive_avg_pool1d", "col2im",
    "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d", "arange", "batch_norm",
    "cat", "channel_shuffle", "constant_pad_nd", "cumprod", "cumsum", "dropout", "embedding",
    "feature_dropout", "flip", "full", "full_like", "gather", "group_norm", "hardswish",
    "im2col", "index", "instance_norm", "layer_norm", "lift_fresh_copy", "linspace",
    "log_softmax", "max_unpool2d", "max_unpool3d", "meshgrid", "new_ones", "new_zeros", "ones",
    "ones_like", "pad", "pixel_shuffle", "pixel_unshuffle", "prelu", "repeat",
    "repeat_interleave", "rms_norm", "roll", "scalar_tensor", "softmax", "stack", "tile",
    "tril", "triu", "type_as", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d",
    "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_trilinear3d",
    "zeros", "zeros_like",
))  # fmt: skip


def test_somebody_has_said_how_much_work_each_operator_is() -> None:
    unsaid = set()
    for name in HANDLERS:
        space, _, rest = name.partition(".")
        packet = rest.partition(".")[0]
        target = known_operator(f"torch.ops.{name}") if space == "aten" else None
        if target is None:
            assert packet in RULES
            continue
        schema = getattr(target, "_schema", None)
        assert schema is not None
        views = any(each.alias_info for each in schema.returns)
        known = {torch.Tag.pointwise, torch.Tag.reduction} & {*target.tags}
        if not (views or known or packet in RULES or packet in LINEAR):
            unsaid.add(packet)
    assert not unsaid


def _program(text: str) -> Any:
    return elaborate_target(resolve_text(text, None))


def test_a_program_is_the_work_of_its_steps() -> None:
    text = """
block unit {
    conv(64, 3x3, pad=1, bias=false)
    relu
}

net a {
    input x: [64, H=8, W=8]
    repeat 3 { unit }
    conv(64, 3x3, pad=1, groups=64, bias=false)
}
"""
    map_ = 64 * 20 * 30
    wide = map_ * 64 * 9 + NUMBER * map_
    narrow = 64 * map_ * 9 + NUMBER * map_
    relu = NUMBER * 2 * map_
    sizes = {"N": 5, "H": 20, "W": 30}
    assert program_work(_program(text), sizes) == 5 * (3 * (wide + relu) + narrow)


def test_more_may_be_computed_for_a_larger_file() -> None:
    program = _program("net a {\n    input x: [64, 512, 512]\n    conv(64, 9x9, pad=4)\n}\n")
    runs = [{"N": 1}, {"N": 2}]
    assert not Room(1000).allows_runs(program, runs)
    assert Room(1 << 22).allows_runs(program, runs)
    assert Room(1000, large=True).allows_runs(program, runs)
    assert not Room(1 << 22).allows_runs(program, runs * 100)


NETS = (
    "cyclegan:cyclegan_generator", "deeplabv3:deeplabv3_resnet101", "edsr:edsr_baseline_x4",
    "efficientdet:efficientdet_d0", "efficientnet:efficientnet_b7", "espcn:espcn",
    "faster_rcnn:fasterrcnn_resnet50_fpn", "regnet:regnet_y_128gf", "stylegan2:stylegan2",
    "unet_3d:unet_3d", "vgg:vgg19", "vit:vit_h_14", "wavenet:wavenet", "yolo_v5:yolo_v5n",
)  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_nets_that_people_have_may_be_computed(name: str) -> None:
    """As a file of their weights alone, for the fewest examples that an import compares."""
    program = netlang.load(name).program
    room = Room(4 * Facts(program).params)
    assert room.allows_runs(program, [{**program.defaults, "N": batch} for batch in (1, 2)])
