"""What operators refuse, with which error, and that its texts can be filled."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from netlang.diagnostics.diagnostic import Diagnostic
from netlang.diagnostics.language import branches, shapes
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.dims import Dim, symbol
from netlang.ir.numbers.provenance import (
    BinaryOrigin,
    InputOrigin,
    ParameterOrigin,
    Traced,
    origin_of,
)
from netlang.ir.op import Op, Rejection
from netlang.ir.types import DType, TensorType
from netlang.ops import operator, operator_names
from netlang.records import names_of, replace

H, W, C = symbol("H"), symbol("W"), symbol("C")
FLOAT = DType.FLOAT32


def image(*shape: Dim) -> TensorType:
    return TensorType(shape)


def learned(*shape: Dim) -> TensorType:
    return TensorType(shape, batch=None)


def words(*shape: Dim) -> TensorType:
    return TensorType(shape, dtype=DType.INT64)


def make(name: str, **fields: object) -> Op:
    kind: Callable[..., Op] | None = operator(name)
    assert kind is not None
    return kind(**fields)


REFUSED: list[tuple[str, Op, tuple[TensorType, ...], str]] = [
    ("E0401", make("conv", out=4, kernel=3), (image(7),), "[C, H, W]"),
    ("E0401", make("gru", hidden=4), (image(7),), "[L, F]"),
    ("E0401", make("switchable_norm"), (image(7),), "[C, L]"),
    ("E0414", make("drop_connect", out=2), (learned(7),), "batch axis"),
    ("E0401", make("batch_norm"), (image(1, 2, 3, 4, 5),), "[1, 2, 3, 4, 5]"),
    ("E0402", make("conv", out=4, kernel=3, groups=3), (image(4, 9, 9),), "4 is not a multiple"),
    ("E0402", make("conv", out=4, kernel=3, groups=3), (image(6, 9, 9),), "`out` of `conv`"),
    ("E0402", make("pixel_shuffle", factor=2), (image(6, 9, 9),), "6 is not a multiple of 4"),
    ("E0402", make("maxout", pieces=4), (image(6, 9, 9),), "`pieces`"),
    ("E0402", make("multi_head_attention", heads=4), (image(7, 6),), "`heads`"),
    ("E0403", make("conv", out=4, kernel=7), (image(3, 9, 5),), "along the width"),
    ("E0403", make("maxpool", kernel=2, dilation=9), (image(3, 9, 5),), "covers 10"),
    ("E0403", make("avgpool", kernel=2, pad=1), (image(3, 1, 4, 4),), "along the depth"),
    ("E0404", make("conv", out=4, kernel=(3, 3)), (image(3, 9),), "`kernel` is 3x3"),
    ("E0404", make("crop", size=(3,)), (image(3, 9, 9),), "2 spatial axes"),
    (
        "E0404",
        make("max_unpool", kernel=2, size=(3,)),
        (image(3, 9, 9), words(3, 9, 9)),
        "2 spatial",
    ),
    ("E0409", make("max_unpool", kernel=2), (image(3, 9, 9), image(3, 9, 9)), "return_indices"),
    ("E0412", make("max_unpool", kernel=2), (image(3, 9, 9), words(3, 9, 8)), "[3, 9, 8]"),
    (
        "E0416",
        make("max_unpool", kernel=2, size=(18, 20)),
        (image(3, 9, 9), words(3, 9, 9)),
        "less than 2 away from 18",
    ),
    ("E0411", make("max_unpool", kernel=2, pad=1), (image(3, 9, 1), words(3, 9, 1)), "width"),
    ("E0416", make("split", size=(1, 3)), (image(5, 9),), "axis 0 has 5"),
    ("E0416", make("split", size=1), (image(257, 9),), "makes 257"),
    ("E0405", make("split", size=2, axis=1), (image(5, H),), "axis 1"),
    ("E0401", make("roi_pool", out=7), (image(5, 9, 9), image(4, 5)), "[4, 5]"),
    ("E0401", make("roi_align", out=7), (image(5, 9), image(4, 4)), "[C, H, W]"),
    (
        "E0405",
        make("linear", out=4),
        (
            image(
                H,
            ),
        ),
        "`gap`",
    ),
    ("E0405", make("conv", out=4, kernel=1), (image(C, H, W),), "the input channels"),
    ("E0405", make("layer_norm"), (image(3, H),), "axis 1"),
    ("E0405", make("parameter", shape=(H, 1)), (), "learned tensor"),
    (
        "E0406",
        make("reshape", shape=(5, 5)),
        (
            image(
                24,
            ),
        ),
        "25 elements",
    ),
    ("E0407", make("concat"), (image(3, 8, 8), image(5, 8, 7)), "differ in axis 2"),
    ("E0409", make("relu"), (words(3),), "int64"),
    ("E0409", make("embedding", words=3, size=2), (image(3),), "int64[128]"),
    ("E0409", make("add"), (image(3), TensorType((3,), dtype=DType.FLOAT16)), "float16"),
    ("E0420", make("maxpool", kernel=2, pad=1, dilation=4), (image(3, 8, 3),), "width, which is 3"),
    ("E0410", make("maxpool", kernel=2, pad=2), (image(3, 8, 8),), "at most 1"),
    ("E0410", make("maxpool", kernel=3, dilation=2, pad=2), (image(3, 8, 8),), "at most 1"),
    ("E0410", make("conv", out=2, kernel=3, pad=9, pad_mode="reflect"), (image(3, 8, 8),), "7"),
    ("E0410", make("pad", before=0, after=9, mode="circular"), (image(3, 8, 8),), "8"),
    ("E0411", make("conv_transpose", out=2, kernel=1, pad=4), (image(3, 8, 8),), "as 0"),
    ("E0411", make("slice", start=3, stop=3), (image(5, 8),), "as 0"),
    ("E0412", make("add"), (image(256, 56, 56), image(64, 56, 56)), "`conv(256, 1x1)`"),
    ("E0412", make("add"), (image(8, 28, 28), image(4, 55, 56)), "2: `conv(8, 1x1, stride=2)`"),
    ("E0412", make("add"), (image(8, 32), image(8, 8)), "branch 1: `conv(8, 1, stride=4)`"),
    ("E0412", make("add"), (image(8, 6, H), image(4, 6, H)), "branch 2: `conv(8, 1x1)`"),
    ("E0412", make("mul"), (image(10), image(20)), "`linear(10)`"),
    ("E0412", make("add"), (image(8, 5, 5), image(8, 1, 1), image(8, 5, 4)), "`pad`"),
    ("E0412", make("mul"), (image(8, 5), learned(4)), "or 1 to broadcast"),
    ("E0412", make("add"), (image(8), image(8, 5)), "same axes"),
    ("E0412", make("mul"), (image(8, 5), learned(1, 8, 5)), "same axes"),
    ("E0412", make("concat"), (image(8), image(8, 5)), "same axes"),
    ("E0412", make("concat"), (learned(8), image(8, 5)), "same axes"),
    ("E0407", make("concat"), (learned(3, 8), image(5, 7)), "differ in axis 1"),
    ("E0412", make("matmul"), (image(4, 5), image(4, 5)), "`transpose`"),
    ("E0413", make("softmax", axis=2), (image(3, 4),), "-2 to 1"),
    ("E0421", make("softmax"), (image(3, 4),), "0 to 1"),
    ("E0414", make("batch_norm"), (learned(3, 4, 4),), "[3, 4, 4]"),
    (
        "E0416",
        make("conv", out=2, kernel=1, bias=False, standardize=True, given=("weight",)),
        (image(3, 8, 8), learned(2, 3, 1, 1)),
        "in steps",
    ),
    ("E0414", make("maxpool", kernel=2, return_indices=True), (learned(3, 4, 4),), "batch axis"),
    ("E0416", make("constant", values=(0.5,), dtype="int64"), (), "0.5 isn't a whole number"),
    ("E0416", make("constant", values=(0.0,) * 5000), (), "5,000 numbers"),
    ("E0416", make("full", shape=(2,), value=0.5, dtype="int64"), (), "0.5 isn't a whole number"),
    ("E0416", make("arange", size=2, step=0), (), "`step` is 0"),
    ("E0416", make("arange", size=2, start=2**40), (), "beyond 2^31"),
    ("E0416", make("arange", size=symbol("L"), persistent=True), (), "depends on the input: L"),
    ("E0415", make("linear", out=1, weight=((1.0, 2.0),)), (image(3),), "[1, 3]"),
    ("E0415", make("linear", out=2, bias=(1.0,)), (image(3),), "[2]"),
    ("E0416", make("conv_transpose", out=2, kernel=3, output_pad=1), (image(3, 8, 8),), "`stride`"),
    ("E0416", make("conv", out=2, kernel=1, eps=1e-3), (image(3, 8, 8),), "`standardize`"),
    ("E0416", make("flatten", start=1, end=0), (image(3, 8),), "`start`"),
    ("E0416", make("upsample"), (image(3, 8),), "just one"),
    ("E0416", make("upsample", scale=2, mode="bilinear"), (image(3, 8),), "`linear`"),
    ("E0416", make("upsample", scale=2, align_corners=True), (image(3, 8),), "corners"),
    ("E0404", make("upsample", size=(2,)), (image(3, 8, 8),), "x.shape[1:]"),
    ("E0416", make("parameter", shape=(3,), std=1.0, init=1.0), (), "`init`"),
    ("E0417", make("transpose", axes=(0, 0)), (image(3, 8),), "[0, 0]"),
    ("E0417", make("transpose", axes=(1,)), (image(3, 8),), "every axis"),
    ("E0418", make("instance_norm"), (image(3, 1, 1),), "`batch_norm`"),
    ("E0419", make("crop", size=(9, 3)), (image(3, 8, 8),), "to 9 along the height"),
    ("E0419", make("slice", start=2, stop=9), (image(5, 8),), "to 9"),
]


def diagnostic_of(op: Op, inputs: tuple[TensorType, ...]) -> Diagnostic:
    with pytest.raises(Rejection) as caught:
        op.infer(inputs)
    rejection = caught.value
    if rejection.argument is not None:
        assert rejection.argument in names_of(op)
    if rejection.input is not None:
        assert rejection.input in range(max(len(inputs), 1))
    return rejection.diagnostic(span=None, **rejection.fields)  # type: ignore[arg-type]  # its own


@pytest.mark.parametrize(("code", "op", "inputs", "words"), REFUSED)
def test_refusal_says_what_is_wrong(
    code: str, op: Op, inputs: tuple[TensorType, ...], words: str
) -> None:
    diagnostic = diagnostic_of(op, inputs)
    text = "\n".join((diagnostic.message, diagnostic.caption_text, diagnostic.help_text))
    assert diagnostic.code == code
    assert words in text
    assert "{" not in text
    assert diagnostic.caption_text
    assert diagnostic.help_text


PER_AXIS = [
    (kind, name)
    for kind in filter(None, map(operator, operator_names()))
    for name, annotation in vars(kind).get("__annotations__", {}).items()
    if "Sizes" in annotation
]


@pytest.mark.parametrize(("kind", "name"), PER_AXIS)
def test_sizes_for_other_axes_name_their_argument(kind: type[Op], name: str) -> None:
    case = next(iter(kind.cases()))
    with pytest.raises(Rejection) as caught:
        replace(case.op, **{name: (1,) * 5}).infer(case.inputs)
    assert (caught.value.diagnostic, caught.value.argument) == (shapes.SizesPerAxis, name)


def test_every_error_is_shown_by_a_case() -> None:
    classes = [
        cls
        for module in (shapes, branches)
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Diagnostic) and cls is not Diagnostic
    ]
    codes = [cls.code for cls in classes]
    assert len(set(codes)) == len(codes)
    assert set(codes) == {code for code, *_ in REFUSED}


def test_sizes_that_differ_as_formulas_become_a_condition() -> None:
    inferred = make("add").infer((image(8, H, 5), image(8, 2 * (H // 2), 5)))
    (constraint,) = inferred.constraints
    assert (constraint.left, constraint.relation) == (H, Relation.EQUAL)
    assert constraint.right == 2 * (H // 2)


def test_only_a_size_of_one_broadcasts() -> None:
    assert make("mul").infer((image(8, H, W), image(8, 1, 1))).outputs == (image(8, H, W),)
    assert make("mul").infer((image(8, 1, 1), image(8, H, W))).outputs == (image(8, H, W),)
    constraints = make("mul").infer((image(8, H), image(8, 5))).constraints
    assert [str(constraint) for constraint in constraints] == ["H == 5"]


def test_conditions_that_every_size_meets_are_not_stated() -> None:
    conv = make("conv", out=4, kernel=3, pad=1)
    assert conv.infer((image(3, H, W),)).constraints == ()
    (constraint,) = make("conv", out=4, kernel=7, pad=2).infer((image(3, H, 9),)).constraints
    assert constraint == Constraint(H, Relation.AT_LEAST, 3, constraint.reason)


def test_numbers_keep_their_origin() -> None:
    width = Traced(8, ParameterOrigin("width"))
    channels = Traced(4, InputOrigin(0, 0))
    conv = make("conv", out=width, kernel=1)
    assert origin_of(conv.infer((image(4, 5, 5),)).outputs[0].channels) == width.origin
    joined = make("concat").infer((image(width, 5), image(3, 5), image(channels, 5))).outputs[0]
    left = BinaryOrigin("+", width.origin, 3)
    assert joined.channels == 15
    assert origin_of(joined.channels) == BinaryOrigin("+", left, channels.origin)
    flat = make("flatten").infer((image(width, 5, 5),)).outputs[0]
    assert origin_of(flat.channels) == BinaryOrigin("*", BinaryOrigin("*", width.origin, 5), 5)
    pooled = make("global_avgpool").infer((image(channels, 5, 5),)).outputs[0]
    assert origin_of(pooled.channels) == channels.origin
    both = make("gru", hidden=width, bidirectional=True).infer((image(7, 3),)).outputs[0]
    assert origin_of(both.shape[1]) == BinaryOrigin("*", width.origin, 2)
    unchanged = make("gru", hidden=width).infer((image(7, 3),)).outputs[0]
    assert origin_of(unchanged.shape[1]) == width.origin
