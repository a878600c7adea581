"""What the diagrams of the bundled nets consist of."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.backends.graphviz import to_dot
from netlang.backends.graphviz.markup import TIMES
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from tests.graphviz.drawings import program_of, read

BUNDLED = [
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "googlenet", "mobilenet_v2",
    "unet", "se_resnet50", "logistic", "mlp", "cnn", "rnn", "vae", "xor",
]  # fmt: skip


def test_resnet50_has_four_folded_stages_and_two_forms_of_its_block() -> None:
    drawing = read(load_program("resnet50"))
    assert [row for row in drawing.rows if row.startswith("bottleneck")] == [
        "bottleneck (a) 64 256x56x56",
        "bottleneck (b) 64 x 2",
        "bottleneck (a) 128, /2 512x28x28",
        "bottleneck (b) 128 x 3",
        "bottleneck (a) 256, /2 1024x14x14",
        "bottleneck (b) 256 x 5",
        "bottleneck (a) 512, /2 2048x7x7",
        "bottleneck (b) 512 x 2",
    ]
    assert sorted(drawing.frames.values()) == [
        "bottleneck (a) width, stride · used 4 times",
        "bottleneck (b) width, stride=1 · used 12 times",
        "projection out, stride · used 4 times",
        "resnet50",
    ]


def test_a_block_is_drawn_over_its_parameters() -> None:
    rows = read(load_program("resnet50")).rows
    assert rows.count("conv1 conv 1x1, width") == 2
    assert rows.count("conv3 conv 1x1, 4·width") == 2
    assert rows.count("conv2 conv 3x3, width, /stride") == 1
    assert rows.count("downsample projection 4·width, /stride") == 1


def test_depth_does_not_change_the_size_of_the_drawing() -> None:
    small, large = read(load_program("resnet50")), read(load_program("resnet152"))
    assert (len(small.nodes), len(small.edges)) == (len(large.nodes), len(large.edges))
    assert "bottleneck (b) 256 x 35" in large.rows


def test_googlenet_folds_its_modules_and_marks_its_auxiliary_heads() -> None:
    drawing = read(load_program("googlenet"))
    modules = [row for row in drawing.rows if " inception " in row]
    assert len(modules) == 9
    assert modules[0] == "inception3a inception 64, 96, 128, 16, 32, 32 256x28x28"
    assert drawing.frame("inception") == [
        "inception ch1, red3, ch3, red5, ch5, pool · used 9 times"
    ]
    dashed = {(tail, head) for tail, head, style in drawing.edges if style == "dashed"}
    assert dashed == {
        ("inception4a", "aux1"), ("inception4b", "aux2"), ("aux1", "output aux1"),
        ("aux2", "output aux2"),
    }  # fmt: skip


HEADS = """\
block inner { relu -> add { tanh; { gelu -> sigmoid } } }

block head(n) {
    shared: conv(n, 1x1)
    side: { inner -> linear(n) }
    (shared, side) -> concat
}

net a {
    input image: [3, 8, 8]
    x: conv(8, 1x1)
    auxiliary aux: head(8)
    relu
}
"""


def test_an_auxiliary_block_is_marked_inside_too(tmp_path: Path) -> None:
    inception = read(load_program("inception_v3"))
    (box,) = (line for line in inception.text.splitlines() if "AuxLogits: classifier" in line)
    assert 'STYLE="DASHED"' in box
    dashed = {(tail, head) for tail, head, style in inception.edges if style == "dashed"}
    assert dashed == {("Mixed_6b", "AuxLogits.0"), ("AuxLogits.0", "output aux")}
    drawing = read(program_of(tmp_path, HEADS, "a"))
    solid = {(tail, head) for tail, head, style in drawing.edges if style != "dashed"}
    assert {end for edge in solid for end in edge} & {"x", "output"}
    assert not any("aux" in end for edge in solid for end in edge), solid


def test_inception_is_four_branches_into_a_bar() -> None:
    drawing = read(load_program("googlenet"))
    into = [tail for tail, head, _ in drawing.edges if head == "inception: 1"]
    assert into == [
        "inception: branch1", "inception: branch2.0", "inception: branch3.0",
        "inception: branch4.0",
    ]  # fmt: skip
    assert "cbr 3x3, ch5" in drawing.rows
    assert "cbr 1x1, pool" in drawing.rows


def test_unet_climbs_on_the_other_side_of_its_skips() -> None:
    text = to_dot(load_program("unet"))
    assert text.count("rank=same") == 4
    assert text.count("dir=back") == 10  # up and merge on four levels, the last convolution, mask
    assert read(load_program("unet")).rows.count("conv 3x3, out x 2") == 1


def test_mobilenet_v2_is_the_table_of_its_paper() -> None:
    rows = read(load_program("mobilenet_v2")).rows
    start = rows.index("features")
    assert rows[start : start + 5] == [
        "features",
        "cbr 3x3, 32, /2 32x112x112",
        "inverted_residual (a) 16, expand=1 16x112x112",
        "inverted_residual (b) 24, /2, expand=6 24x56x56",
        "inverted_residual (c) 24, expand=6",
    ]
    assert "cbr 3x3, in.channels·expand, /stride, depthwise" in rows


def test_sizes_have_the_names_of_the_text_in_lists_too() -> None:
    rows = read(load_program("swin_t")).rows
    assert rows.count("qkv linear 3·features") == 2
    assert rows.count("reshape [height/window, 7, width/window, 7, features]") == 2


def test_blocks_used_once_are_opened_in_place() -> None:
    drawing = read(load_program("vae"))
    assert drawing.frame("code: encoder") == ["code: encoder"]
    assert "reconstruction: decoder" in drawing.rows
    assert ("code.mean", "z", "") in drawing.edges


def test_depth_says_how_much_is_opened() -> None:
    frames = [len(read(load_program("se_resnet50"), depth).frames) for depth in (0, 1, 2, None)]
    assert frames == [1, 3, 5, 5]
    assert "encoder" in " ".join(read(load_program("vae"), 0).rows)
    assert read(load_program("vae"), 0).frame("code") == []


def test_outputs_of_a_closed_block_are_told_apart() -> None:
    text = to_dot(load_program("vae"), depth=0)
    assert '"code":"o0" -> "z"' in text
    assert '"code":"o1" -> "z"' in text


def test_an_operator_has_a_port_for_each_value_that_it_makes(tmp_path: Path) -> None:
    """`split` may make very many, and the drawing has those that are there."""
    path = tmp_path / "spec.net"
    path.write_text(
        "net a { input x: [6, 4]; s: split(2); (s.0, s.1, s.2) -> add }\n", encoding="utf-8"
    )
    dot = to_dot(load_program(str(path)))
    assert [port in dot for port in ('PORT="o0"', 'PORT="o2"', 'PORT="o3"')] == [True, True, False]


def test_sizes_are_those_asked_for() -> None:
    text = to_dot(load_program("resnet18"), sizes={"H": 64, "W": 96})
    assert f"3{TIMES}64{TIMES}96" in text
    with pytest.raises(NetlangError):
        to_dot(load_program("unet"), sizes={"H": 100})
    with pytest.raises(NetlangError):
        to_dot(load_program("unet"), sizes={"depth": 100})


def test_a_repeat_with_branches_is_a_frame(tmp_path: Path) -> None:
    drawing = read(program_of(tmp_path, """
