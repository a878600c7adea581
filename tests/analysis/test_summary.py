"""The summary: its JSON, its rows, its table, and the sizes it refuses."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from netlang.analysis.constraints import checked_sizes, solve
from netlang.analysis.render.data import render_csv, render_json
from netlang.analysis.render.describe import describe
from netlang.analysis.render.table import render_table
from netlang.analysis.rows import LONGEST, Row
from netlang.analysis.summary import Summary, summarize
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.texts import visible
from netlang.elaborate import load_program
from netlang.ir.dims import evaluate
from netlang.ir.program import Function

NETS = Path(__file__).parent / "nets"
KEYS = {
    "net", "size", "inputs", "outputs", "params", "trainable_params", "auxiliary_params", "macs",
    "flops", "other_ops", "activation_bytes", "receptive_field", "layers",
}  # fmt: skip
SPECS = ["resnet50", "googlenet", "mobilenet_v2", "unet", "se_resnet50", "vae", "xor", "rnn"]


def summary(name: str) -> Summary:
    return summarize(load_program(f"{NETS / 'shapes.net'}:{name}"))


def leaf_paths(function: Function, prefix: str = "") -> list[str]:
    """The paths of all operators, repeats written out."""
    paths: list[str] = []
    for node in function.nodes:
        path = prefix + node.path
        callee = node.callee
        paths += leaf_paths(callee, f"{path}.") if isinstance(callee, Function) else [path]
    return paths


@pytest.mark.parametrize("spec", SPECS)
def test_layers_add_up_to_the_totals(spec: str) -> None:
    found = summarize(load_program(spec), batch=2)
    for rows in (found.layers, leaves(found.rows(fold=True)), found.rows(depth=1)):
        assert sum(row.totals.params for row in rows) == found.params
        assert sum(evaluate(row.totals.macs, {}) for row in rows) == found.macs
        assert sum(evaluate(row.totals.memory, {}) for row in rows) == found.activation_bytes


def leaves(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.is_leaf)


@pytest.mark.parametrize("spec", [s for s in SPECS if s != "googlenet"])
def test_every_operator_has_a_row_in_order(spec: str) -> None:
    program = load_program(spec)
    assert [row.path for row in summarize(program).layers] == leaf_paths(program.net)


def test_repeats_in_repeats_have_every_path() -> None:
    program = load_program(f"{NETS / 'shapes.net'}:staged")
    found = summarize(program)
    assert [row.path for row in found.layers] == leaf_paths(program.net)
    folded = [(row.path, row.times) for row in found.rows()]
    assert folded == [("{0..12:6}", 3), ("{1..13:6}", 3), ("{2..5}+{0..12:6}", 12)]


def test_auxiliary_heads_have_no_rows() -> None:
    assert not [r.path for r in summarize(load_program("googlenet")).layers if "aux" in r.path]


def test_json() -> None:
    found = summarize(load_program("resnet50"), {"H": 256}, batch=2)
    data = json.loads(render_json(found))
    assert set(data) >= KEYS
    assert data["net"] == "resnet50"
    assert data["size"] == {"H": 256, "W": 224}
    assert data["inputs"] == [{"name": "image", "shape": [3, 256, 224], "dtype": "float32"}]
    assert data["flops"] == 2 * data["macs"]
    assert data["receptive_field"] == 427
    assert data["layers"][0] == {
        "path": "conv1",
        "op": "conv",
        "output": [64, 128, 112],
        "params": 9408,
        "macs": 2 * 64 * 128 * 112 * 7 * 7 * 3,
        "receptive_field": 7,
        "receptive_field_is_bound": False,
    }
    assert len(data["layers"]) == len(found.layers)


def test_csv() -> None:
    found = summarize(load_program("unet"))
    rows = list(csv.DictReader(io.StringIO(render_csv(found))))
    assert [row["path"] for row in rows] == [row.path for row in found.layers]
    assert sum(int(row["macs"]) for row in rows) == found.macs
    assert rows[0]["output"] == "64x256x256"


def test_unet_refuses_sizes_by_name() -> None:
    program = load_program("unet")
    assert solve(program).sentences == ("H and W must be multiples of 16",)
    with pytest.raises(NetlangError) as caught:
        summarize(program, {"H": 250, "W": 100})
    assert [error.message for error in caught.value.diagnostics] == [
        "`H` = 250 breaks: H must be a multiple of 16",
        "`W` = 100 breaks: W must be a multiple of 16",
    ]
    assert all(error.span for error in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("sizes", "batch", "code"),
    [({"D": 3}, 1, "E0453"), ({"H": 0}, 1, "E0454"), ({}, 0, "E0454"), ({"N": 2}, 1, "E0453")],
)
def test_sizes_that_make_no_sense(sizes: dict[str, int], batch: int, code: str) -> None:
    with pytest.raises(NetlangError) as caught:
        checked_sizes(load_program("resnet50"), sizes, batch)
    assert [error.code for error in caught.value.diagnostics] == [code]


def test_long_repeats_are_folded() -> None:
    found = summary("repeated")
    assert [(r.path, r.times) for r in found.layers][3:6] == [
        ("body.{0..999999}.0", 1_000_000),
        ("body.{0..999999}.1", 1_000_000),
        ("body.{0..999999}.2", 1_000_000),
    ]
    assert sum(row.totals.params for row in found.layers) == found.params
    assert "1000000 x unit(8)" in render_table(found)


def test_too_many_calls_are_cut() -> None:
    found = summary("doubling")
    assert len(found.layers) <= LONGEST
    assert sum(row.totals.params for row in found.layers) == found.params
    assert found.params == 2**16 * 6


TABLE = """\
reusing at batch N=1
in:  image [4, 16, 16]
out: output [4, 16, 16]

