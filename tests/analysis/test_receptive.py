"""Receptive fields against the literature, and of nets that are each hard in one way.

Random nets are held against gradients in `tests/campaigns/receptive.py`, bundled ones in
`tests/specs/test_fields.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.analysis.fields.figure import ReceptiveField
from netlang.analysis.fields.net import receptive_field
from netlang.analysis.fields.walk import Fields
from netlang.backends.torch import build
from netlang.diagnostics.errors import InternalError
from netlang.elaborate import load_program
from netlang.ir.op import Op
from netlang.ir.types import Types
from netlang.ops import operator
from tests.analysis.oracles import widest_read
from tests.support import check_text

NETS = Path(__file__).parent / "nets"


def field(spec: str) -> ReceptiveField | None:
    return receptive_field(load_program(spec))


def of_text(tmp_path: Path, text: str) -> ReceptiveField:
    file = tmp_path / "x.net"
    file.write_text(text, encoding="utf-8")
    found = field(f"{file}:x")
    assert found is not None
    return found


# Araujo, Norris, Sim 2019, table 1.
LITERATURE = {
    "alexnet_v2": 195,
    "vgg_16": 212,
    "mobilenet_v1": 315,
    "resnet_v1_50": 483,
    "resnet_v1_101": 1027,
    "resnet_v1_152": 1507,
}


@pytest.mark.parametrize("name", LITERATURE)
def test_literature(name: str) -> None:
    found = field(f"{NETS / 'literature.net'}:{name}")
    assert found is not None
    assert found.figure == LITERATURE[name]
    assert not found.bound
    assert found.everything == name.startswith("resnet")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        # The recurrence by hand: the stride is in the first unit of a stage here.
        ("resnet18", (435, True)),
        ("resnet34", (899, True)),
        ("resnet50", (427, True)),
        ("se_resnet50", (427, True)),
        ("unet", (204, False)),
        ("cnn", (17, True)),
        # Windows of 7 in turns, moved by 3, in three stages; the last stage is one window, which is
        # all there is. 28 + 28 for the first, (+ 28) + 28 + 56, (+ 56) + 56 + 5 x 112, (+ 112).
        (f"{NETS / 'windows.net'}", (952, True)),
        ("shufflenet_v2_x1_0", (527, True)),
        ("vit_b_16", (16, True)),
    ],
)
def test_bundled_nets(spec: str, expected: tuple[int, bool]) -> None:
    found = field(spec)
    assert found is not None
    assert (found.figure, found.everything) == expected


@pytest.mark.parametrize(
    ("spec", "figure"),
    [
        # A shifted image is rolled, so that its last windows hold both of its ends.
        ("swin_t", 224),
        ("swin_v2_t", 256),
        # Grids reach over the image, and the padding of convolutions beyond it.
        ("maxvit_t", 511),
    ],
)
def test_windows_in_steps_are_a_bound(spec: str, figure: int) -> None:
    """They were followed to the first reshape. A mask may hide places: at most these are read."""
    found = field(spec)
    assert found is not None
    assert (found.figure, found.bound, found.unknown) == (figure, True, False)


@pytest.mark.parametrize("spec", ["mlp", "xor", "rnn", "logistic"])
def test_no_spatial_axes(spec: str) -> None:
    assert field(spec) is None


@pytest.mark.parametrize("times", [2, 3, 5, 1000, 1_000_000])
def test_repeats(times: int) -> None:
    found = field(f"{NETS / 'shapes.net'}:repeated(times={times})")
    assert found is not None
    assert (found.axes, found.everything) == ((2 * (times + 1) + 1,) * 2, True)


@pytest.mark.parametrize("times", [2, 3, 100])
def test_repeats_in_repeats(times: int) -> None:
    found = field(f"{NETS / 'shapes.net'}:staged(times={times})")
    assert found is not None
    assert (found.axes, found.everything) == ((1 + times * (2 + 4 * 4),) * 2, False)


def test_a_jump_that_grows_without_end_is_answered() -> None:
    found = field(f"{NETS / 'shapes.net'}:shrinking")
    assert found is not None
    assert found.bound


def test_different_axes(tmp_path: Path) -> None:
    found = of_text(tmp_path, "net x {\n    input a: [1, 9, 9]\n    conv(1, 3x5)\n}\n")
    assert (found.figure, str(found)) == ((3, 5), "3x5")


@pytest.mark.parametrize("name", ["norms", "transposed", "reshaped", "focus", "six"])
def test_what_used_to_be_wrong(name: str) -> None:
    found = field(f"{NETS / 'fields.net'}:{name}")
    assert found is not None
    assert (found.figure, found.bound) == (6 if name in ("focus", "six") else 5, False)


def test_asserts_about_them_hold() -> None:
    assert check_text(NETS / "fields.net") == []


@pytest.mark.parametrize(
    ("steps", "figure", "everything"),
    [
        # Places take turns: an odd one of a 3x3 with stride 2 reads two, an even one reads one.
        ("conv_transpose(1, 3, stride=2, pad=1)", 2, False),
        ("conv_transpose(1, 3, stride=2, pad=1) -> conv(1, 3, pad=1)", 3, False),
        ("conv_transpose(1, 2, stride=2) -> maxpool(2)", 1, False),
        ("upsample(2) -> conv(1, 3, pad=1)", 2, False),
        ("upsample(2, mode=linear) -> conv(1, 3, pad=1)", 3, False),
        ("maxpool(2) -> upsample(2, mode=linear)", 4, False),
        ("adaptive_avgpool(24)", 3, False),
        # A pool of everything ends the windows, and adds nothing to them.
        ("conv(1, 5) -> global_avgpool", 5, True),
        ("conv(4, 5, pad=2) -> softmax(axis=1) -> conv(1, 3)", 7, True),
        ("reshape([4, 10]) -> transpose([1, 0]) -> conv(1, 3, pad=1)", 30, False),
        ("slice(3, axis=1, step=2) -> conv(1, 3)", 5, False),
        ("pad(2, after=0) -> conv(1, 3, dilation=2)", 5, False),
    ],
)
def test_by_hand(tmp_path: Path, steps: str, figure: int, everything: bool) -> None:
    found = of_text(tmp_path, f"net x {{\n    input a: [1, L=40]\n    {steps}\n}}\n")
    assert (found.figure, found.everything, found.bound) == (figure, everything, False)


def test_branches_that_look_aside_add_up(tmp_path: Path) -> None:
    text = """net x {
    input a: [1, 40]
    a -> before: pad(4, after=0) -> left: conv(1, 3, pad=1)
    a -> behind: pad(0, after=4) -> right: conv(1, 3, pad=1)
    (left, right) -> add
}
"""
    assert of_text(tmp_path, text).figure == 7


def test_joined_parts_are_told_apart(tmp_path: Path) -> None:
    """Of what is joined one part is taken: the other one's windows don't count."""
    text = """net x {
    input a: [1, 40]
    a -> near: conv(2, 3, pad=1)
    a -> far: conv(2, 9, pad=4)
    (near, far) -> concat -> slice(0, 2)
}
"""
    found = of_text(tmp_path, text)
    assert (found.figure, found.bound) == (3, False)


def test_boxes_are_a_bound(tmp_path: Path) -> None:
    text = """net x {
    input a: [2, 16, 16]
    input boxes: [3, 4]
    a -> features: conv(2, 3x3, pad=1)
    (features, boxes) -> roi_align(2)
}
"""
    found = of_text(tmp_path, text)
    assert found.bound
    assert str(found).startswith("<=")


def test_sizes_are_those_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "x.net"
    text = "net x {\n    input a: [1, L=40]\n    adaptive_avgpool(8)\n}\n"
    file.write_text(text, encoding="utf-8")
    program = load_program(f"{file}:x")
    found = [receptive_field(program, {"L": size}) for size in (40, 80)]
    assert [each and each.figure for each in found] == [5, 10]


def test_a_rule_that_nothing_is_known_of_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relu = operator("relu")
    assert relu is not None

    def unknown(self: Op, inputs: Types, output: int = 0) -> object:
        return object()

    monkeypatch.setattr(relu, "reach", unknown)
    with pytest.raises(InternalError, match="no receptive field for the rule"):
        of_text(tmp_path, "net x {\n    input a: [1, 9]\n    relu\n}\n")


@pytest.mark.parametrize("size", [2**10 + 1, 10**19, 10**29])
@pytest.mark.parametrize(
    ("before", "exact"),
    [("upsample(2)", False), ("conv_transpose(1, 2, 2)", False), ("relu", True)],
)
def test_windows_of_any_size(tmp_path: Path, before: str, exact: bool, size: int) -> None:
    """Ten to the nineteenth is more than `len` of a range can tell."""
    steps = f"{before} -> conv(1, {size}, pad={size}) -> gap -> flatten"
    found = of_text(tmp_path, f"net x {{\n    input image: [1, 8, 8]\n    {steps}\n}}\n")
    assert (found.figure, found.is_exact) == ((size, True) if exact else (8, False))
    assert str(found) == (str(size) if exact else "?")


def test_places_that_are_summed_over_are_no_window(tmp_path: Path) -> None:
    """As of an attention: of the scores' two places one moves on, the other is read as a whole."""
    text = """
        net x {
            input values: [3, 27]
            values -> sums: { cumsum(axis=1) -> slice(start=8, axis=1) }
            sums -> turned: transpose(axes=[1, 0])
            (turned, sums) -> shares: { matmul -> softmax(axis=-1) }
            (shares, turned) -> matmul
        }"""
    (found,) = of_text(tmp_path, text).along
    assert (str(found), found.seen, found.besides) == ("<=1", 27, True)


