"""The verifier of the IR: it passes what the compiler makes, and notices each invariant broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from netlang.backends.torch import emit
from netlang.diagnostics.errors import InternalError
from netlang.elaborate import load_program
from netlang.elaborate.check import check_definitions
from netlang.ir.dims import symbol
from netlang.ir.numbers.provenance import InputOrigin, ParameterOrigin, Traced
from netlang.ir.program import INPUT, Function, Item, Node, Output, Program, Ref, Repeat, expand
from netlang.ir.verify import verify
from netlang.modules.files import bundled_files
from netlang.modules.library import Library
from netlang.ops.conv import Conv
from netlang.records import replace
from netlang.source import Source, Span
from tests.elaborate.test_programs import PROGRAMS
from tests.support import read_source
from tests.work import steps_of

TEXT = """\
block unit(width) {
    conv(width, 3x3, pad=1) -> bn -> relu
    half: conv(width // 2, 1x1)
}

net sketch(width=16) {
    input image: [3, H=32, 32]
    stem: conv(width, 3x3, stride=2, pad=1)
    repeat 3 { conv(width, 3x3, pad=1) -> relu }
    body: unit(2 * width)
    auxiliary side: { body -> conv(4, 1x1) }
    head: conv(10, 1x1)
}
"""


# Of a file's nets, which differ in width and depth for the most part, the shortest.
FEW = 2


def programs(path: str) -> Iterator[Program]:
    """The nets of a file that can be built."""
    module = Library().open(bundled_files()[path], path)
    yield from check_definitions(module).programs.values()


@pytest.fixture(scope="module")
def sketch() -> Program:
    module = Library().module(Source("sketch.net", TEXT), None)
    return next(iter(check_definitions(module).programs.values()))


@pytest.mark.parametrize("name", bundled_files())
@pytest.mark.parametrize("most", [FEW, pytest.param(None, marks=pytest.mark.slow)])
def test_bundled_nets_hold_all_invariants_through_every_rewrite(
    name: str, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLANG_VERIFY", "1")
    found = sorted(programs(name), key=lambda program: len(program.net.nodes))
    for program in found[:most]:
        verify(program)
        emit(program)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_nets_of_the_tests_hold_all_invariants(path: Path) -> None:
    module = Library().module(read_source(path), path.parent)
    for program in check_definitions(module).programs.values():
        verify(program)


# --- every invariant, broken ------------------------------------------------------------------


def with_item(program: Program, index: int, change: Callable[[Item], Item]) -> Program:
    """The program with item `index` of its net changed."""
    items = list(program.net.items)
    items[index] = change(items[index])
    return replace(program, net=replace(program.net, items=tuple(items)))


def node(index: int, **changes: object) -> Callable[[Program], Program]:
    """Fields of node `index` of the net replaced."""
    return lambda program: with_item(program, index, lambda item: replace(item, **changes))


def repeat(**changes: object) -> Callable[[Program], Program]:
    return node(REPEAT, **changes)


def net(**changes: object) -> Callable[[Program], Program]:
    return lambda program: replace(program, net=replace(program.net, **changes))


def in_block(change: Callable[[Function], Function]) -> Callable[[Program], Program]:
    """The block that the net calls, changed."""

    def changed(item: Item) -> Item:
        assert isinstance(item, Node)
        assert isinstance(item.callee, Function)
        return replace(item, callee=change(item.callee))

    return lambda program: with_item(program, CALL, changed)


def other_type(index: int) -> Callable[[Program], Program]:
    """The type of a node, one channel more."""

    def changed(item: Item) -> Item:
        assert isinstance(item, Node)
        (type,) = item.types
        return replace(item, types=(type.with_shape(type.channels + 1, *type.spatial),))

    return lambda program: with_item(program, index, changed)


def traced(origin: InputOrigin | ParameterOrigin) -> Callable[[Program], Program]:
    return node(HEAD, callee=Conv(out=Traced(10, origin), kernel=(1, 1)))


def size_of_another_net(program: Program) -> Program:
    (port,) = program.net.inputs
    port = replace(port, type=port.type.with_shape(3, symbol("X"), 32))
    return net(inputs=(port,))(program)


STEM, REPEAT, CALL, SIDE, HEAD = range(5)
BODY, LAST = Ref(7), Ref(9)
BROKEN: dict[str, Callable[[Program], Program]] = {
    "reads node 9 after it": node(HEAD, inputs=(LAST,)),
    "which doesn't exist": node(HEAD, inputs=(Ref(INPUT, 1),)),
    "reads 2 values": node(HEAD, inputs=(BODY, BODY)),
    "is [17,": other_type(STEM),
    "is given [16,": in_block(lambda f: replace(f, inputs=())),
    "not [16, (H + 1)//2, 16]": other_type(CALL),
    "gives arguments that don't exist: ['depth']": node(CALL, arguments={"depth": 1}),
    "two nodes have one path": node(HEAD, path="stem", module="stem"),
    "body is a call, and body.0 is in it": node(HEAD, path="body.0", module="body.0"),
    "has weights of nobody": node(HEAD, module="nobody"),
    "output head is deployed and its value isn't": net(outputs=(Output("head", Ref(8)),)),
    "head is deployed and reads what isn't": node(HEAD, inputs=(Ref(8),)),
    "nothing reads ['head']": net(outputs=(Output("output", BODY), Output("aux", Ref(8), True))),
    "aren't named once each": net(outputs=(Output("a", LAST), Output("a", LAST))),
    "lies outside of sketch.net": node(HEAD, span=Span(Source("sketch.net", ""), 3, 4)),
    "10 should come from": traced(ParameterOrigin("width")),
    "should come from ParameterOrigin(name='classes')": traced(ParameterOrigin("classes")),
    "10 should come from InputOrigin": traced(InputOrigin(0, 0)),
    "says that it begins at 2": repeat(first=2),
    "has 2 nodes a time": repeat(size=3),
    "repeats nothing": repeat(count=1),
    "hands on no value of it": repeat(carry_out=Ref(0)),
    "takes [3, H, 32] and hands on [16,": repeat(carry_in=Ref(INPUT)),
    "without a number to count": repeat(depth=1),
    "6 has the number of a repeat": node(STEM, path="6", module="6"),
    "4.a has the number of a repeat": node(STEM, path="4.a", module="4.a"),
    "the times of the repeat at node 1 meet": repeat(step=1),
    "nothing reads ['2']": repeat(carry_out=Ref(1)),
    " nothing reads ['2']": node(CALL, inputs=(Ref(0),)),
    "nothing reads ['2'] ": node(CALL, inputs=(Ref(4),)),
    "speaks of sizes that no input has: ['X']": size_of_another_net,
    "aren't named once each ": lambda program: replace(program, sizes=program.sizes * 2),
}


@pytest.mark.parametrize("told", BROKEN)
def test_what_is_broken_is_noticed(sketch: Program, told: str) -> None:
    verify(sketch)
    with pytest.raises(InternalError) as caught:
        verify(BROKEN[told](sketch))
    assert told.strip() in str(caught.value)


FOLDED = """\
net folded {
    input x: [2, 6, 6]
    conv(2, 1x1) -> relu
    repeat 4 {
        conv(2, 1x1)
        repeat 3 { conv(2, 1x1) -> relu }
        tail
    }
    repeat 2 { tanh }
    s: { repeat 5 { gelu } }
}

block tail {
    repeat 3 { sigmoid }
}
"""


def read(text: str) -> Program:
    module = Library().module(Source("folded.net", text), None)
    return next(iter(check_definitions(module).programs.values()))


def is_verified(program: Program) -> bool:
    try:
        verify(program)
    except InternalError:
        return False
    return True


def test_a_repeat_is_as_right_as_it_is_written_out() -> None:
    """A step with any other label or input is right in both, or in neither."""
    program = read(FOLDED)
    changes: list[dict[str, object]] = [{"inputs": (Ref(n),)} for n in range(-1, 40)]
    labels = [str(n) for n in range(50)] + [f"s.{n}" for n in range(7)] + ["9.0", "4.a", "s"]
    labels += [
        "05",
        "009",
        "s.03",
        "\N{ARABIC-INDIC DIGIT FIVE}",
        "\N{SUPERSCRIPT TWO}",
        "9" * 5_000,
    ]
    changes += [{"path": path, "module": path} for path in labels]
    answers = []
    for index, change in product((0, 1, 3, 4), changes):
        if isinstance(program.net.items[index], Repeat):
            continue
        changed = node(index, **change)(program)
        nodes = tuple(expand(changed.net.items))
        written = replace(changed, net=replace(changed.net, items=nodes))
        assert is_verified(changed) == is_verified(written), (index, change)
        answers.append(is_verified(changed))
    assert {True, False} == set(answers)


def test_a_repeat_costs_one_time() -> None:
    """It was written out, so that a thousand million times took all memory."""
    few, many = (read(FOLDED.replace("repeat 4", f"repeat {n}")) for n in (4, 10**9))
    verify(few)
    assert steps_of(lambda: verify(many)) < 1.1 * steps_of(lambda: verify(few))


def test_nobody_verifies_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And who asks gets it said that the compiler is at fault, not the spec."""
    asked: list[Program] = []
    monkeypatch.setattr("netlang.ir.verify.verify", asked.append)
    for unasked in (None, "", "0"):
        if unasked is None:
            monkeypatch.delenv("NETLANG_VERIFY", raising=False)
        else:
            monkeypatch.setenv("NETLANG_VERIFY", unasked)
        load_program("lenet5")
        assert not asked
    monkeypatch.setenv("NETLANG_VERIFY", "1")
    assert load_program("lenet5") in asked
