"""The text of `check_sizes`, which `forward` of a guarded net calls first.

It checks the rank and the fixed sizes of every input, that each symbol has one size everywhere, and
the conditions of the deployed net (`netlang.ir.sizes`). Only sanitized names, numbers and quoted
literals of a spec get into it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from netlang.analysis.constraints import solve
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.python.printer import flat
from netlang.backends.torch.python.tree import Constant
from netlang.ir.constraints import Constraint
from netlang.ir.dims import Dim, substitute, symbol, symbols_of
from netlang.ir.program import Port, Program
from netlang.ir.sizes.solve import solve_conditions
from netlang.records import replace

__all__ = ["GUARD", "guard_lines"]

GUARD = "check_sizes"
# The variable that holds whether the conditions are met.
_WORKS = "works"
# Columns of a line, as `ruff format` has them by default.
WIDTH = 88
_DOC = '"""Raise `ValueError` for inputs of sizes that the network isn\'t for."""'


def guard_lines(program: Program) -> list[str]:
    """The function as lines, formatted as `ruff format` does."""
    scope = PythonScope({GUARD, _WORKS})
    inputs = [scope.fresh(port.name) for port in program.net.inputs]
    names = {name: scope.fresh(name) for name in _symbols(program)}
    conditions = _texts(program, names)
    read = [name for name in names.values() if _is_read(name, names, program, conditions)]
    lines = [f"def {GUARD}({', '.join(f'{name}: Tensor' for name in inputs)}) -> None:", _DOC]
    lines += _of_inputs(program, inputs, names, read)
    if conditions:
        lines += _of_conditions(program, conditions, read)
    return [lines[0], *(f"    {line}" for line in lines[1:])]


def _of_inputs(
    program: Program, inputs: Sequence[str], names: Mapping[str, str], read: Sequence[str]
) -> list[str]:
    """Checks of the inputs' ranks and fixed sizes; the sizes in `read` are assigned to names."""
    lines: list[str] = []
    tests: list[str] = []
    known: set[str] = set()
    for port, name in zip(program.net.inputs, inputs, strict=True):
        lines += _axes(port, name)
        fixed = []
        for axis, dim in enumerate(_sizes(port)):
            size = str(_renamed(dim, names))
            if size in read and size not in known:
                lines.append(f"{size} = {name}.shape[{axis}]")
                known.add(size)
            elif size in read or size not in names.values():
                fixed.append(f"{name}.shape[{axis}] != {size}")
        tests += _fixed(port, name, fixed)
    return lines + tests


def _sizes(port: Port) -> tuple[Dim, ...]:
    """The sizes of an input, batch first."""
    batch = port.type.batch
    return port.type.shape if batch is None else (batch, *port.type.shape)


def _symbols(program: Program) -> Iterable[str]:
    """The symbols of the inputs, in order."""
    sizes = (dim for port in program.net.inputs for dim in _sizes(port))
    return dict.fromkeys(name for dim in sizes for name in symbols_of(dim))


def _is_read(
    name: str, names: Mapping[str, str], program: Program, conditions: Iterable[str]
) -> bool:
    """Whether a symbol occurs in a condition, or more than once in the inputs."""
    sizes = [_renamed(dim, names) for port in program.net.inputs for dim in _sizes(port)]
    places = sum(name in symbols_of(dim) for dim in sizes)
    return places > 1 or any(re.search(rf"\b{re.escape(name)}\b", text) for text in conditions)


def _shown(port: Port) -> str:
    return f"[{', '.join(map(str, _sizes(port)))}]"


def _axes(port: Port, name: str) -> Iterator[str]:
    yield f"if {name}.dim() != {len(_sizes(port))}:"
    yield from _raised(f"{{tuple({name}.shape)}}", f"`{port.name}` must be of shape {_shown(port)}")


def _fixed(port: Port, name: str, tests: Sequence[str]) -> Iterator[str]:
    """Tests that sizes are the spec's numbers, or equal to those of other axes."""
    if tests:
        yield from _if(tests)
        said = f"`{port.name}` must be of shape {_shown(port)}"
        yield from _raised(f"{{tuple({name}.shape)}}", said)


def _texts(program: Program, names: Mapping[str, str]) -> tuple[str, ...]:
    """The conditions as formulas with this function's names for the sizes."""
    conditions = (
        replace(one, constraint=_with_names(one.constraint, names))
        for one in program.deployed_conditions
    )
    return solve_conditions(conditions).texts


def _of_conditions(program: Program, texts: Sequence[str], read: Sequence[str]) -> Iterator[str]:
    yield from _assigned(texts)
    yield "if not works:"
    values = ", ".join(f"{{{name}=}}" for name in read)
    yield from _raised(values, "; ".join(solve(program).sentences))


def _with_names(constraint: Constraint, names: Mapping[str, str]) -> Constraint:
    return replace(
        constraint,
        left=_renamed(constraint.left, names),
        right=_renamed(constraint.right, names),
    )


def _renamed(dim: Dim, names: Mapping[str, str]) -> Dim:
    return substitute(dim, {name: symbol(own) for name, own in names.items()})


def _if(tests: Sequence[str]) -> Iterator[str]:
    """``if test or test:``, with one test per line if they are too long."""
    first, *others = tests
    line = f"if {' or '.join(tests)}:"
    if len(line) + 4 <= WIDTH:
        yield line
        return
    yield "if ("
    yield f"    {first}"
    yield from (f"    or {other}" for other in others)
    yield "):"


def _assigned(texts: Sequence[str]) -> Iterator[str]:
    """``works = one and another``, with one part per line if they are too long."""
    several = len(texts) > 1
    parts = [f"({t})" if " or " in t else t for t in texts] if several else texts[0].split(" or ")
    word = "and" if several else "or"
    line = f"works = {f' {word} '.join(parts)}"
    if len(line) + 4 <= WIDTH:
        yield line
        return
    yield "works = ("
    yield f"    {parts[0]}"
    yield from (f"    {word} {part}" for part in parts[1:])
    yield ")"


def _raised(values: str, message: str) -> Iterator[str]:
    """A statement that raises `ValueError`, giving the actual values in braces and the rule."""
    whole = f'f"{values}: {message}"'
    if _is_plain(message) and len(f"    raise ValueError({whole})") + 4 <= WIDTH:
        yield f"    raise ValueError({whole})"
        return
    yield "    raise ValueError("
    if _is_plain(message) and len(whole) + 12 <= WIDTH:
        yield f"        {whole}"
        yield "    )"
        return
    yield f'        f"{values}: "'
    room = WIDTH - 16
    for piece in textwrap.wrap(message, room, break_long_words=False, drop_whitespace=False):
        yield f"        {flat(Constant(piece))}"
    yield "    )"


def _is_plain(message: str) -> bool:
    """Whether a message can be put into an f-string unchanged."""
    return message.isascii() and not set(message) & set('{}"\\')