net net {
    input image: [8, 32, 32]
    repeat 5 { add { identity; conv(8, 3x3, pad=1) -> relu } -> relu }
    repeat 3 { conv(8, 3x3, pad=1) -> bn -> relu }
    gap
}
"""))  # fmt: skip
    assert drawing.frame("x") == ["x 5"]
    assert drawing.rows.count("conv 3x3, 8") == 1
    assert drawing.rows.count("conv 3x3, 8 x 3") == 1


def test_a_block_with_a_body_has_no_frame_of_its_number(tmp_path: Path) -> None:
    drawing = read(program_of(tmp_path, """
block wrap() { add { body; identity } -> relu }
net net {
    input image: [8, 32, 32]
    wrap { conv(8, 1x1) -> bn }
    wrap { conv(8, 3x3, pad=1) }
}
"""))  # fmt: skip
    assert list(drawing.frames.values()) == ["net"]
    assert "conv 3x3, 8" in drawing.rows


def test_a_chain_too_long_for_a_page_goes_on_beside(tmp_path: Path) -> None:
    text = to_dot(program_of(tmp_path, """
net net {
    input image: [8, 32, 32]
    for i in range(1, 90) { conv(i, 3x3, pad=1) -> relu }
}
"""))  # fmt: skip
    assert text.count("rank=same") == 3


def test_shared_weights_are_told(tmp_path: Path) -> None:
    drawing = read(program_of(tmp_path, """
net net {
    input image: [8, 32, 32]
    head: conv(8, 3x3, pad=1)
    again: reuse head
}
"""))  # fmt: skip
    assert "again conv 3x3, 8 (weights of head)" in " ".join(drawing.rows)


def test_tied_weights_are_told(tmp_path: Path) -> None:
    drawing = read(program_of(tmp_path, """
net net {
    input words: int64[16]
    wte: embedding(100, 8)
    head: linear(100, bias=false, weight=wte.weight)
}
"""))  # fmt: skip
    assert "linear 100 (weight of wte)" in " ".join(drawing.rows)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_step_is_connected(name: str) -> None:
    drawing = read(load_program(name))
    ends = {end for tail, head, _ in drawing.edges for end in (tail, head)}
    assert ends == set(drawing.nodes)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_same_program_gives_the_same_text(name: str) -> None:
    assert to_dot(load_program(name)) == to_dot(load_program(name))


@pytest.mark.parametrize(
    "name", ["googlenet", "inception_v3", "fcn_resnet50", "deeplabv3_resnet50"]
)
def test_solid_lines_are_the_deployed_net(name: str) -> None:
    """Nothing that exists in training alone is drawn as if it stayed."""
    program = load_program(name)
    drawing = read(program)
    extra = {f"output {each.name}" for each in program.net.outputs if each.auxiliary}
    dashed = {head for _, head, style in drawing.edges if style == "dashed"}
    solid = {
        end for tail, head, style in drawing.edges if style != "dashed" for end in (tail, head)
    }
    assert extra
    assert extra <= dashed
    assert not dashed & solid
