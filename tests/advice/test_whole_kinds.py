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


# A block whose branches differ, with what is missing: `@` is the projection.
WAYS = {
    "identity": "add {{ {step} -> bn; @ }}",
    "in": "add {{ {step}; in@ }}",
    "step": "add {{ {step} -> relu; relu@ }}",
    "label": "x: relu; add {{ {step}; x@ }}",
    "tuple": "x: relu\n    y: {step}\n    (y, x) -> add",
}
# Its parameters, constants, channels, stride and calls.
TERMS = {
    "a constant": ("width", "mid = width * 2; ", "mid", "", ("(8)", "(16)")),
    "the input": ("", "", "in.channels * 2", "", ("", "", "")),
    "the input, a parameter": ("k", "", "in.channels * k", "", ("(2)", "(3)", "(2)")),
    "a stride": ("width, s", "", "width", "s", ("(8, 2)", "(16, 1)", "(64, 2)")),
    "a default": ("width=8, s=1", "", "width", "s", ("", "(16, 2)", "(64, s=2)")),
    "a sum": ("width, s", "", "width", "1 + s", ("(8, 1)", "(16, 0)")),
    "constants": ("w, s", "t = 1 + s; mid = w; ", "mid", "t", ("(8, 1)", "(16, 0)")),
    "an item": ("rows", "", "rows[0]", "rows[1]", ("([8, 2])", "([16, 1])")),
    "numbers": ("", "", "8", "2", ("", "")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("term", TERMS)
def test_a_projection_has_no_number_of_one_call(term: str, way: str) -> None:
    parameters, constants, out, stride, calls = TERMS[term]
    given = f", stride={stride}" if stride else ""
    body = constants + WAYS[way].format(step=f"conv({out}, 3x3, pad=1{given})")
    unit = f"block unit({parameters})".replace("()", "") + " {{ {} }}\n"
    after = "conv(9, 1x1)"  # so that no call gives its value to the next one as it is
    whole = net(*(line for call in calls for line in (f"unit{call}", after)))
    fit = f"conv({out}, 1x1{given})"
    if way == "tuple":
        right = body.replace("(y, x)", f"x -> z: {fit}\n    (y, z)")
    else:
        right = body.replace("@", fit if way == "identity" else f" -> {fit}")
    wrong = unit.format(body.replace("@", "identity" if way == "identity" else "")) + whole
    meant = shape(built(unit.format(right) + whole))
    assert check_source(Source("a.net", wrong))
    assert shape(built(mended(wrong))) == meant, mended(wrong)


AT_STRIDE = "conv(8, 3x3, pad=1, stride=k)"
# Paths that divide the places by more than a stride, or not by it alone.
STRIDED = (
    f"{AT_STRIDE} -> maxpool(2x2)",
    f"{AT_STRIDE} -> upsample(2)",
    f"{AT_STRIDE} -> conv_transpose(8, 2x2, stride=2)",
    f"{AT_STRIDE} -> conv(8, 3x3)",
    f"{AT_STRIDE} -> add {{ maxpool(2x2); avgpool(2x2) }}",
    f"maxpool(2x2) -> {AT_STRIDE}",
    f"half -> {AT_STRIDE}",
    f"{{ maxpool(2x2) }} -> {AT_STRIDE}",
    f"{{ repeat 2 {{ {AT_STRIDE} }} }}",
    "conv(8, 2x2, stride=k)",
    "conv(8, k, pad=k // 2, stride=k)",
    "conv(8, 3x3, pad=same, stride=k) -> conv(8, k, pad=1)",
)
SMALLER = ("maxpool(2x2)", "avgpool(2x2)", "half", "{ repeat 2 { maxpool(2x2) } }")
UNKNOWN = (
    "m = 2 * k; add { conv(m, 3x3, pad=1, stride=k) -> conv(m, 3x3, pad=1, stride=k); identity }",
    "add { other(k); identity }",
    "add { concat { other(k); relu }; identity }",
    "add { { n = in.channels * k; conv(n, 1x1) }; identity }",
    "add { conv(in.channels + k, 1x1) -> conv(here.channels * k, 1x1); identity }",
    "add { conv(in.channels + 1, 1x1) -> conv(here.channels * k, 1x1); tanh }",
    "add { maxpool(1, stride=k) -> conv(in.channels * k, 1x1); conv(k, 1x1, stride=k) }",
    "h: maxpool(1, stride=k); y: conv(2 * k, 1x1); add { y; in }",
    "h: conv(4, 1x1, stride=k); y: conv(2 * k, 1x1); in -> x: relu; (y, x) -> add",
    "y: { t = k + 1; conv(8, 3x3, pad=1, stride=t) }; in -> x: relu; (y, x) -> add",
    "for i in [k] { y: conv(8, 3x3, pad=1, stride=i) }; in -> x: relu; (y, x) -> add",
    "row = [8, 3, k, 1]; add { conv(*row); identity }",
    "c = conv(8, 3x3, pad=1, stride=k); add { c; identity }",
    "add { turned(k + 1); identity }",
    "add { widened(in.channels * k); identity }",
    "flatten -> add { linear(in.channels * k) -> deeper(2); identity }",
    "flatten -> add { linear(in.channels * k) -> concat { identity; relu }; identity }",
    "add { conv(in.channels * k, 1x1) -> conv_transpose(in.channels * 2, 1x1); identity }",
    "add { { repeat k { conv(8, 3x3, pad=1, stride=2) } }; identity }",
    "add { { for i in range(k) { conv(8, 3x3, pad=1, stride=2) } }; identity }",
    "if k > 1 { y: conv(8, 1x1, stride=2) } else { y: conv(8, 1x1) }; in -> x: relu; (y, x) -> add",
    "if k > 1 { y: conv(8, 1x1) } else { y: conv(9, 1x1) }; in -> x: relu; (y, x) -> add",
    *(f"add {{ {path}; identity }}" for path in STRIDED),
    *(f"add {{ {AT_STRIDE}; {path} }}" for path in SMALLER),
    f"add {{ {AT_STRIDE}; {AT_STRIDE}; identity }}",
    f"add {{ {AT_STRIDE}; conv(8, 3x3, pad=1, stride=2); identity }}",
)
OTHER_BLOCKS = {
    "other(": "block other(w) { conv(in.channels * w, 1x1) }\n",
    "half": "block half { maxpool(2x2) }\n",
    "deeper(": "block deeper(w) { linear(in.channels * w) }\n",
    "widened(": "inline block widened(k) { conv(k, 1x1) }\n",
    "turned(": "inline block turned(k) { conv(8, 3x3, pad=1, stride=k) }\n",
}
CALLS = (["unit(3)"], ["unit(4)"], ["conv(9, 1x1)", "unit(2)"], ["unit(2)", "unit(3)", "unit(5)"])


@pytest.mark.parametrize("body", UNKNOWN)
def test_what_no_formula_is_known_for_is_not_written(body: str) -> None:
    """The fix is right for every call and size, or there is none."""
    others = "".join(text for word, text in OTHER_BLOCKS.items() if word in body)
    blocks = f"{others}block unit(k) {{ {body} }}\n"
    refused = 0
    for given in (1, 2, 3, 4):
        text = blocks + net(f"unit({given})")
        refused += bool(check_source(Source("a.net", text)))
        after = mended(text)
        if after != text:
            changed = after.partition("net a")[0]
            for calls, size in product(CALLS, ("32, 32", "31, 31")):
                built(changed + net(*calls).replace("32, 32", size))
    assert refused


REPEATED = (
    "add { concat { identity; relu }; identity }",
    "add { concat { relu; tanh }; conv(8, 1x1) }",
    "add { conv(in.channels * 2, 3x3, pad=1); identity }",
    "add { conv(32, 3x3, pad=1, stride=2) -> maxpool(2x2); identity }",
    "add { conv(32, 3x3, pad=1, stride=2); identity }",
)


@pytest.mark.parametrize("loop", ["repeat 3", "for i in range(3)"])
@pytest.mark.parametrize("body", REPEATED)
def test_a_projection_fits_each_time(body: str, loop: str) -> None:
    """What is right the first time only is not written."""
    text = net(f"{loop} {{ {body} }}")
    assert check_source(Source("a.net", text))
    after = mended(text)
    if after != text:
        built(after)


@pytest.mark.parametrize("stride", ["2", "s"])
@pytest.mark.parametrize("path", ["{} -> maxpool(2x2)", "maxpool(2x2) -> {}", "half -> {}"])
def test_a_projection_of_one_call_has_its_numbers(path: str, stride: str) -> None:
    """In a net without parameters, they are right whatever decides them."""
    step = path.format(f"conv(8, 3x3, pad=1, stride={stride})")
    wrong = OTHER_BLOCKS["half"] + net("s = 2", f"add {{ {step}; identity }}")
    meant = wrong.replace("identity", "conv(8, 1x1, stride=4)")
    if stride == "2":
        wrong, meant = (text.replace("    s = 2\n", "") for text in (wrong, meant))
    if "half" not in step:
        wrong, meant = (text.replace(OTHER_BLOCKS["half"], "") for text in (wrong, meant))
    assert shape(built(mended(wrong))) == shape(built(meant)), mended(wrong)
