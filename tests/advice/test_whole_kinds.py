"""What the examples of suggestions stand for: every kernel, merge, place of a label and formula."""

from __future__ import annotations

from itertools import product

import pytest

from netlang.source import Source
from tests.advice.test_suggestions import built, mended, net, shape
from tests.support import check_source

MERGES = {"add": 3, "concat": 4, "mul": 3}
SIZES = ("32, 32", "H=32, W=32")
KERNELS = [(k, d, m) for k, d, m in product((3, 5, 7), (1, 2), MERGES)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("kernel", "dilation", "merge"), KERNELS)
def test_a_pad_that_is_missing_or_wrong(kernel: int, dilation: int, merge: str, sizes: str) -> None:
    """With sizes that are symbols, it is found as with numbers."""
    right, channels = dilation * (kernel // 2), MERGES[merge]
    given = "" if dilation == 1 else f", dilation={dilation}"
    texts = []
    for pad in (right, 0, right + 1):
        branch = f"conv({channels}, {kernel}x{kernel}, pad={pad}{given})"
        text = net(f"{merge} {{ conv({channels}, 1x1) -> relu; {branch} }}")
        texts.append(text.replace("32, 32", sizes))
    meant = shape(built(texts[0]))
    for wrong in (*texts[1:], texts[1].replace(", pad=0", "")):
        assert len(check_source(Source("a.net", wrong))) == 1
        assert shape(built(mended(wrong))) == meant, mended(wrong)


STEPS = ("conv(8, 3x3, pad=1)", "bn", "relu", "conv(8, 1x1)", "tanh")


@pytest.mark.parametrize("read", range(len(STEPS) - 1))
def test_a_label_inside_of_a_block(read: int) -> None:
    """Whichever step it is on, the label leads to the value that was meant."""
    labelled = [f"s{n}: {step}" if n == read else step for n, step in enumerate(STEPS)]
    steps, call = "; ".join(labelled), f"(b.s{read}, t) -> add"
    wrong = f"block stem {{ {steps} }}\n" + net("b: stem", "t: conv(8, 3x3, pad=1)", call)
    meant = net(f"b: {{ {steps} }}", "t: conv(8, 3x3, pad=1)", call)
    (found,) = [x for x in check_source(Source("a.net", wrong)) if x.severity == "error"]
    assert shape(built(mended(wrong))) == shape(built(meant)), found


FORMULAS = ("width", "width * 2", "2 * width", "width // 2", "width + 8", "(width + 8) // 2")


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("stride", ["", ", stride=2"])
def test_a_projection_is_in_the_parameters_of_its_block(formula: str, stride: str) -> None:
    """It fits each of the block's calls, not just the one that was refused."""
    unit = "block unit(width) {{ add {{ conv({0}, 3x3, pad=1{1}) -> bn; {2} }} }}\n"
    calls = net("unit(8)", "unit(16)", "unit(64)")
    wrong = unit.format(formula, stride, "identity") + calls
    meant = unit.format(formula, stride, f"conv({formula}, 1x1{stride})") + calls
    assert shape(built(mended(wrong))) == shape(built(meant)), mended(wrong)


SHAPES = [
    ", ".join(dims).replace("H=32, H=32", "H=32, H").replace("H=32, 3, H=32", "H=32, 3, H")
    for rank in (1, 2, 3)
    for dims in product(("3", "H=32"), repeat=rank)
]
BODIES = (("(", ")"), ("( ", " )"), ("(", ",)"))


@pytest.mark.parametrize("kind", ["", "int64", "bool"])
def test_a_shape_in_parentheses(kind: str) -> None:
    """Of every rank, with numbers and sizes, one that is named twice among them."""
    for shown in SHAPES:
        meant = f"net a {{\n    input x: {kind}[{shown}]\n    identity\n}}\n"
        for opened, closed in BODIES:
            wrong = meant.replace(f"[{shown}]", f"{opened}{shown}{closed}")
            for text in (wrong, wrong if kind else wrong.replace("x:", "x")):
                assert check_source(Source("a.net", text)), text
                assert shape(built(mended(text))) == shape(built(meant)), text