@pytest.mark.parametrize("norm", ["layer_norm(axes=[1])", "softmax(axis=1)"])
def test_a_block_tells_no_more_for_certain_than_its_steps(tmp_path: Path, norm: str) -> None:
    """What it is given may have read less than stated: the last sums are left out by the pool."""
    given = "input x: [2, 10]; conv(2, 3) -> cumsum(axis=1) -> avgpool(kernel=3, stride=3)"
    for steps in ("normed -> normed", f"{norm} -> {norm}"):
        text = f"block normed {{ {norm} }}\nnet x {{ {given} -> {steps} }}"
        file = tmp_path / "x.net"
        file.write_text(text, encoding="utf-8")
        (found,) = Fields(load_program(f"{file}:x")).of_net().values()
        assert (str(found), found.seen_bound) == ("<=5", True)


@pytest.mark.parametrize(
    ("steps", "figures"),
    [
        # A convolution as a matrix product, and a window behind it.
        ("unfold(3, pad=1) -> transpose([1, 0]) -> linear(8) -> transpose([1, 0])"
         " -> fold(16x16, 1) -> conv(1, 3x3)", (5, 5)),
        ("unfold(3x2, stride=2, dilation=1x3) -> fold(7x7, 1) -> conv(1, 2x2)", (5, 6)),
        # A transposed convolution as one: rows for each place of a window, then their sum.
        ("conv(18, 3x3, pad=1) -> reshape([18, 256]) -> fold(16x16, 3, pad=1)", (5, 5)),
        ("conv(12, 1x1) -> reshape([12, 256]) -> fold(31x32, 3x2, stride=2, pad=1x0)", (2, 1)),
    ],
)  # fmt: skip
def test_windows_laid_out_are_windows(tmp_path: Path, steps: str, figures: tuple[int, int]) -> None:
    """They were taken for a whole axis, of which windows tell nothing: `<=1` for the first."""
    (tmp_path / "x.net").write_text(f"net x {{ input a: [2, 16, 16]; {steps} }}", encoding="utf-8")
    program = load_program(f"{tmp_path / 'x.net'}:x")
    found = receptive_field(program)
    assert found is not None
    assert [(axis.size, axis.bound, axis.besides) for axis in found.along] == [
        (figure, True, False) for figure in figures
    ]
    module = build(program).double()
    for dim, figure in enumerate(figures, start=2):
        assert widest_read(module, (1, 2, 16, 16), dim) == figure
