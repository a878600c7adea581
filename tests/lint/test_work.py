"""What the rules do grows as the text does, whatever it is full of."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netlang.examine import examine_module
from netlang.lint import lint
from netlang.modules.library import Library
from netlang.source import Source
from tests.lint.planted import image
from tests.work import steps_of


def _block(number: int) -> str:
    """A block that applies the one before it."""
    return f"block b{number} {{ {f'b{number - 1}' if number else 'relu'} }}\n"


TEXTS: dict[str, Callable[[int], str]] = {
    "unused constants": lambda n: image("relu", head="".join(f"c{i} = 1\n" for i in range(n))),
    "unused blocks": lambda n: image("relu", head="".join(map(_block, range(n)))),
    "loops": lambda n: image("\n".join("for i in range(1) { relu }" for _ in range(n))),
    "loops that don't run": lambda n: image("\n".join(["repeat 0 { relu }"] * n + ["relu"])),
    "loop variables": lambda n: image(
        f"for {', '.join(f'x{i}' for i in range(n))} in [[{', '.join('1' * n)}]] {{ relu }}"
    ),
    "steps after outputs": lambda n: image(
        "\n".join(f"y{i}: relu\noutput p{i}: tanh\nsilu" for i in range(n)) + "\noutput z"
    ),
    "linear maps": lambda n: image(
        "conv(3, 1x1) -> x: relu\n"
        + "\n".join(f"x -> y{i}: linear(4)\noutput o{i}: y{i}" for i in range(n))
    ),
    "comments": lambda n: image("\n".join(["relu  # allow W0201"] * n)),
    "comments that silence": lambda n: image(
        "\n".join(["conv(3, 1x1) -> linear(32)  # allow W0201"] * n)
    ),
    "calls": lambda n: image(
        "x: relu\n" + "\n".join(f"x -> b({i + 1})\noutput o{i}" for i in range(n)),
        head="block b(n) { conv(n, 1x1) -> linear(3) }\n",
    ),
    "calls of one block": lambda n: image(
        "conv(3, 1x1) -> x: relu\n"
        + "\n".join(f"x -> b  # allow W0201\noutput o{i}" for i in range(n)),
        head=f"block b {{ {' -> '.join(['linear(32)'] * n)} }}\n",
    ),
}  # fmt: skip


def work(text: str) -> int:
    """Steps of the rules alone."""
    module = Library().module(Source("main.net", text), None)
    examined = examine_module(module)
    assert examined.diagnostics == ()
    return steps_of(lambda: lint(module, examined.programs, whole=True))


@pytest.mark.parametrize("kind", TEXTS)
def test_work_is_linear(kind: str) -> None:
    work(TEXTS[kind](4))
    once, twice = work(TEXTS[kind](60)), work(TEXTS[kind](120))
    assert twice < 2.2 * once
