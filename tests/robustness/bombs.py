"""Specs that ask for more than any machine has: small texts, and some large ones, by name."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["BOMBS", "FILES"]

_HEAD = "net a {\n    input x: [8, H=32, W=32]\n"


def _net(body: str) -> str:
    return f"{_HEAD}    {body}\n}}\n"


def _doubling(depth: int) -> str:
    """Blocks that each use the one before twice."""
    blocks = ["block b0 { conv(8, 1x1) }"]
    blocks += [f"block b{i} {{ b{i - 1} -> b{i - 1} }}" for i in range(1, depth + 1)]
    return "\n".join(blocks) + "\n" + _net(f"b{depth}")


def _chain(length: int) -> str:
    """Constants that each need the one before."""
    names = [f"n{i} = n{i - 1} + 1" for i in range(1, length)]
    return "n0 = 1\n" + "\n".join(reversed(names)) + "\n" + _net(f"conv(n{length - 1}, 1x1)")


def _doubled_list(times: int) -> str:
    lists = [f"l{i} = l{i - 1} + l{i - 1}" for i in range(1, times)]
    return "l0 = [1]\n" + "\n".join(lists) + "\n" + _net(f"conv(len(l{times - 1}), 1x1)")


BOMBS: dict[str, Callable[[], str]] = {
    "repeat of 10^9": lambda: _net("repeat 1_000_000_000 { conv(8, 1x1) }"),
    "repeat of 10^9 that shrinks": lambda: _net("repeat 1_000_000_000 { conv(8, 2x2) }"),
    "repeat of 10^9 that grows": lambda: _net("repeat 1_000_000_000 { conv(8, 1x1, pad=1) }"),
    "repeat of 10^9 widening": lambda: _net("repeat 1_000_000_000 { concat { identity; relu } }"),
    "repeat of 10^18": lambda: _net(f"repeat {10**18} {{ relu }}"),
    "repeat in repeat in repeat": lambda: _net(
        "repeat 100000 { repeat 100000 { repeat 100000 { conv(8, 1x1) } } }"
    ),
    "repeat in repeat, shapes change": lambda: _net(
        "repeat 100000 { repeat 100000 { conv(8, 1x1, pad=1) } }"
    ),
    "repeat with a label": lambda: _net("repeat 1_000_000_000 { x: relu }"),
    "for of branches": lambda: _net("add { for _i in range(1_000_000_000) { relu } }"),
    "empty repeat of 10^9": lambda: _net("repeat 1_000_000_000 { n = 1 }\n    relu"),
    "for over 10^9": lambda: _net("for i in range(1_000_000_000) { conv(8, 1x1) }"),
    "for over 10^6 in for over 10^6": lambda: _net(
        "for i in range(1_000_000) { for j in range(1_000_000) { relu } }"
    ),
    "ten loops of ten": lambda: _net(
        "".join(f"for i{k} in range(10) {{ " for k in range(10)) + "relu" + " }" * 10
    ),
    "blocks doubling 60 deep": lambda: _doubling(60),
    "blocks doubling 99 deep": lambda: _doubling(99),
    "blocks doubling 1000 deep": lambda: _doubling(1000),
    "a block given to itself": lambda: "block f(g) { g(g) }\n" + _net("f(f)"),
    "a block given to itself with a counter": lambda: (
        "block f(g, n) { g(g, n + 1) }\n" + _net("f(f, 0)")
    ),
    "a block given to itself twice": lambda: (
        "block f(g, n) { g(g, n + 1) -> g(g, n + 2) }\n" + _net("f(f, 0)")
    ),
    "recursion": lambda: "block f(n) { f(n + 1) }\n" + _net("f(0)"),
    "mutual recursion": lambda: "block f { g }\nblock g { f }\n" + _net("f"),
    "brackets 10^6 deep": lambda: _net(
        "conv(" + "(" * 1_000_000 + "1" + ")" * 1_000_000 + ", 1x1)"
    ),
    "lists 10^6 deep": lambda: "n = " + "[" * 1_000_000 + "]" * 1_000_000 + "\n",
    "scopes 10^6 deep": lambda: _net("{ " * 1_000_000 + "relu" + " }" * 1_000_000),
    "brackets 10^6 deep, never closed": lambda: "n = " + "(" * 1_000_000,
    "minus signs 10^5 long": lambda: "n = " + "-" * 100_000 + "1\n",
    "not 10^5 times": lambda: "n = " + "not " * 100_000 + "true\n",
    "powers to the right": lambda: "n = " + "2 ** " * 100_000 + "2\n",
    "channels of 10^9 squared": lambda: _net(
        "conv(1_000_000_000, 1x1) -> conv(1_000_000_000, 1x1)"
    ),
    "kernel of 10^9": lambda: _net("conv(8, 1_000_000_000)"),
    "stride of 10^18": lambda: _net(f"conv(8, 1x1, stride={10**18})"),
    "a number of 5,000 digits": lambda: _net(f"conv({'9' * 5000}, 1x1)"),
    "a power of powers": lambda: _net("conv(9 ** 9 ** 9 ** 9, 1x1)"),
    "a power of a float": lambda: _net("conv(round(1e300 ** 1e300), 1x1)"),
    "a repeat in a block that has outputs": lambda: (
        "block a { repeat 100_000_000 { relu }\n output y: relu\n output z }\n" + _net("a")
    ),
    "as many shrinking steps as are allowed": lambda: (
        "net a {\n    input x: [3, H=100_000, W=100_000]\n    repeat 2_490 { conv(4, 3x3) }\n}\n"
    ),
    "more shrinking steps than are allowed": lambda: (
        "net a {\n    input x: [3, H=100_000, W=100_000]\n    repeat 10_000 { conv(10G, 3x3) }\n}\n"
    ),
    "dims of 10^4 sizes": lambda: _net(f"conv(8, {'x'.join(['1'] * 10_000)})"),
    "a list doubled 60 times": lambda: _doubled_list(60),
    "a list times 10^9": lambda: _net("conv(len([1] * 1_000_000_000), 1x1)"),
    "range of 10^12": lambda: _net("conv(len(range(1_000_000_000_000)), 1x1)"),
    "range of 10^28": lambda: _net(f"conv(len(range({10**28})), 1x1)"),
    "constants 10^4 deep": lambda: _chain(10_000),
    "a label of 10^5 characters": lambda: _net(f"{'x' * 100_000}: relu"),
    "a name of 10^6 characters": lambda: "x" * 1_000_000 + " = 1\n",
    "a line of 10^6 blanks": lambda: _net(" " * 1_000_000 + "relu"),
    "10^5 labels in one reference": lambda: _net(".".join(["a"] * 100_000) + " -> relu"),
    "periods of large primes": lambda: _net(
        "maxpool(1, stride=9973) -> maxpool(1, stride=9967) -> conv_transpose(8, 1, stride=9949)"
    ),
    "a computed label of 26 texts": lambda: (
        "block b(i) {\na" + "{i}a" * 25 + "z: relu\n" + "a" * 60 + "\n}\n" + _net("relu")
    ),
    "a thousand sizes": lambda: (
        "net a {\n    input x: [" + ", ".join(f"S{i}=8" for i in range(1000)) + "]\n    relu\n}\n"
    ),
}

# Files by name, where one file is not enough.
FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "an import cycle": lambda: {
        "main.net": b"from other import b\n" + _net("b").encode(),
        "other.net": b"from main import a\nblock b { a }\n",
    },
    "an import of itself": lambda: {"main.net": b"from main import b\n" + _net("b").encode()},
    "a chain of 500 imports": lambda: {
        "main.net": b"from m0 import b\n" + _net("b").encode(),
        **{f"m{i}.net": f"from m{i + 1} import b\n".encode() for i in range(500)},
        "m500.net": b"block b { relu }\n",
    },
    "a file of 100 MB": lambda: {"main.net": b"# comment\n" * 10_000_000},
    "a file of zeros": lambda: {"main.net": bytes(10_000_000)},
}