layer     operator                  output       params    MACs  field
----------------------------------------------------------------------
head      unit(4)                   [4, 16, 16]     156  36,864      3
  head.0  conv(4, 3x3, pad=1)       [4, 16, 16]     148  36,864      3
  head.1  batch_norm                [4, 16, 16]       8       -      3
  head.2  relu                      [4, 16, 16]       -       -      3
1         unit(4)                   [4, 16, 16]       -  36,864      5
  1.0     conv(4, 3x3, pad=1)       [4, 16, 16]       -  36,864      5
  1.1     batch_norm                [4, 16, 16]       -       -      5
  1.2     relu                      [4, 16, 16]       -       -      5
conv      conv(4, 1x1, bias=false)  [4, 16, 16]      16   4,096      5
3         conv(4, 1x1, bias=false)  [4, 16, 16]       -   4,096      5
----------------------------------------------------------------------
"""


def test_table() -> None:
    text = render_table(summary("reusing"))
    assert text.startswith(TABLE)
    assert "\nparameters            172  all trainable\n" in text


def test_table_depth() -> None:
    text = render_table(summarize(load_program("resnet50")), depth=1)
    assert "\nlayer1 " in text
    assert "layer1.0" not in text
    assert "25,557,032" in text


INTERLEAVED = """\
block cbr(n, kernel, depths) {
    for depth in depths { repeat depth { conv(n, kernel, pad=same) } }
}

net a {
    input image: [3, 8, 8]
    for i in range(3) {
        convs.{i}: cbr(8, [3, 3], [1, 2, 40])
        bns.{i}: bn
    }
    convs.last: conv(4, 1x1)
    reshape([2, 2, 8, 8]) -> transpose([1, 0, 2, 3]) -> layer_norm(axes=[0, 1])
}
"""


def test_scopes_that_are_entered_again_are_one_row(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(INTERLEAVED)
    found = summarize(load_program(tmp_path / "a.net"))
    top = [row for row in found.rows() if row.depth == 0]
    assert [row.path for row in top] == ["convs", "bns", "7", "8", "9"]
    assert sum(row.totals.params for row in top) == found.params
    layers = [row.path.partition(".")[0] for row in found.layers]
    assert layers[42:46] == ["convs", "bns", "convs", "convs"]


def test_windows_are_written_as_operators_write_them(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(INTERLEAVED)
    shown = {describe(row.callee) for row in summarize(load_program(tmp_path / "a.net")).rows()}
    assert "cbr(8, 3x3, [1, 2, 40])" in shown
    assert {"transpose([1, 0, 2, 3])", "layer_norm(axes=[0, 1])"} <= shown


def test_folding_can_be_turned_off() -> None:
    text = render_table(summarize(load_program("resnet50")), fold=False)
    assert "layer3.5.conv2" in text
    assert "{" not in text


def test_labels_are_safe_on_a_terminal() -> None:
    assert visible("a\x1b[2Jb\n\u202e") == "a\\x1b[2Jb\\n\\u202e"
    assert visible("conv1") == "conv1"
    assert describe(None) == ""


def test_no_heavy_imports() -> None:
    code = (
        "import sys, netlang.analysis.summary, netlang.analysis.render.table;"
        "print([m for m in ('torch', 'numpy', 'click', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


TIED = """
block model {
    wte: embedding(100, 8)
    head: linear(100, bias=false, weight=wte.weight)
}

net net {
    input words: int64[16]
    transformer: model
}
"""


def test_tied_weights_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.net"
    path.write_text(TIED, encoding="utf-8")
    found = summarize(load_program(str(path)))
    assert "linear(100, bias=false, weight=transformer.wte.weight)" in str(found)
    layers = json.loads(render_json(found))["layers"]
    told = {row["path"]: row["tied"] for row in layers if "tied" in row}
    assert told == {"transformer.head": {"weight": "transformer.wte.weight"}}


def test_windows_end_before_a_cut_with_weights_that_are_values(tmp_path: Path) -> None:
    """Elements that are cut out are followed one by one; values as weights read no input."""
    path = tmp_path / "net.net"
    path.write_text("""
net net {
    input x: [2, 9]
    w: parameter([4, 2, 3])
    x -> conv(4, 3, weight=w, bias=false) -> slice(-1, axis=1)
}
""", encoding="utf-8")  # fmt: skip
    field = summarize(load_program(str(path))).receptive_field
    assert field is not None
    assert field.figure == 3
