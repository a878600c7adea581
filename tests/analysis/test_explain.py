"""The arithmetic of layers and nets: the numbers of a course, and that they are the facts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netlang.analysis.constraints import checked_sizes
from netlang.analysis.explain import LayerArithmetic, PartArithmetic, explain
from netlang.analysis.facts import Facts
from netlang.analysis.render.arithmetic import render_layer, render_part
from netlang.analysis.summary import summarize
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.op import Op
from netlang.ir.program import Function, Program
from tests.arithmetic import evaluated

ALEXNET = """\
net alexnet {
    input image: [3, 227, 227]
    conv1: conv(96, 11x11, stride=4) -> relu -> pool1: maxpool(3x3, stride=2)
    conv2: conv(256, 5x5, pad=2, groups=2) -> relu
}
"""


@pytest.fixture
def alexnet(tmp_path: Path) -> Program:
    return written(tmp_path, ALEXNET)


def written(folder: Path, text: str) -> Program:
    file = folder / "file.net"
    file.write_text(text)
    return load_program(str(file))


def layer(program: Program, path: str, **sizes: int) -> LayerArithmetic:
    found = explain(program, path, sizes)
    assert isinstance(found, LayerArithmetic)
    return found


def part(program: Program, path: str | None = None, batch: int = 1) -> PartArithmetic:
    found = explain(program, path, batch=batch)
    assert isinstance(found, PartArithmetic)
    return found


def test_the_first_layer_of_alexnet_as_a_course_writes_it(alexnet: Program) -> None:
    text = render_layer(layer(alexnet, "conv1"))
    for line in (
        "out = (227 + 2*0 - 11)/4 + 1 = 55",
        "params = 11*11*3*96 + 96 = 34944",
        "MACs = 55*55*96*11*11*3 = 105415200",
        "FLOPs = 2*105415200 = 210830400",
        "r_out = r_in + (k - 1)*j = 1 + (11 - 1)*1 = 11",
        "j_out = j*s = 1*4 = 4",
        "memory = 96*55*55*4 = 1161600 (bytes of the output in float32)",
    ):
        assert line in text.splitlines()


def test_the_recurrence_goes_on_from_layer_to_layer(alexnet: Program) -> None:
    text = render_layer(layer(alexnet, "pool1"))
    assert "out = (55 + 2*0 - 3)/2 + 1 = 27" in text
    assert "r_out = r_in + (k - 1)*j = 11 + (3 - 1)*4 = 19" in text
    assert "j_out = j*s = 4*2 = 8" in text
    text = render_layer(layer(alexnet, "conv2"))
    assert "r_out = r_in + (k - 1)*j = 19 + (5 - 1)*8 = 51" in text
    assert "params = 5*5*(96/2)*256 + 256 = 307456" in text


def test_a_quotient_that_is_not_whole_is_rounded_in_sight(alexnet: Program) -> None:
    found = layer(load_program("resnet18"), "conv1", H=225)
    assert [line.formula for line in found.lines if line.what.startswith("out ")] == [
        "64", "(225 + 2*3 - 7)/2 + 1", "floor((224 + 2*3 - 7)/2) + 1",
    ]  # fmt: skip


def leaves(function: Function, prefix: str = "") -> list[str]:
    found = []
    for node in function.nodes:
        if isinstance(node.callee, Function):
            found += leaves(node.callee, f"{prefix}{node.path}.")
        else:
            found.append(prefix + node.path)
    return found


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "unet", "vae", "mobilenet_v2"])
def test_every_layer_of_a_net_adds_up_to_its_facts(name: str) -> None:
    program = load_program(name)
    sizes, facts = checked_sizes(program, {}), Facts(program)
    sums = {"params": 0, "MACs": 0, "other operations": 0, "memory": 0}
    for path in leaves(program.net):
        found = layer(program, path)
        for line in (*found.lines, *found.field):
            assert evaluated(line.formula) == line.value, f"{path}: {line}"
            if line.what in sums:
                sums[line.what] += int(line.value)
    everything = facts.cost().everything
    assert sums["params"] == everything.params
    assert sums["MACs"] == evaluate(everything.macs, sizes)
    assert sums["other operations"] == evaluate(everything.other, sizes)
    assert sums["memory"] == evaluate(everything.memory, sizes)


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "unet", "vae", "mobilenet_v2"])
def test_tables_add_up_to_the_facts(name: str) -> None:
    program = load_program(name)
    facts, found = Facts(program), part(program, batch=3)
    assert found.totals == facts.cost(batch=3).deployed
    for line in render_part(found).splitlines():
        for formula, value in re.findall(r"(\d[\d*+()/ -]*) = (\d+)", line):
            assert evaluated(formula) == int(value), line


def test_the_receptive_field_ends_in_that_of_the_net(tmp_path: Path) -> None:
    program = written(
        tmp_path,
        "block unit { conv(4, 3x3, dilation=2, pad=2) -> maxpool(2x2, stride=1) }\n"
        "net a { input x: [1, 90, 80]; repeat 3 { conv(1, 3x5, stride=1x2, pad=1x2) }\n"
        "    { repeat 2 { add { unit; conv(4, 2x2) } } }\n"
        "    last: conv(3, 4x4, stride=2) }\n",
    )
    field = layer(program, "last").field
    sizes = [line.value for line in field if line.what.startswith("r_out")]
    net = Facts(program).receptive_field
    assert net
    assert tuple(sizes) == net.axes


def test_the_receptive_field_of_a_part_is_that_of_its_row_in_the_summary(tmp_path: Path) -> None:
    program = written(
        tmp_path,
        "block unit(n) { conv(n, 3x3)\n"
        "    deep: { conv(n, 3x3, stride=2); maxpool(2x2, stride=1) } }\n"
        "net a { input x: [4, 650, 640]; start: unit(4)\n"
        "    repeat 3 { unit(4) -> conv(4, 1x2) }\n"
        "    stage: { for i in range(2) { s{i}: { conv(4, 3x3); unit(5); conv(4, 1x1) } } } }\n",
    )
    rows = summarize(program).rows(fold=False)
    told = {row.path: str(row.receptive_field) for row in rows}
    parts = {row.path for row in rows if not isinstance(row.callee, Op)}
    assert len(parts) >= 8
    for path in parts:
        assert str(part(program, path).receptive_field) == told[path], path
        assert f"receptive field = {told[path]}" in render_part(part(program, path))


def test_what_an_element_reads_is_told(tmp_path: Path) -> None:
    program = written(
        tmp_path,
        "net a { input x: [1, 32, 32]; first: conv(4, 3x3, stride=2, pad=1)\n"
        "    turns: conv_transpose(4, 3x3, stride=2, pad=1)\n"
        "    mixed: group_norm(1) -> last: global_avgpool }\n",
    )
    assert layer(program, "first").field_reads == ("element i reads 2*i - 1 to 2*i + 1",)
    assert layer(program, "turns").field_reads == (
        "element 2*i reads 2*i - 1 to 2*i + 1, element 2*i + 1 reads 2*i - 1 to 2*i + 3;"
        " the widest reads 5",
    )
    (text,) = layer(program, "mixed").field_reads
    assert text.endswith("; besides, every element reads 0 to 31")
    assert layer(program, "last").field_reads == ("every element reads 0 to 31",)


def test_the_start_is_that_of_the_padding(tmp_path: Path) -> None:
    """Araujo, Norris, Sim 2019: the offset of AlexNet and of a net with padding, by hand."""
    program = written(
        tmp_path,
        "net a { input x: [1, 64]; conv(1, 5, stride=2, pad=2) -> last: conv(1, 3, pad=1) }\n",
    )
    lines = [str(line) for line in layer(program, "last").field]
    assert lines[-1] == "start_out = start_in - p*j = -2 - 1*2 = -4"


NETS = Path(__file__).parent / "nets"
# By hand. Focus: a 3x3 over pairs of elements is a 6x6 with stride 2 and pad 2.
# U-Net: two 3x3 and a pool, four times: 5, 6, 14, 16, 32, 36, 68, 76, 140, and the first place goes
# back by 1, 1, 2, 2, 4, 4, ... to -62. On the way up two neighbours share an element below, and a
# level adds two to both sides: place o at the top goes down by o -> floor((o - 2) / 2), four times.
# Swin-T: windows of 7 patches of 4, moved by 3 they lie over two of those before; a patch of the
# second stage is two patches wide and reads blocks 7 patches long on both sides of its window.
READS = {
    ("fields.net:focus", "conv"): "element i reads 2*i - 2 to 2*i + 3",
    ("unet", "down5.1.3"): "element i reads 16*i - 62 to 16*i + 77",
    ("unet", "up4"): "elements 2*i and 2*i + 1 read 16*i - 62 to 16*i + 77; each reads 140",
    ("unet", "mask"): "elements 16*i + 2 to 16*i + 13 read 16*i - 94 to 16*i + 109,"
    " elements 16*i + 14 to 16*i + 17 read 16*i - 78 to 16*i + 109; the widest reads 204",
    ("windows.net", "stage0.0.6"): "elements 7*i to 7*i + 6 read 28*i to 28*i + 27; each reads 28",
    ("windows.net", "stage0.1.11"): "elements 7*i + 3 to 7*i + 9"
    " read 28*i to 28*i + 55; each reads 56",
    ("windows.net", "stage1.0.6"): "elements 7*i to 7*i + 6"
    " read 56*i - 28 to 56*i + 83; each reads 112",
}


@pytest.mark.parametrize(("net", "step"), READS)
def test_what_an_element_reads_by_hand(net: str, step: str) -> None:
    spec = str(NETS / net) if ".net" in net else net
    found = layer(load_program(spec), step).field_reads
    # Along both axes alike.
    assert found == (READS[net, step],)


def test_focus_is_a_window_of_six() -> None:
    lines = layer(load_program(str(NETS / "fields.net:focus")), "conv").field
    assert [str(line) for line in lines] == [
        "r_out = r_in + (k - 1)*j = 2 + (3 - 1)*2 = 6",
        "j_out = j*s = 2*1 = 2",
        "start_out = start_in - p*j = 0 - 1*2 = -2",
    ]


def test_places_that_take_many_turns(tmp_path: Path) -> None:
    text = "net a { input x: [1, 64]; last: upsample(size=[50], mode=linear) }\n"
    (found,) = layer(written(tmp_path, text), "last").field_reads
    assert found.startswith("what element i reads repeats every 25 elements, 32 further on;")
    assert found.endswith("; the widest reads 2")


def test_each_time_of_a_repeat_sees_more() -> None:
    program = load_program("resnet152")
    fields = [layer(program, f"layer3.{time}.conv2").field[0] for time in (1, 2, 3, 35)]
    (first, second, third, last) = (int(line.value) for line in fields)
    assert second - first == third - second
    assert last == first + 34 * (second - first)


def test_a_million_times_are_not_walked(tmp_path: Path) -> None:
    program = written(
        tmp_path,
        "block unit { conv(2, 3x3, pad=1) -> relu }\n"
        "net a { input x: [2, 8, 8]; repeat 1_000_000 { unit } }\n",
    )
    assert layer(program, "999999.0").field[0].value == 1 + 2 * 1_000_000
    assert "{0..999999}.0" in render_part(part(program))
    with pytest.raises(NetlangError):
        explain(program, "1000000.0")


@pytest.mark.parametrize(
    ("name", "path", "inside"),
    [
        ("resnet50", "layer1", "layer1.{1..2}.conv1"),
        ("resnet50", "layer1.2", "layer1.2.conv1"),
        ("googlenet", "inception3a.branch2", "inception3a.branch2.1.conv"),
        ("googlenet", "aux1", "aux1.conv.conv"),
        ("unet", "down2", "down2.1"),
    ],
)
def test_blocks_and_scopes_list_their_layers(name: str, path: str, inside: str) -> None:
    program = load_program(name)
    found = part(program, path)
    assert inside in [each.row.path for each in found.parts]
    own = [each for each in found.parts if each.row.depth == 0]
    assert found.totals.params == sum(each.row.totals.params for each in own)
    assert found.totals.params == sum(
        line.value for leaf in leaves(program.net) if leaf.startswith(f"{path}.")
        for line in layer(program, leaf).lines if line.what == "params"
    )  # fmt: skip


def test_what_a_step_shares_is_said(tmp_path: Path) -> None:
    program = written(
        tmp_path,
        "net a { input x: [4, 8, 8]; c: conv(4, 1x1) -> again: reuse c; (c, again) -> add }\n",
    )
    assert "the weights of `c`, which are counted there" in render_layer(layer(program, "again"))
    assert "counted above" in render_part(part(program))


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("conv3", "conv2"),
        ("pool_1", "pool1"),
        ("conv1.weight", "conv1` is there, but has no `weight"),
    ],
)
def test_unknown_paths_are_answered_by_the_nearest(alexnet: Program, path: str, meant: str) -> None:
    with pytest.raises(NetlangError) as caught:
        explain(alexnet, path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E0218"
    assert meant in diagnostic.help_text or path == "conv3"
