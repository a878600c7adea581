"""Mistakes of every kind, each planted in a small file, and right texts that look like them."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["PLANTED", "RIGHT", "image", "recipe"]


def image(steps: str, shape: str = "[3, 32, 32]", head: str = "") -> str:
    """A file with one net of some steps."""
    return f"{head}net a {{\n    input image: {shape}\n    {steps}\n}}\n"


def siamese(steps: str, head: str = "", shape: str = "[8]") -> str:
    """A file with one net of two inputs, `x` and `y`, and some steps."""
    return f"{head}net a {{\n    input x: [8]\n    input y: {shape}\n    {steps}\n}}\n"


def recipe(steps: str, *keys: str, loss: str = "cross_entropy", length: str = "epochs: 50") -> str:
    """A net for CIFAR-10 and a recipe of it."""
    lines = ["model: a", "data: cifar10", f"loss: {loss}", "optimizer: sgd(lr=0.1)", "batch: 32"]
    return image(steps) + f"\ntrain t {{ {'; '.join([*lines, length, *keys])} }}\n"


CLASSIFIER = "conv(8, 3x3) -> relu -> gap -> flatten -> linear(10)"
HEAD = "block head(n) { linear(n) }\n"
DEEP = "block inner { relu; linear(3) }\nblock outer { inner }\nblock deep { outer }\n"
LIGHT = "block inner { relu }\nblock outer { inner }\n"
EXIT = "conv(16, 3x3, pad=1); output early: gap -> flatten -> linear(10)"
TWO = "block two { input x; input y; x -> softmax(1) -> z: relu; (z, y) -> add }\n"

PLANTED: dict[str, list[str]] = {
    "W0101": [
        image("relu", head="from blocks.residual import basic\n"),
        image("basic(8)", head="from blocks.residual import (basic, bottleneck)\n"),
        image("relu", head="from blocks.residual import basic as relu2\n"),
        "from blocks.residual import basic\n\nblock b { relu }\n",
    ],
    "W0102": [image("relu", head="width = 3\n"), image("relu", head="a1 = 3\na2 = a1\n")],
    "W0103": [
        image("relu", head="block b { relu }\n"),
        image("relu", head="block b { relu }\nblock c { b }\n"),
        recipe(CLASSIFIER) + "block b { relu }\n",
    ],
    "W0115": [
        image("relu", head="f(a) = a + 1\n"),
        image("relu", head="f(a) = a + 1\ng(a) = f(a)\n"),
    ],
    "W0104": [
        image("conv(len([1 for k in [2, 3]]), 1x1)"),
        image("for i in range(3) { relu }"),
        image("for i in [1, 2] { for j in [1, 2] { conv(j, 1x1) } }"),
        image("for i, j in [(1, 2)] { conv(i, 1x1) }"),
        image("for i in [1] { relu }; conv(i, 1x1)", head="i = 3\n"),
        image("add { for i in range(2) { relu } }"),
        "block b { for i in range(3) { relu } }\n",
    ],
    "W0105": [
        image("for i in range(3, 1) { conv(i, 1x1) }; relu"),
        image("for i in range(0) { conv(i, 1x1) }; relu"),
        image("for i in range(1, 9, -1) { conv(i, 1x1) }; relu"),
        image("repeat 0 { relu }; relu"),
        image("repeat n // 4 { relu }; relu", head="n = 3\n"),
        image("for i in widths { conv(i, 1x1) }; relu", head="widths = []\n"),
        "block b { relu; repeat 0 { relu } }\n",
    ],
    "W0106": [
        image("relu  # allow W0201"),
        image("# allow W0104\n    relu"),
        image("relu\n    # allow W0104"),
        image("conv(3, 1x1)\n    relu\n    linear(4)  # allow W0201, W0202"),
    ],
    "W0107": [
        image("add { conv(3, 1x1); relu; identity }"),
        image("concat { conv(3, 1x1); bn; relu; conv(8, 1x1) }"),
        image("mul { maxpool(3x3, stride=1, pad=1) -> conv(3, 1x1); dropout(0.5); identity }"),
        image("add { unit; norm; identity }", head="block unit { relu }\nnorm = bn(eps=0.1)\n"),
        image("add { conv(3, 1x1) -> bn; relu; identity }"),
        image("add { conv(3, 1x1) -> relu -> unit -> norm; dropout(0.5); identity }",
              head="block unit { relu }\nnorm = bn(eps=0.1)\n"),
        image("m { conv(3, 1x1); relu; identity }", head="m = add\n"),
        image("m { conv(3, 1x1); relu }", head="m = concat(axis=0)\n"),
        image("add { conv(3, 1x1); relu }; conv(add, 1x1)", head="add = 3\n"),
        image("c = conv(3, 1x1); act = relu; add { c; act; identity }"),
    ],
    "W0108": [
        siamese("e = linear(3); x -> p: e; y -> q: e; (p, q) -> add"),
        siamese("x -> p: e; y -> relu -> q: e(); (p, q) -> add", "e = linear(3)\n"),
        siamese("e = head(3); x -> p: e; y -> q: e; (p, q) -> add", HEAD),
        siamese("x -> p: e; y -> q: e; (p, q) -> add", f"{DEEP}e = deep()\n"),
        siamese("e = linear(3); x -> s: { relu; p: e }; y -> q: e; (s, q) -> add"),
        siamese("e = linear(3); x -> p: e -> relu; output u; y -> q: e -> relu; output v"),
        siamese("e = linear(3); x -> relu; output p: e; y -> q: e; output q"),
        siamese("(x, y) -> b", "e = linear(3)\nblock b { input u; input v; u -> p: e; v -> q: e;"
                " (p, q) -> add }\n"),
    ],
    "W0109": [
        image("conv(8, 1x1); output p: conv(2, 1x1); relu; output q: conv(4, 1x1)"),
        image("y: relu; output p: conv(2, 1x1) -> relu; tanh -> conv(2, 1x1); output q"),
        image("relu; output p: conv(2, 1x1); output c: relu; add { relu; identity }; output q"),
        image("flatten; output p: linear(10); linear(20) -> linear(5); output q"),
        image("z: b; output u: z.p; output v: z.q", head="block b { relu; output p: conv(2, 1x1);"
              " tanh; output q }\n"),
        image("repeat 2 { relu }; output p: conv(2, 1x1); tanh; output q"),
        image("relu: relu; output p: conv(2, 1x1); tanh; output q"),
        image("if: relu; output p: conv(2, 1x1); tanh; output q"),
        image("head: relu; output p: conv(2, 1x1); tanh; output q; output r: head()",
              head="block head { relu }\n"),
        image("act = leaky_relu(0.2); act: act; output p: conv(2, 1x1); tanh; output q"),
        image("relu; output p: conv(2, 1x1); repeat 2 { conv(3, 1x1) -> relu }; output q"),
        image("relu; output p: conv(2, 1x1); { tanh -> relu }; output q"),
        image("relu; output p: conv(2, 1x1); for k in [1, 3] { conv(4, k) }; output q"),
        image("relu; output p: conv(2, 1x1); if true { { tanh }; relu }; output q"),
        image("relu; output p: conv(2, 1x1); if false { gelu } else { tanh }; output q"),
        image("relu; output p: conv(2, 1x1); { if false { gelu } }; { tanh }; output q"),
        image("relu; output p: conv(2, 1x1); if false { y: gelu }; tanh; output q"),
    ],
    "W0110": [
        image("unit(3)", head="block unit(n) { add { conv(n, 3x3, pad=1); "
              "if in.channels != n { conv(n, 1x1) } } }\n"),
        image("mul { { conv(3, 1x1) -> relu }; if false { conv(3, 1x1) -> sigmoid } }"),
        image("repeat 2 { add { if false { conv(3, 1x1) }; conv(3, 1x1) } }"),
    ],
    "W0111": [
        siamese("(x, y) -> one", "block one { input p; input q; p -> relu }\n"),
        siamese("(x, y) -> one(2)",
                "block one(n) { for i in range(n) { input p{i} }; input q; p0 -> relu }\n")
        .replace("input y: [8]", "input y: [8]; input z: [8]").replace("(x, y)", "(x, y, z)"),
    ],
    "W0201": [
        image("conv(8, 3x3) -> relu -> linear(10)"),
        image("conv(8, 3x3) -> gap -> head(10)", head=HEAD),
        image("maxpool(2x2) -> dropout(0.5); output logits: linear(10)"),
        image("conv(8, 3) -> linear(10)", "[1, 64]"),
        image("linear(10)", "[1, 28, 28]"),
        image("gap -> linear(10)", "[512, 7, 7]"),
        image("global_maxpool -> dropout(0.5) -> linear(10)", "[512, 20]"),
        image("repeat 3 { conv(8, 3x3, pad=1) -> bn -> relu }; linear(10)"),
        image("conv(8, 3x3) -> flatten(1) -> linear(10)"),
        image("flatten(start=1) -> relu -> dropout(0.1) -> linear(10)"),
        image("conv(8, 3x3); places: flatten(1); head(10)", head=HEAD),
        image("add { conv(3, 1x1); identity }; linear(10)"),
        image("conv(8, 3x3)\n    { relu -> fc: linear(10) }"),
        image("inner -> relu", head="net inner {\n    input x: [3, 32, 32]\n    linear(10)\n}\n\n"),
    ],
    "W0202": [
        image("conv(3, 64, 3)", "[3, 224, 224]"),
        image("conv(3, 6, 5)"),
        image("conv(3, 16, 1)"),
        image("conv(3, 64, 7, pad=3)", "[3, 224, 224]"),
        image("conv(in_channels, 10, 5)", head="in_channels = 3\n"),
        image("conv(8, 3x3) -> conv_transpose(8, 16, 3)"),
        image("stem(64)", "[3, 224, 224]", "block stem(n) { conv(in.channels, n, 3) }\n"),
        image("lstm(32, 64)", "[16, 32]"),
        image("linear(64) -> rnn(64, 128) -> gru(32, 4)", "[16, 32]"),
    ],
    "W0203": [
        image("conv(21, 1x1) -> softmax(1)"),
        image("conv(21, 1x1) -> log_softmax(axis=1)"),
        image("conv(3, 1x1) -> x: relu; (x, image) -> two", head=TWO),
    ],
    "W0206": [
        image("concat(axis=1) { conv(3, 1x1); identity }"),
        image("conv(3, 1x1) -> y: relu; (y, image) -> concat(1)"),
        image("stack(1) { relu; tanh }", head="stack = concat\n"),
    ],
    "W0204": [
        image("conv(8, 3x3)", "[224, 224, 3]"),
        image("relu -> conv(8, 1x1)", "[28, 28, 1]"),
        image("conv(8, 1x1)", "[480, 640, 3]"),
        image("conv(8, 1x1) -> gap", "[64, W=64, 3]"),
        "net b(n=3) {\n    input x: [32, 32, n]\n    conv(4, 3x3)\n}\n\nnet c = b(3)\n",
    ],
    "W0205": [
        image("flatten -> linear(10)", "[8, 3, 224, 224]"),
        image("conv(8, 3, pad=1) -> relu", "[1, 1, 28, 28]"),
        image("relu", "[B=8, 3, H=32, W=32]"),
        image("conv(batch, 1)", "[batch, 3, 32, 32]", "batch = 8\n"),
        image("conv(bs, 1)", "[bs, 1, 64, 64]").replace("net a", "net a(bs=4)"),
        "net a {\n    input x: [8]\n    input y: [256, 3, 32, 32]\n    y -> flatten -> z: relu\n"
        "    (x, z) -> concat\n}\n",
    ],
    "W0301": [
        recipe("flatten -> linear(10) -> softmax"),
        recipe("flatten -> linear(10) -> softmax -> identity"),
        recipe("classify", loss="cross_entropy(output, label)")
        + "block classify { flatten -> linear(10) -> softmax }\n",
        recipe(CLASSIFIER, loss="cross_entropy(softmax(output), label)"),
        recipe("flatten -> linear(10) -> sigmoid", loss="focal"),
        recipe("flatten -> linear(10) -> sigmoid"),
        recipe(CLASSIFIER, loss="cross_entropy(sigmoid(output), label)"),
        recipe("flatten -> linear(10); auxiliary p: softmax; identity",
               loss="cross_entropy(output, label) + 0.3 * cross_entropy(p, label)"),
    ],
    "W0302": [
        recipe(CLASSIFIER, "schedule: multistep([30, 60])"),
        recipe(CLASSIFIER, "schedule: multistep([25, 50])"),
        recipe(CLASSIFIER, "schedule: step(50)"),
        recipe(CLASSIFIER, "schedule: warmup(5) -> step(45)"),
        recipe(CLASSIFIER, "schedule: multistep([9, 20], length=10) -> cosine"),
        recipe(CLASSIFIER, "schedule: multistep([900, 1000], unit=steps)", length="steps: 1000"),
    ],
    "W0303": [
        recipe("flatten -> linear(20); auxiliary p: linear(10); output q: linear(10)"),
        recipe("flatten -> linear(20); auxiliary p: linear(10); output q: linear(10)",
               loss="cross_entropy(q, label) + 0.01*l2_penalty"),
    ],
}  # fmt: skip

_ATTENTION = "reshape([4, 8, 96]) -> softmax(1)"

RIGHT: list[str] = [
    # The names of a body hide operators.
    image("b(identity)", head="block b(f) { gelu = f; add { conv(3, 1x1); gelu; identity } }\n"),
    image("b(relu)", head="block b(f) { conv = f; add { conv; relu; identity } }\n"),
    image("b", head="block b(relu=identity) { add { conv(3, 1x1); relu; identity } }\n"),
    image("for gelu in [relu, tanh] { add { conv(3, 1x1); gelu; identity } }"),
    # Places that are mapped to as many, moved in front of the channels, or joined with them.
    image("conv(8, 3x3, pad=1) -> flatten(1) -> linear(1024)"),
    image("conv(8, 3x3) -> flatten(1) -> transpose([1, 0]) -> linear(10)"),
    image("conv(8, 3x3) -> flatten(1) -> maxpool(2) -> linear(10)"),
    image("flatten(1) -> flatten -> linear(10)"),
    image("flatten(0, 1) -> linear(10)"),
    image("flatten(1) -> linear(10)", "[8, 8, 8]"),
    image("concat(axis=-2) { conv(3, 1x1); identity }"),
    image("transpose([1, 2, 0]) -> concat(axis=1) { relu; tanh }"),
    image("concat(axis=1) { relu; tanh }", "[3, 64]"),
    image("add { conv(3, 1x1); if false { identity } }"),
    image("y: relu; add { conv(3, 1x1); if false { y } }"),
    image("add { conv(8, 1x1); if false { conv(8, 1x1) } }"),
    image("add { conv(3, 1x1); if false { conv(3, 1x1) } else { identity } }"),
    image("add { conv(3, 1x1); if true { conv(3, 1x1) } }"),
    siamese("(x, y) -> u: one; (x, y) -> v: one(c=true); (u, v) -> add",
            "block one(c=false) { input p; input q; p -> r: relu; if c { (r, q) -> add } }\n"),
    siamese("(x, y) -> one", "block one { input p; input q; add }\n"),
    image("add { identity; relu }; concat { relu; tanh }; mul { conv(6, 1x1); { sigmoid } }"),
    image("add { conv(3, 1x1) -> bn; conv(3, 3x3, pad=1) -> bn; bn }"),
    image("mul { conv(3, 1x1) -> relu; bn }; add { tanh -> bn; relu }"),
    image("lstm(32, 2) -> gru(32, layers=12) -> rnn(64, 16)", "[16, 32]"),
    image("add { conv(3, 1x1); relu }", head="block add { body }\n"),
    image("m { conv(3, 1x1); relu }", head="block m { body }\n"),
    image("y: conv(3, 1x1); add { y; relu }; concat { { conv(3, 1x1) -> relu }; bn }"),
    image("unit = conv(3, 1x1); repeat 2 { unit }; for i in [1, 2] { p{i}: unit }"),
    image("unit = conv(3, 1x1); p: unit; concat { p; image }; q: unit; (p, q) -> add"),
    image("c3 = conv(8, 3x3, pad=1); conv1: c3 -> relu; conv2: c3 -> relu"),
    image("unit = conv(3, 1x1); p: unit; q: unit; (p, q) -> add"),
    image("p: c3; image -> q: c3(); (p, q) -> add", head="c3 = conv(3, 1x1)\n"),
    image("trunk: relu; trunk -> p: e; trunk -> q: e; (p, q) -> add", "[3]",
          head=f"{HEAD}e = head(3)\n"),
    image("c = conv(4, 1x1); e = conv(4, 3x3, pad=1); p: c -> q: e; image -> r: c -> s: e;"
          " (q, s) -> add"),
    siamese("e = linear(8); x -> p: e -> r: e; y -> q: e -> s: e; (r, s) -> add"),
    siamese("e = linear(8); x -> relu; repeat 2 { e }; p: relu; y -> q: e; (p, q) -> add"),
    siamese("e = linear(3); x -> p: e; y -> q: e; (p, q) -> add", shape="[4]"),
    siamese("x -> p: e; y -> q: e; (p, q) -> add", f"{LIGHT}e = outer()\n"),
    image(f"{EXIT}; conv(16, 3x3, pad=1) -> relu; output late"),
    image(f"{EXIT}; add {{ conv(16, 3x3, pad=1); identity }}; output late"),
    image("relu; output early: classify(10); conv(16, 3x3); output late",
          head="block classify(n) { gap -> flatten -> linear(n) }\n"),
    image("norm = bn(eps=0.1); p: norm; q: norm; (p, q) -> add"),
    image("act = leaky_relu(0.2); p: act; q: act; (p, q) -> add"),
    image("y: relu; output p: conv(2, 1x1); y -> tanh; output q"),
    image("y: relu; output p: conv(2, 1x1); tail: tanh; output q: tail"),
    image("y: relu; output p: y; tanh; auxiliary c: relu; relu; output q"),
    image("y: relu; output p: conv(2, 1x1); add { y; image }; output q"),
    *(
        image(f"relu; output p: conv(2, 1x1); {after}; output q")
        for after in (
            "if false { conv(3, 1x1) }",
            "if false { conv(3, 1x1) } else { image -> tanh }",
            "{ if false { conv(3, 1x1) } } -> tanh",
        )
    ),
    "from blocks.residual import basic, bottleneck\n",
    "width = 3\n\nblock b { relu }\n",
    image("relu", head="n = 3\nassert n == 3\n"),
    image("conv(b, 1x1)", head="a1 = 3\nb = a1 + 1\n"),
    image("stack(relu)", head="block stack(act) { act }\n"),
    image("stack(unit)", head="block unit { relu }\nblock stack(act) { act }\n"),
    image("b(8)", head="wide = 2\nblock b(n, hidden=n * wide) { conv(hidden, 1x1) }\n"),
    image("for _ in range(3) { relu }"),
    image("for i in range(2) { stage{i}: conv(8, 1x1) }"),
    image('for i in range(2) { "stage {i}": conv(8, 1x1) }'),
    image("for act in [relu, silu] { act }"),
    image("for i in [1, 2] { for j in range(i) { conv(j + 1, 1x1) } }"),
    image("for i in [1, 2] { assert i > 0; relu }"),
    image("deep(0)", head="block deep(n) { relu; repeat n { relu } }\n"),
    image("for n in [0, 2] { repeat n { relu } }"),
    image("n = 1; repeat n { relu }", head="n = 0\n"),
    image("repeat n - 1 { relu }; relu", head="n = 2\n"),
    image("for i in range(4, 1, -1) { conv(i, 1x1) }"),
    image("conv(8, 3x3) -> flatten -> linear(10)"),
    image("conv(8, 3x3) -> gap -> flatten -> linear(10)"),
    image("conv(8, 3x3) -> transpose([1, 2, 0]) -> layer_norm -> linear(10)"),
    image("conv(8, 3x3) -> reshape([8, 900]) -> linear(10)"),
    image("linear(10)", "[128, 64]"),
    image("linear(10)", "[8, 32, 64]"),
    image("embedding(100, 8) -> linear(10)", "int64[16]"),
    image("conv(3, 7, 2)"),
    image("conv(64, 16, 16)", "[64, 32, 32]"),
    image("conv(3, 4, 2) -> conv(3, 3, 1)"),
    image("conv(32, 31, 1, groups=32)", "[32, 64, 64]"),
    image("conv(64, 3, 3)"),
    image("conv(3, kernel=64, stride=3)", "[3, 224, 224]"),
    image("conv(8, 3x3) -> softmax(0)"),
    image("conv(8, 3) -> softmax(1)", "[1, 64]"),
    image(_ATTENTION),
    image("softmax(1)", "[8, 16, 16]"),
    image("conv(8, 3x3x3, pad=1)", "[1, 3, 64, 64]"),
    image("conv(8, 3)", "[3, 3, 224, 224]"),
    image("conv(8, 3)", "[3, 16, 224, 224]"),
    image("conv(8, 3, pad=1)", "[8, 3, 4, 4]"),
    image("conv(8, 3)", "[4, 3, 64, 80]"),
    image("relu", "[b=8, 64]"),
    image("stage", "[64, 3, 56, 56]", "block stage { conv(64, 3x1x1, pad=1x0x0) }\n"),
    image("transpose([2, 0, 1]) -> conv(8, 3x3)", "[224, 224, 3]"),
    image("conv(8, 3x3)", "[64, 8, 3]"),
    image("flatten -> linear(10)", "[28, 28, 1]"),
    image("conv(8, 4, stride=4) -> flatten(1) -> transpose([1, 0]) -> gap -> linear(10)"),
    image("transpose([1, 0]) -> layer_norm -> gap -> linear(10)", "[64, 196]"),
    recipe(CLASSIFIER),
    recipe(CLASSIFIER + " -> log_softmax"),
    recipe(CLASSIFIER + " -> softmax", loss="dice"),
    recipe(CLASSIFIER, "schedule: multistep([30, 49])"),
    recipe(CLASSIFIER, "schedule: warmup(5) -> step(44)"),
    recipe(CLASSIFIER, "schedule: step(1000, unit=steps)"),
    image("conv(3, 6, 5)  # allow W0202"),
    image("# allow W0202, W0203 as in the paper\n    conv(3, 6, 5) -> softmax(1)"),
    image("# a word on it\n    # allow W0202\n\n    conv(3, 6, 5)"),
    image("conv(\n        3,  # allow W0202\n        6,\n        5,\n    )"),
    image("x: {\n        conv(3, 6, 5)  # allow W0202\n    }"),
    image("b", head="block b { conv(3, 6, 5) }  # allow W0202\n"),
    image("b  # allow W0202", head="block b { conv(3, 6, 5) }\n"),
    "# allow W0201\nblock b { relu }\n\nblock c {\n    linear(3)  # allow W0201\n}\n",
    "# allow W0108, W0109\nblock b {\n    relu\n}\n\nblock c {\n    relu  # allow W0109\n}\n",
    image("relu", head="from blocks.residual import basic  # allow W0101: others import it\n"),
    image("relu", head="# allow W0103\nblock spare {\n    relu\n}\n\n"),
    image('assert true, "# allow W0201"; relu', head="# they allow W0201 # allow W0202\n"),
    recipe(CLASSIFIER, "schedule: step(50)").replace("; epochs", "\n    epochs").replace(
        "step(50)", "step(50)  # allow W0302\n    "
    ),
]  # fmt: skip


def all_planted() -> Iterator[tuple[str, str]]:
    """Each code with each of its texts."""
    for code, texts in PLANTED.items():
        for text in texts:
            yield code, text
