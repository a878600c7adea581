"""Folded rows stand for exactly the rows of the net written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from netlang.analysis.render.table import render_table
from netlang.analysis.summary import Summary, summarize
from netlang.elaborate import load_program
from netlang.elaborate.program import elaborate
from netlang.ir.dims import evaluate
from netlang.modules.library import Library
from netlang.modules.nets import net_layer
from netlang.source import Source, Span

LOOPS = """\
block unit(width) {
    conv(width, 1x1) -> relu
}

net a {
    input image: [8, H=16, W=16]
    for i in range(4) {
        b{i}: conv(8, 3x3, pad=1)
    }
    for i in range(3) {
        conv(8, 3x3, pad=1) -> relu
    }
    conv(8, 3x3, pad=1) -> relu
    for width in [8, 8, 16, 16, 16] {
        unit(width)
    }
    deep: {
        for i in range(2) {
            s{i + 1}: { repeat 3 { unit(16) } }
        }
    }
    for i in range(3) {
        e{2 - i}: relu
    }
    concat {
        for i in range(2) {
            unit(4)
        }
    }
    max {
        identity
        for i in range(2) {
            maxpool(1 + 2 * i, stride=1, pad=i)
        }
    }
}
"""
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)(?::(\d+))?\}")


def summary_of(text: str) -> Summary:
    source = Source("loops.net", text)
    module = Library().module(source, None)
    span = Span(source, 0, 0)
    return summarize(elaborate(net_layer(module, "a", span), "a", span))


def written_out(path: str) -> Iterator[str]:
    """Every path that one with ranges stands for: `b{0..2}`, `{2..5}+{0..12:6}`."""
    sums = re.split(r"((?:\{[^}]*\}\+?)+)", path)
    choices = []
    for piece in sums:
        ranges = [range(int(a), int(b) + 1, int(s or 1)) for a, b, s in _RANGE.findall(piece)]
        choices.append([str(sum(terms)) for terms in product(*ranges)] if ranges else [piece])
    return map("".join, product(*choices))


def test_what_is_folded() -> None:
    rows = [(row.path, row.times) for row in summary_of(LOOPS).rows(depth=1)]
    assert rows == [
        ("b{0..3}", 4),
        ("{4..8:2}", 3),
        ("{5..9:2}", 3),
        ("10", 1),
        ("11", 1),
        ("{12..13}", 2),
        ("14", 1),
        ("{15..16}", 2),
        ("deep", 1),
        ("e2", 1),
        ("e1", 1),
        ("e0", 1),
        ("{20..21}", 2),
        ("22", 1),
        ("23", 1),
        ("24", 1),
        ("25", 1),
        ("26", 1),
    ]
    assert ("deep.s{1..2}.{0..2}.0", 6) in [(r.path, r.times) for r in summary_of(LOOPS).rows()]


RATES = """\
block unit(wide, drop) {
    add {
        {
            conv(8, 1x1)
            if wide { relu }
            stochastic_depth(drop)
        }
        identity
    }
    scale(1 + drop)
}

block plain(drop) { relu -> dropout(drop) }

net a {
    input image: [8, H=16, W=16]
    turns: { for i in range(5) { plain(0.1 * i) -> unit(false, 0.1) } }
    for i in range(5) { {i}: unit(i % 2 == 1, 0.0) }
    scaled: { for i in range(3) { unit(false, 0.1 * i) } }
    falling: { for i in range(3) { plain(0.5 - 0.1 * i) -> plain(0.1 if i == 1 else 0.0) } }
}
"""


def test_rates_of_what_only_training_does_may_differ() -> None:
    """Other numbers may not, nor rates beyond the first and last; alternating forms have rows."""
    found = summary_of(RATES)
    lines = render_table(found, depth=2).splitlines()
    told = [
        line.split("  [")[0].strip().split(None, 1)
        for line in lines
        if "unit" in line or "pla" in line
    ]
    assert told == [
        ["turns.{0..8:2}", "5 x plain(0..0.4)"],
        ["turns.{1..9:2}", "5 x unit(false, 0.1)"],
        ["{0..2:2}", "2 x unit(false, 0)"],
        ["{1..3:2}", "2 x unit(true, 0)"],
        ["4", "unit(false, 0)"],
        ["scaled.0", "unit(false, 0)"],
        ["scaled.1", "unit(false, 0.1)"],
        ["scaled.2", "unit(false, 0.2)"],
        ["falling.{0..2:2}", "2 x plain(0.5..0.4)"],
        ["falling.{1..3:2}", "2 x plain(0..0.1)"],
        ["falling.4", "plain(0.3)"],
        ["falling.5", "plain(0)"],
    ]
    assert sum(row.totals.params for row in found.rows() if row.is_leaf) == found.params


def test_a_rate_may_be_the_default_at_one_end() -> None:
    text = "net a { input x: [4]\n for i in range(3) { dropout(0.1 * i + 0.3) } }"
    found = render_table(summary_of(text), depth=2)
    assert "3 x dropout(p=0.3..0.5)" in found


@pytest.mark.parametrize(
    "spec", ["", "vit_b_16", "regnet_y_400mf", "vgg11", "shufflenet_v2_x1_0", "swin_t"]
)
def test_folded_rows_are_those_written_out(spec: str) -> None:
    found = summarize(load_program(spec)) if spec else summary_of(LOOPS)
    folded: dict[str, tuple[object, ...]] = {}
    for row in found.rows():
        paths = list(written_out(row.path))
        assert row.callee is None or len(paths) == row.times
        macs = evaluate(row.totals.macs, {})
        share = (row.kind, row.types, row.totals.params / len(paths), macs / len(paths))
        assert not folded.keys() & paths
        folded |= dict.fromkeys(paths, share)
    assert folded == {
        row.path: (row.kind, row.types, row.totals.params, evaluate(row.totals.macs, {}))
        for row in found.rows(fold=False)
    }
