"""Every place of a spec that takes a name, a label or a string, with a text put into it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["SLOTS"]


def _net(body: str, before: str = "", after: str = "") -> str:
    return f"{before}net a {{\n    input x: [2, 6, 6]\n    {body}\n}}\n{after}"


def _quoted(text: str) -> str:
    """The text inside of quotes, with the escapes that the language has."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
    return f'"{inside}"'


def _documented(text: str) -> str:
    return f'"""{text}"""'


SLOTS: dict[str, Callable[[str], str]] = {
    "net": lambda t: f"net {t} {{ input x: [2]; relu }}\n",
    "net alias": lambda t: _net("relu", after=f"net {t} = a\n"),
    "block": lambda t: f"block {t}(n) {{ conv(n, 1x1) }}\n" + _net(f"{t}(3)"),
    "parameter": lambda t: f"block b({t}) {{ conv({t}, 1x1) }}\n" + _net(f"b({t}=3)"),
    "parameter of the net": lambda t: f"net a({t}=3) {{ input x: [2]; linear({t}) }}\n",
    "input": lambda t: f"net a {{ input {t}: [2]; {t} -> relu }}\n",
    "size": lambda t: f"net a {{ input x: [2, {t}=8]; conv(3, 1) }}\n",
    "element type": lambda t: f"net a {{ input x: {t}[2]; relu }}\n",
    "output": lambda t: _net(f"output {t}: relu"),
    "auxiliary output": lambda t: _net(f"relu\n    auxiliary {t}: relu"),
    "constant": lambda t: _net(f"{t} = 3\n    conv({t}, 1x1)"),
    "label": lambda t: _net(f"{t}: conv(2, 1x1) -> relu"),
    "label path": lambda t: _net(f"a.{t}.b: conv(2, 1x1) -> relu"),
    "quoted label": lambda t: _net(f'"{t}": conv(2, 1x1) -> relu\n    "{t}" -> tanh'),
    "escaped label": lambda t: _net(f"{_quoted(t)}: conv(2, 1x1) -> relu\n    conv(3, 1x1)"),
    "escaped scope": lambda t: _net(f"{_quoted(t)}: {{ conv(2, 1x1); relu }}"),
    "computed label": lambda t: _net(f"n = {_quoted(t)}\n    l{{n}}: conv(2, 1x1) -> relu"),
    "label of a tap": lambda t: _net(f"output y: {_quoted(t)}: conv(2, 1x1)"),
    "label of a parameter": lambda t: _net(
        f"{_quoted(t)}: parameter([2, 1, 1])\n    (x, {_quoted(t)}) -> mul"
    ),
    "label of a call": lambda t: "block b { conv(3, 1x1); relu }\n" + _net(f"{_quoted(t)}: b -> b"),
    "operator": _net,
    "argument": lambda t: _net(f"conv(3, 1x1, {t}=2)"),
    "keyword value": lambda t: _net(f"conv(3, 3x3, pad=1, pad_mode={t})"),
    "string value": lambda t: _net(f"conv(3, 3x3, pad=1, pad_mode={_quoted(t)})"),
    "compared string": lambda t: _net(f"if {_quoted(t)} == {_quoted(t)} {{ relu }}"),
    "string as an argument": lambda t: (
        f"block b(n) {{ if n == {_quoted(t)} {{ relu }} else {{ tanh }} }}\n"
        + _net(f"b({_quoted(t)})")
    ),
    "string default": lambda t: (
        f"net a(n={_quoted(t)}) {{ input x: [2]; if n == {_quoted(t)} {{ relu }} }}\n"
    ),
    "docstring of the file": lambda t: _documented(t) + "\n" + _net("relu"),
    "docstring of the net": lambda t: f"net a {{ {_documented(t)}\n input x: [2]; relu }}\n",
    "docstring of a block": lambda t: (
        f"block b {{ {_documented(t)}\n conv(2, 1x1); relu }}\n" + _net("b -> b")
    ),
    "comment": lambda t: _net(f"relu # {t}\n    tanh"),
    "import": lambda t: f"from {t} import b\n" + _net("b"),
    "imported name": lambda t: f"from blocks.residual import {t}\n" + _net("relu"),
    "alias of an import": lambda t: f"from blocks.residual import basic as {t}\n" + _net("relu"),
    "message of an assert": lambda t: _net(f"assert x.channels == 3, {_quoted(t)}\n    relu"),
    "assert on a net": lambda t: _net("relu", after=f"assert a.{t} == 3\n"),
    "recipe": lambda t: _net("relu", after=f"train {t} {{ model: a }}\n"),
    "key of a recipe": lambda t: _net("relu", after=f"train r {{ {t}: a }}\n"),
    "value of a recipe": lambda t: _net(
        "relu", after=f"train r {{ model: a\n data: {_quoted(t)} }}\n"
    ),
    "function": lambda t: f"{t}(a) = a + 1\n" + _net(f"conv({t}(2), 1x1)"),
    "parameter of a function": lambda t: f"f({t}) = {t} + 1\n" + _net("conv(f(2), 1x1)"),
    "function of a body": lambda t: _net(f"{t}(a) = a + 1\n    conv({t}(2), 1x1)"),
    "inline block": lambda t: f"inline block {t}(n) {{ conv(n, 1x1) }}\n" + _net(f"{t}(3)"),
    "label of an inline block": lambda t: (
        f"inline block b {{ {_quoted(t)}: conv(3, 1x1); relu }}\n" + _net("b")
    ),
    "attribute of here": lambda t: _net(f"conv(here.{t}, 1x1)"),
    "name of a comprehension": lambda t: _net(f"conv([{t} for {t} in [3]][0], 1x1)"),
    "name of a part": lambda t: _net(
        f"for (i, ({t}, _)) in [(1, (2, 3))] {{ conv(i + {t}, 1x1) }}"
    ),
    "spread": lambda t: _net(f"conv(*{t})"),
    "loop variable": lambda t: _net(f"for {t} in [1] {{ relu }}"),
    "nothing but it": lambda t: t,
}
