"""Right texts, by how many inputs and outputs a net or a block has."""

from __future__ import annotations

from tests.campaigns.scaling.texts import Make, each, joined, net

__all__ = ["PORTS"]


def _net(count: int, body: str, shape: str = "[8, H=64, W=64]") -> str:
    inputs = each(count, lambda i: f"input x{i}: {shape}")
    return f"net a {{\n{inputs}\n{body}\n}}\n"


def _all(count: int, name: str = "x") -> str:
    return f"({each(count, lambda i: f'{name}{i}', ', ')})"


def _in_turn(count: int, step: str) -> str:
    """The inputs one after the other, each with what was made of those before it."""
    first = "x0 -> probe: relu\nprobe -> p0: identity\n"
    return first + each(count - 1, lambda i: step.format(before=f"p{i}", x=f"x{i + 1}", p=i + 1))


PORTS: dict[str, Make] = {
    "images that are added": lambda n: _net(n, f"{_all(n)} -> probe: add"),
    "images that are joined": lambda n: _net(n, f"{_all(n)} -> probe: concat"),
    # Receptive fields tell few axes apart, which costs more for each: these are beyond.
    "vectors that are joined": lambda n: _net(4 * n, f"{_all(4 * n)} -> probe: concat", "[3]"),
    "images that are joined behind windows": lambda n: _net(
        n,
        each(n, lambda i: f"x{i} -> c{i}: conv(4, 3x3)")
        + f"\n{_all(n, 'c')} -> probe: concat\nconv(8, 3x3)\nrelu",
    ),
    "images that are added in turn": lambda n: _net(n, _in_turn(n, "({before}, {x}) -> p{p}: add")),
    "images that are added in turn behind windows": lambda n: _net(
        n, _in_turn(n, "({before}, {x}) -> add -> p{p}: conv(8, 3x3, pad=1)")
    ),
    "images that are joined in turn": lambda n: _net(
        n, _in_turn(n, "({before}, {x}) -> p{p}: concat")
    ),
    "vectors that are joined in turn": lambda n: _net(
        n, _in_turn(n, "({before}, {x}) -> p{p}: concat"), "[3]"
    ),
    "inputs of a block that is called twice": lambda n: net(
        f"a0: relu\n({joined(n, 'a0', ', ')}) -> b0: b\n({joined(n, 'b0', ', ')}) -> b",
        head=f"block b {{\n{each(n, lambda i: f'input x{i}')}\n"
        f"{_all(n)} -> add -> conv(8, 3x3, pad=1)\n}}\n",
    ),
    "outputs of one value": lambda n: net(each(n, lambda i: f"output o{i}: probe -> conv(8, 3x3)")),
    "outputs of inputs": lambda n: _net(
        n,
        "output first: x0 -> probe: relu\n"
        + each(n - 1, lambda i: f"output o{i}: x{i + 1} -> conv(8, 3x3)"),
    ),
    "outputs of inputs in turn": lambda n: _net(
        n, _in_turn(n, "output o{p}: ({before}, {x}) -> add -> p{p}: conv(8, 3x3, pad=1)")
    ),
}
