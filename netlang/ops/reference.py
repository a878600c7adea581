"""Generates the reference of the operators, `docs/operators.md`, from signatures and docstrings.

`python -m netlang.ops.reference docs/operators.md` writes it, and a test checks that it is up to
date.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from netlang.ir.arguments import Argument, signature
from netlang.ir.op import Op
from netlang.ops import FAMILIES, operator

__all__ = ["reference"]

# A sentence or two on each family.
_ABOUT = {
    "Convolutions and linear maps": "The rank comes from the input: `conv` on `[C, L]` is 1-D, on "
    "`[C, H, W]` 2-D, on `[C, D, H, W]` 3-D.",
    "Activations": "They work element by element, on values of any shape, unless they say "
    "otherwise.",
    "Arithmetic": "They work element by element, on values of any shape. `abs`, `log`, `round` and "
    "`sqrt` are functions of compile-time numbers, too: as a step each is the operator.",
    "Reductions": "They leave the batch as it is: no operator mixes examples. `sum` of a list of "
    "compile-time numbers is a function; as a step it is the operator.",
    "Comparisons": "They give truth values, `bool`, by which `where` chooses; arithmetic doesn't "
    "take them.",
    "Normalisations": "`bn` stands for `batch_norm` in every file.",
    "Pools": "`gap` stands for `global_avgpool` in every file.",
    "Layout": "They move elements, leave some out or repeat them.",
    "Randomness": "They act in training; deployed, each is what its text says.",
    "Merges": "They take several values: branches, `add { a; b }`, or a tuple, `(a, b) -> add`.",
    "Constants": "Values of given numbers, the same for every example.",
    "Learned tensors": "Weights that are values of their own.",
    "Sequences": "The first axis is time, or the place in the sequence.",
}

# Outputs that go by their numbers are not all listed.
_MOST_NAMES = 3

_HEADING = "(?:Shape|Parameters|MACs|Other|Source)"

_HEAD = """# Operators

Every operator of the language, with its arguments in positional order. A value after `=` is a
default; an argument in brackets may be omitted, as its row explains; all others are required.
Meanings and defaults are PyTorch's. [The language](language.md) says how to apply them.

Shapes omit the batch: `[C, H, W]` is an image of `C` channels, and `*` stands for any axes.
Axes count from 0, the channels of an image; -1 is the last one. `MACs` are the multiply-accumulates
of one application to `N` examples, without biases; `Other` are all other arithmetic operations.
A weight's key in the `state_dict` is the label path of its step, a dot, and the name given here.
"""

_FOOT = """---

This page is made from the operators themselves: `python -m netlang.ops.reference
docs/operators.md`.
"""


def reference() -> str:
    """The whole page."""
    parts = [_HEAD, _contents()]
    for title, names in FAMILIES.items():
        parts += [f"## {title}\n", f"{_ABOUT[title]}\n"]
        parts += [part for name in names for part in _operator(_class(name))]
    return "\n".join((*parts, _FOOT))


def _class(name: str) -> type[Op]:
    found = operator(name)
    assert found is not None, name
    return found


def _contents() -> str:
    """One line for each family, with a link to each of its operators."""
    lines = []
    for title, names in FAMILIES.items():
        links = ", ".join(f"[`{name}`](#{name})" for name in names)
        lines.append(f"- **{title}**: {links}")
    return "\n".join(lines) + "\n"


def _operator(op: type[Op]) -> Iterator[str]:
    """Heading, signature, text and table of one operator."""
    arguments = signature(op)
    yield f"### {op.name}\n"
    yield f"```text\n{_inputs(op)}{op.name}({', '.join(map(_written, arguments))})\n```\n"
    yield _text(op)
    if arguments:
        rows = [f"| `{each.name}` | {each.kind.description} | {each.doc} |" for each in arguments]
        yield "\n".join(("| argument | takes | meaning |", "|---|---|---|", *rows, ""))
    if op.weight_values:
        named = " and ".join(f"`{name}`" for name in op.weight_values)
        yield f"{named} can be given as a value without a batch axis: `weight=label`.\n"
    if len(op.output_names) > 1:
        names = ", ".join(f"`{name}`" for name in op.output_names[:_MOST_NAMES])
        names += ", and so on" if len(op.output_names) > _MOST_NAMES else ""
        yield f"Outputs, where there are several: {names}.\n"


def _inputs(op: type[Op]) -> str:
    """What precedes the name if the operator takes several values."""
    least, most = op.arity.minimum, op.arity.maximum
    if most is not None and most <= 1:
        return ""
    letters = [chr(ord("a") + index) for index in range(max(least, 2))]
    dots = ", ..." if most is None else ""
    optional = "" if least > 1 else "a -> ..., or "
    return f"{optional}({', '.join(letters)}{dots}) -> "


def _written(item: Argument) -> str:
    """An argument as in a signature: `stride=1`."""
    if item.required:
        return item.name
    return f"[{item.name}]" if item.default is None else f"{item.name}={_default(item.default)}"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _text(op: type[Op]) -> str:
    """The docstring as Markdown: its paragraphs, then its labelled parts as a list."""
    texts, items = [], []
    plain = re.sub(rf"(?<=\.) (?={_HEADING}: )", "\n", inspect.getdoc(op) or "")
    for piece in re.split(rf"\n\n|\n(?={_HEADING}: )", plain):
        heading = re.match(rf"({_HEADING}): ", piece)
        if heading is None:
            texts.append(_escaped(piece))
        else:
            rest = _escaped(piece[heading.end() :]).replace("\n", "\n  ")
            items.append(f"- **{heading[1]}**: {rest}")
    return "\n\n".join((*texts, "\n".join(items))) + "\n"


def _escaped(text: str) -> str:
    """Escapes stars outside of code."""
    pieces = re.split(r"(`[^`]*`)", text)
    pieces[::2] = [piece.replace("*", r"\*") for piece in pieces[::2]]
    return "".join(pieces)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
