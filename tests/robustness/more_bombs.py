"""Fifty more bombs: names, values, texts, errors, recipes, comments, imports, files that aren't."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["MORE_BOMBS", "MORE_FILES"]


def _net(body: str, head: str = "", shape: str = "[8, H=32, W=32]") -> str:
    return f"{head}net a {{\n    input x: {shape}\n    {body}\n}}\n"


def _each(count: int, text: str, between: str = "\n") -> str:
    """A text so many times, its number in the place of `@`."""
    return between.join(text.replace("@", str(number)) for number in range(count))


def _doubled(first: str, again: str, times: int) -> str:
    """Constants, each made of the one before, which stands for `@`."""
    lines = [again.replace("@", f"l{i}") for i in range(times)]
    return f"l0 = {first}\n" + "".join(f"l{i + 1} = {line}\n" for i, line in enumerate(lines))


def _repeated(blocks: int, times: str) -> str:
    """Blocks inside each other, the body of each inside two repeats."""
    opened = f"repeat {times} {{ " * 2
    return "block b0 { conv(8, 1x1) }\n" + "".join(
        f"block b{i + 1} {{ {opened} b{i} {'}' * 2} }}\n" for i in range(blocks)
    )


def _recipe(keys: str, head: str = "") -> str:
    model = "net a { input x: [3, 32, 32]; gap -> flatten -> linear(10) }\n"
    known = "model: a; data: cifar10; optimizer: sgd(lr=0.1); batch: 32; epochs: 9"
    return f"{head}{model}train t {{ {known}; {keys} }}\n"


_VALUES: dict[str, Callable[[], str]] = {
    "lists inside lists 60 deep": lambda: _net(
        "conv(len(l60), 1x1)", _doubled("[1]", "[@, @]", 60)
    ),
    "lists inside lists, compared": lambda: _net(
        "conv(1 if l12 == [l11, l11] else 2, 1x1)", _doubled("[1]", "[@, @]", 12)
    ),
    "layers inside layers 60 deep": lambda: _net(
        "l60", "block c(f, g) { f -> g }\n" + _doubled("relu", "c(@, @)", 60)
    ),
    "layers inside layers, each once": lambda: _net(
        "l90", "block c(f) { f -> relu }\n" + _doubled("relu", "c(@)", 90)
    ),
    "a number that is what it was made of": lambda: _net(
        "b(1) -> b(2)",
        "block b(m0) {\n"
        + "\n".join(f"m{i + 1} = m{i} + m{i}" for i in range(80))
        + "\nconv(1 if m80 > 3 else 2, 1x1)\n}\n",
    ),
    "a number handed on and doubled": lambda: _net(
        "b60(1)",
        "block b0(n) { conv(n, 1x1) }\n"
        + "".join(f"block b{i + 1}(n) {{ b{i}(n + n) -> relu }}\n" for i in range(60)),
    ),
    "channels doubled 60 times": lambda: _net(
        "b", "block b {\n repeat 60 { concat { identity; identity } }\n relu\n}\n"
    ),
    "powers of ten thousand": lambda: _net("conv(10 ** 10_000, 1x1)"),
    "a power of minus": lambda: _net("conv(2 ** -(10 ** 29), 1x1)"),
    "a remainder of huge numbers": lambda: _net(f"conv({'9' * 30} % {'7' * 30} ** 2, 1x1)"),
    "a tower of products": lambda: _net("conv(l40, 1x1)", _doubled("2", "@ * @", 40)),
    "strings doubled": lambda: _net("conv(len([l40]), 1x1)", _doubled('"ab"', "@ + @", 40)),
    "a string times 10^9": lambda: _net('conv(len(["a" * 1_000_000_000]), 1x1)'),
    "lists times lists": lambda: _net("conv(len(l9), 1x1)", _doubled("[1] * 9", "@ * 999", 9)),
    "pairs of 10^6": lambda: _net("conv(len(zip(range(1_000_000), range(1_000_000))), 1x1)"),
    "numbered 10^6": lambda: _net("for i, j in enumerate(range(1_000_000)) { conv(j, 1x1) }"),
    "a float that is too large": lambda: _net("conv(round(1e308 * 10), 1x1)"),
    "a range of floats": lambda: _net("dropout(0.1..1e308)"),
    "a sum of 10^5 terms": lambda: _net(f"conv({'1 + ' * 100_000}1, 1x1)"),
    "a comparison of 10^4 numbers": lambda: _net("relu", f"c = {_each(10_000, '@', ' < ')}\n"),
    "10^4 conditions": lambda: _net("relu", f"c = {_each(10_000, 'true', ' and ')}\n"),
    "10^4 otherwise": lambda: _net("relu", f"c = {_each(10_000, '1 if false else ', '')}2\n"),
}
_STEPS: dict[str, Callable[[], str]] = {
    "a kernel of 10^30": lambda: _net(f"conv(8, {10**30 - 1})"),
    "a pad of 10^29": lambda: _net(f"conv(8, 1x1, pad={10**29})"),
    "outputs of 10^6": lambda: _net("for i in range(1_000_000) { output o{i}: relu }"),
    "branches of 10^6": lambda: _net("add { for i in range(1_000_000) { relu } }"),
    "periods of many axes": lambda: _net(
        "maxpool(1, stride=997) -> conv_transpose(8, 1, stride=991) -> maxpool(1, stride=983)",
        shape="[8, D=3000, H=3000, W=3000]",
    ),
    "a size to the fifth": lambda: _net("flatten -> linear(4)", shape="[A=2, B=2, C=2, D=2, E=2]"),
    "conditions on a product": lambda: _net("assert x.height * x.width * x.height == 32_768; relu"),
    "a remainder by a prime": lambda: _net("assert x.height % 99991 == 32; relu"),
    "a lstm of 10^9 layers": lambda: _net("lstm(8, layers=1_000_000_000)", shape="[9, 8]"),
    "a split of 10^9": lambda: _net("split(1_000_000_000)", shape=f"[{10**9}, 4]"),
}
_ERRORS: dict[str, Callable[[], str]] = {
    "3,000,000 lines of comments": lambda: (
        "#\n" * 3_000_000 + "net a {\n    input x: [4]\n    relu\n}\n"
    ),
    "a string of 5 MB that isn't closed": lambda: (
        'net a {\n    input x: [4]\n    "' + "x" * 5_000_000
    ),
    "16,000 layers that don't exist": lambda: (
        "net a {\n    input x: [4]\n" + "".join(f"    lnear{i}(4)\n" for i in range(16_000)) + "}\n"
    ),
    "1,000 unknown names": lambda: _net(_each(1000, "conw@")),
    "1,000 unknown names after arrows": lambda: _net(_each(1000, "relu -> up@")),
    "1,000 labels behind their steps": lambda: _net(
        _each(1000, "relu -> up@") + "\n" + _each(1000, "up@ -> relu")
    ),
    "600 unknown values": lambda: _net(_each(600, "conv(widht@, 1x1)")),
    "5,000 false asserts": lambda: _net("relu") + _each(5000, "assert a.params == 3") + "\n",
    "a block of 50,000 parameters": lambda: (
        _net("relu") + f"block b({_each(50_000, 'p@=1', ', ')}) {{ relu }}\n"
    ),
    "1,000 steps that lead nowhere": lambda: _net(_each(1000, "x -> relu")),
    "1,000 labels twice": lambda: _net(_each(1000, "y: relu")),
    "5,000 definitions twice": lambda: _each(5000, "block b { relu }") + "\n",
    "1,000 unclosed strings": lambda: _net(_each(1000, '"y: relu')),
    "10^4 wrong characters": lambda: _net("relu " + "?" * 10_000),
    "10^4 statements without commas": lambda: _net(_each(10_000, "conv 3")),
    "10^4 comments that allow nothing": lambda: _net(_each(10_000, "# allow W0201") + "\nrelu"),
    "a comment that allows 10^4": lambda: _net(f"relu  # allow {_each(10_000, 'W0201', ', ')}"),
}
_RECIPES: dict[str, Callable[[], str]] = {
    "a recipe of 10^4 keys": lambda: _recipe(_each(10_000, "batch: 3", "; ")),
    "1,000 augmentations": lambda: _recipe(
        f"loss: cross_entropy; augment: {_each(1000, 'hflip', ' -> ')}"
    ),
    "1,000 steps that take turns": lambda: _recipe(
        _each(1000, 'step s@ { train: ["l@"]; loss: cross_entropy; optimizer: sgd(lr=0.1) }', "; ")
    ),
    "an augmentation of 10^9": lambda: _recipe(
        "loss: cross_entropy; augment: random_crop(1_000_000_000)"
    ),
    "epochs of 10^29": lambda: _recipe("loss: cross_entropy").replace(
        "epochs: 9", f"epochs: {10**29}"
    ),
    "a recipe for a repeat of 10^9": lambda: _recipe("loss: cross_entropy").replace(
        "gap", "repeat 1_000_000_000 { conv(3, 1x1) }; gap"
    ),
    "a recipe for blocks doubling 60 deep": lambda: _recipe(
        "loss: cross_entropy",
        "block b0 { conv(3, 1x1) }\n"
        + "".join(f"block b{i + 1} {{ b{i} -> b{i} }}\n" for i in range(60)),
    ).replace("gap", "b60; gap"),
    "a recipe for repeats in blocks, 10^5220 times": lambda: _recipe(
        "loss: cross_entropy", _repeated(90, "10 ** 29").replace("conv(8", "conv(3")
    ).replace("gap", "b90; gap"),
}
_FIELDS: dict[str, Callable[[], str]] = {
    "repeats 40 deep": lambda: _net(
        "repeat 9 {\n" * 20 + "conv(8, 3x3, pad=1)\n" + "}\n" * 20, shape="[8, H=64, W=64]"
    ),
    "repeats in blocks 166 deep": lambda: _net("b83", _repeated(83, "2")),
    "repeats in blocks, 10^5220 times": lambda: _net("b90", _repeated(90, "10 ** 29")),
    "blocks doubling 60 deep whose windows alternate": lambda: _net(
        "b60",
        "block b0 { conv(8, 3x3, pad=1) -> maxpool(2x2) -> upsample(2) }\n"
        + "".join(f"block b{i + 1} {{ b{i} -> b{i} }}\n" for i in range(60)),
    ),
    "a thousand images": lambda: (
        f"net a {{\n{_each(1000, 'input x@: [8, H=32, W=32]')}\nx0 -> p0: relu\n"
        + "".join(f"(p{i}, x{i + 1}) -> add -> p{i + 1}: conv(8, 3x3, pad=1)\n" for i in range(999))
        + "}\n"
    ),
}
MORE_BOMBS: dict[str, Callable[[], str]] = {
    **_VALUES,
    **_STEPS,
    **_ERRORS,
    **_RECIPES,
    **_FIELDS,
}

MORE_FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "diamonds of imports": lambda: {
        "main.net": b"from m0 import b\n" + _net("b").encode(),
        **{
            f"m{i}.net": f"from m{i + 1} import b as c\nfrom m{i + 2} import b as d\n"
            "block b { c -> d }\n".encode()
            for i in range(80)
        },
        "m80.net": b"block b { relu }\n",
        "m81.net": b"block b { relu }\n",
    },
    "an import of 1,000 names that aren't": lambda: {
        "main.net": f"from m import {_each(1000, 'b@', ', ')}\n{_net('relu')}".encode(),
        "m.net": f"{_each(1000, 'block c@ { relu }')}\n".encode(),
    },
    "500 files that aren't": lambda: {
        "main.net": f"{_each(500, 'from m@ import b')}\n{_net('relu')}".encode(),
    },
    "letters that look alike": lambda: {
        "main.net": _net(_each(500, "r\N{CYRILLIC SMALL LETTER IE}lu")).encode(),
    },
    "a text from right to left": lambda: {
        "main.net": _net("relu  # " + "\N{RIGHT-TO-LEFT OVERRIDE}" * 100_000).encode(),
    },
}  # fmt: skip
