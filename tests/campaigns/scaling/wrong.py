"""Texts with mistakes, by what they have `n` of."""

from __future__ import annotations

from tests.campaigns.scaling.texts import Make, each, joined, net

__all__ = ["DEEP", "WRONG"]

_NAMES: dict[str, Make] = {
    "unknown layers": lambda n: net(each(n, lambda i: f"conw{i}")),
    "unknown layers with arguments": lambda n: net(each(n, lambda i: f"conw{i}(8, 1x1)")),
    "unknown names": lambda n: net(each(n, lambda i: f"conv(widht{i}, 1x1)")),
    "unknown names in a block": lambda n: net(
        "relu", head=f"block b {{\n{each(n, lambda i: f'conv(widht{i}, 1x1)')}\n}}\n"
    ),
    "unknown names in constants": lambda n: each(n, lambda i: f"c{i} = widht{i}\n", ""),
    "unknown names beside as many known": lambda n: net(
        each(n, lambda i: f"lebal{i}"), head=each(n, lambda i: f"block label{i} {{ relu }}\n", "")
    ),
    "labels where layers are meant": lambda n: net(
        each(n, lambda i: f"lebal{i}: relu\nrelu -> label{i}")
    ),
    "unknown arguments": lambda n: net(joined(n, "conv(8, 1x1, strides=2)")),
    "missing arguments": lambda n: net(joined(n, "conv(8)")),
    "too many arguments of one call": lambda n: net(f"relu({joined(n, '1', ', ')})"),
    "arguments twice in one call": lambda n: net(f"conv(8, 1x1, {joined(n, 'pad=1', ', ')})"),
    "unknown imports": lambda n: (
        each(n, lambda i: f"from nowhere{i} import b{i}\n", "") + net("relu")
    ),
    "unknown names of an import": lambda n: (
        f"from blocks.residual import ({each(n, lambda i: f'basik{i}', ', ')})\n" + net("relu")
    ),
    "unknown attributes": lambda n: net(joined(n, "conv(probe.chanels, 1x1)")),
    "unknown references": lambda n: net(each(n, lambda i: f"(probe, porbe{i}) -> add")),
}
_TWICE: dict[str, Make] = {
    "labels twice": lambda n: net(each(n, lambda i: f"a{i}: relu\na{i}: relu")),
    "one label again and again": lambda n: net(joined(n, "a: relu")),
    "constants assigned twice": lambda n: net(joined(n, "c = 8; conv(c, 1x1)")),
    "definitions twice": lambda n: joined(n, "block b { relu }") + "\n" + net("b"),
    "parameters twice": lambda n: net(
        "b(1)", head=f"block b({joined(n, 'p', ', ')}) {{ conv(p, 1x1) }}\n"
    ),
    "recipes twice": lambda n: net("relu") + joined(n, "train t { model: a }") + "\n",
}
_UNUSED: dict[str, Make] = {
    "unused parameters": lambda n: net(
        "b", head=f"block b({each(n, lambda i: f'p{i}=1', ', ')}) {{ relu }}\n"
    ),
    "unused parameters beside unknown names": lambda n: net(
        "b",
        head=f"block b({each(n, lambda i: f'param{i}=1', ', ')}) {{\n"
        f"{each(n, lambda i: f'conv(parma{i}, 1x1)')}\n}}\n",
    ),
    "unused constants": lambda n: net(each(n, lambda i: f"c{i} = 1") + "\nrelu"),
    "steps that lead nowhere": lambda n: net(joined(n, "relu\nx -> relu") + "\nx -> relu"),
    "empty scopes": lambda n: net(joined(n, "{ }") + "\nrelu"),
}
_SHAPES: dict[str, Make] = {
    "shapes that don't fit": lambda n: net(joined(n, "add { conv(9, 1x1); identity }")),
    "kernels that are too large": lambda n: net(joined(n, "conv(8, 999x1)")),
    "calls with errors inside": lambda n: net(
        each(n, lambda i: f"b({i})"), head="block b(n) { conv(n, 1x1) -> linaer(n) }\n"
    ),
    "one call with an error, again and again": lambda n: net(
        joined(n, "b"), head="block b { conv(8, 1x1); linaer(3) }\n"
    ),
    "sizes that contradict each other": lambda n: net(
        each(n, lambda i: f"assert probe.height == {i + 70}")
    ),
    "false asserts in a body": lambda n: net(joined(n, "assert probe.channels == 9")),
    "false asserts": lambda n: net("relu") + joined(n, "assert a.params == 3") + "\n",
    "false asserts about sizes": lambda n: (
        net("relu") + joined(n, "assert a.macs(H=32, W=64) == 3") + "\n"
    ),
    "asserts on no net": lambda n: net("relu") + joined(n, "assert relu.params == 3") + "\n",
    "several values where one is meant": lambda n: net(joined(n, "(x, probe) -> relu")),
    "inputs behind steps": lambda n: net(each(n, lambda i: f"input x{i}: [3, S{i}=8]\nrelu")),
    "bad counts": lambda n: net(joined(n, "repeat 1.5 { relu }")),
    "bad operands": lambda n: net(joined(n, 'conv(1 + "a", 1x1)')),
    "long values in messages": lambda n: net(
        joined(n, "conv(c, 1x1)"), head=f"c = [{joined(n, '1', ', ')}]\n"
    ),
    "chained constants in error": lambda n: each(n, lambda i: f"c{i} = c{i + 1} + 1\n", ""),
}
_SYNTAX: dict[str, Make] = {
    "missing commas": lambda n: net(joined(n, "conv(8 1x1)")),
    "missing brackets": lambda n: net(joined(n, "conv(8, 1x1")),
    "brackets too many": lambda n: net(joined(n, "conv(8, 1x1))")),
    "open braces": lambda n: net(joined(n, "add {")),
    "closing braces": lambda n: net(joined(n, "}")),
    "definitions that are never closed": lambda n: joined(n, "net a {\n input x: [3]\n relu\n"),
    "open strings": lambda n: net(joined(n, '"a: relu')),
    "wrong characters": lambda n: net(joined(n, "relu ?")),
    "wrong quotes": lambda n: net(joined(n, "'a': relu")),
    "escapes": lambda n: net(joined(n, r'"\q": relu')),
    "numbers that are none": lambda n: net(joined(n, "conv(8x, 1x1)")),
    "bad statements at the left": lambda n: joined(n, "conv 3") + "\n",
    "habits": lambda n: net(joined(n, "x = self.conv(x);")),
    "tabs and arrows": lambda n: net(joined(n, "relu => relu")),
}  # fmt: skip
_DEEP: dict[str, Make] = {
    "open brackets in one line": lambda n: net("conv(" * n),
    "closing brackets in one line": lambda n: net("conv" + ")" * n),
    "open lists": lambda n: "c = " + "[" * n + "\n",
    "arrows in one line": lambda n: net("relu" + " ->" * n),
    "colons in one line": lambda n: net("a" + ": a" * n),
    "a long sum": lambda n: f"c = {joined(n, '1', ' + ')}\n",
    "a long product of powers": lambda n: f"c = {joined(n, '2', ' ** ')}\n",
    "minus signs": lambda n: "c = " + "-" * n + "1\n",
    "nots": lambda n: "c = " + "not " * n + "true\n",
    "a long condition": lambda n: f"c = {joined(n, 'true', ' and ')}\n",
    "else ifs": lambda n: net("if true { relu }" + " else if true { relu }" * n),
    "scopes in scopes": lambda n: net("{ " * n + "relu" + " }" * n),
    "merges in merges": lambda n: net("add { identity; " * n + "relu" + " }" * n),
    "indices of indices": lambda n: "c = [1]" + "[0]" * n + "\n",
    "attributes of attributes": lambda n: net(f"conv(probe{'.a' * n}, 1x1)"),
    "parts of a label": lambda n: net(f"a{'.a' * n} -> relu"),
}  # fmt: skip
_RECIPE: dict[str, Make] = {
    "unknown keys": lambda n: (
        net("relu") + f"train t {{\n{each(n, lambda i: f'batsh{i}: 3')}\n}}\n"
    ),
    "a key again and again": lambda n: net("relu") + f"train t {{\n{joined(n, 'batch: 3')}\n}}\n",
    "bad recipes": lambda n: net("relu") + each(n, lambda i: f"train t{i} {{ model: b }}\n", ""),
    "comments that allow what isn't": lambda n: net(joined(n, "relu  # allow W9999")),
}  # fmt: skip
WRONG: dict[str, Make] = {**_NAMES, **_TWICE, **_UNUSED, **_SHAPES, **_SYNTAX, **_RECIPE}
DEEP = _DEEP
"""Texts whose parts nest."""
