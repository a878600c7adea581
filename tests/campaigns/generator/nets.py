"""Nets: inputs, a body that grows by all productions, outputs, what the file says of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from netlang.ir.dims import Dim, symbol
from netlang.ir.types import DType, TensorType
from tests.campaigns.generator import (
    affine,
    arithmetic,
    attention,
    blocks,
    callers,
    control,
    merges,
    ports,
    weights,
)
from tests.campaigns.generator.body import Body, indented
from tests.campaigns.generator.draw import Draw
from tests.campaigns.generator.model import Generated, Labelled, Value
from tests.campaigns.generator.spec import Owner, Spec
from tests.campaigns.generator.steps import apply, choose, kept

__all__ = ["SINGLE", "generate"]

SYMBOLS = ("D", "H", "W")
SINGLE = (DType.FLOAT32,)
FLOATS = (
    *(DType.FLOAT32,) * 26, *(DType.FLOAT64,) * 3, *(DType.FLOAT16,) * 2, DType.BFLOAT16,
)  # fmt: skip
Production = Callable[[Body], bool]


def _with_growth(call: Callable[[Body, blocks.Grow], bool]) -> Production:
    return lambda body: call(body, grow)


# How often each production is tried, beside plain steps.
PRODUCTIONS: tuple[tuple[Production, int], ...] = (
    (merges.merge_braces, 6),
    (merges.merge_tuple, 6),
    (merges.scaled, 17),
    (merges.one_branch, 2),
    (merges.widened, 3),
    (merges.unpooled_back, 3),
    (merges.attended, 3),
    (merges.boxed, 7),
    (affine.around_a_map, 9),
    (arithmetic.elementary, 15),
    (arithmetic.divided, 2),
    (arithmetic.folded, 8),
    (attention.attention_of_parts, 3),
    (attention.layer_of_a_transformer, 10),
    (arithmetic.chosen, 12),
    (arithmetic.kept_for_later, 4),
    (control.scope, 6),
    (control.conditional, 2),
    (control.repeat, 2),
    (control.counted_loop, 2),
    (control.width_loop, 3),
    (control.table_loop, 3),
    (control.asserted, 2),
    (_with_growth(blocks.call_block), 7),
    (_with_growth(blocks.call_net), 2),
    (_with_growth(blocks.call_pair), 2),
    (_with_growth(callers.call_wrapper), 1),
    (_with_growth(callers.call_with_body), 2),
    (_with_growth(callers.call_inline), 3),
    (_with_growth(callers.call_bundled), 3),
    (callers.reused, 4),
    (ports.branched, 2),
    (weights.given_weights, 3),
    (weights.tied, 2),
)
_BAG = tuple(production for production, weight in PRODUCTIONS for _ in range(weight))


def grow(body: Body, count: int) -> None:
    """Add `count` statements or steps, as long as the spec may have more."""
    for _ in range(count):
        if body.spec.left <= 0 and body.lines:
            return
        if body.draw.chance(0.4) or body.nested > 2 or not body.draw.pick(_BAG)(body):
            apply(body, choose(body, body.repeated))
    if not body.lines or body.lines[-1].startswith("assert"):
        apply(body, kept(body))


def generate(
    seed: int,
    *,
    symbolic: bool | None = None,
    size_asserts: bool = True,
    floats: tuple[DType, ...] = FLOATS,
) -> Generated:
    """A valid spec, always the same for a seed and options.

    `symbolic` decides whether sizes are symbols, `size_asserts` whether the spec may put conditions
    of its own on them; one of `floats` is what it computes in.
    """
    draw = Draw(random.Random(f"netlang {seed}"))
    with_symbols = draw.chance(0.35)
    left = draw.whole(6, 20)
    spec = Spec(draw, seed, left=left, size_asserts=size_asserts, floats=draw.pick(floats))
    return _Net(spec, with_symbols if symbolic is None else symbolic).generated()


class _Net:
    """The main net of a spec."""

    def __init__(self, spec: Spec, symbolic: bool) -> None:
        self.spec = spec
        self.draw = spec.draw
        self.symbolic = symbolic
        self.owner = Owner(spec.main, True)
        self.inputs: list[tuple[str, Value, str]] = []
        self.declared: set[str] = set()

    def generated(self) -> Generated:
        body = self._body()
        name = self.spec.name("net")
        text = self._text(name, body)
        helper = self.spec.helper
        files = {"helper.net": "\n\n".join(helper.items) + "\n"} if helper and helper.items else {}
        spec = self.spec
        return Generated(
            spec.seed, text, files, self._loaded(name), frozenset(spec.constructs),
            frozenset(spec.operators), tuple(body.numbered),
        )  # fmt: skip

    # --- inputs -----------------------------------------------------------------------------

    def _input(self) -> tuple[str, Value]:
        name = self.spec.name(self.draw.pick(("image", "x", "signal", "tokens")))
        rank = self.draw.pick((1, 2, 2, 2, 3, 3, 3, 3, 4))
        if self.symbolic and not self.declared:
            rank = max(2, rank)
        whole = self.draw.chance(0.12)
        first = self.draw.pick((1, 2, 3, 4, 6, 8, 9, 12))
        most = {1: 1, 2: 16, 3: 9, 4: 5}[rank]
        sizes = [self.draw.whole(min(4, most), most) for _ in range(rank - 1)]
        texts: list[str] = [str(first)]
        dims: list[Dim] = [first]
        for axis, size in enumerate(sizes):
            if self.symbolic:
                dims.append(self._symbol(SYMBOLS[axis], min(size, 9), texts))
            else:
                dims.append(size)
                texts.append(str(size))
        if not self.spec.small((TensorType(tuple(dims)),)):
            dims[0], texts[0] = 1, "1"
        # The floats of the net are known to its inputs alone: all others follow them.
        dtype = self.draw.pick((DType.INT64, DType.UINT8, DType.INT32)) if whole else DType.FLOAT32
        prefix = dtype.value
        if whole:
            self.spec.used("input of whole numbers")
        elif self.spec.floats is not DType.FLOAT32:
            self.spec.used("input of other floats")
            prefix = self.spec.floats.value
        elif self.draw.chance(0.75):
            prefix = ""
        self.inputs.append(
            (name, Value(TensorType(tuple(dims), dtype)), f"{prefix}[{', '.join(texts)}]")
        )
        return name, self.inputs[-1][1]

    def _symbol(self, name: str, size: int, texts: list[str]) -> Dim:
        """A symbolic size, with its default where it stands first."""
        self.spec.used("symbolic size")
        if name in self.declared:
            texts.append(name)
        else:
            self.declared.add(name)
            self.draw.sizes = {**self.draw.sizes, name: size}
            texts.append(f"{name}={size}")
        return symbol(name)

    # --- body -------------------------------------------------------------------------------

    def _body(self) -> Body:
        name, value = self._input()
        body = Body(self.spec, self.owner, (value,), labels={name: Labelled((value,))})
        others = [self._input() for _ in range(self.draw.pick((0, 0, 0, 1, 1, 2)))]
        if others:
            self.spec.used("several inputs")
            body.start(name, (value,))
        grow(body, self.draw.whole(3, 8))
        taps: list[str] = []
        if self.draw.chance(0.35):
            self._taps(body)
            taps.append("main")
        for other, x in others:
            self._second(body, other, x)
            taps.append(other)
        if taps:
            self._tap(body, f"output {self.spec.name('out')}")
        return body

    def _taps(self, body: Body) -> None:
        """Outputs and auxiliary outputs on the way."""
        for _ in range(self.draw.whole(1, 2)):
            if self.draw.chance(0.2):
                ports.tapped(body)
                grow(body, 1)
                continue
            kind = self.draw.pick(("output", "output", "auxiliary"))
            name = self.spec.name("tap")
            side = body.child(repeated=True)
            apply(side, choose(side, single=True))
            self.spec.used("auxiliary output" if kind == "auxiliary" else "output")
            body.tap(f"{kind} {name}", side.lines)
            grow(body, 1)

    def _tap(self, body: Body, text: str) -> None:
        self.spec.used("output")
        body.line(text)

    def _second(self, body: Body, name: str, x: Value) -> None:
        """Another input: merged with the current value, or on a path to an output of its own."""
        main = body.value
        if main.type == x.type and main.type.dtype.is_float:
            apply(body, kept(body), label=True)
            read = body.hold()
            merge = self.draw.pick(("add", "mul", "max", "min", "sub"))
            self.spec.operators.add(merge)
            self.spec.used("tuple")
            body.start(f"({read}, {name}) -> {merge}", (main,))
            return
        self._tap(body, f"output {self.spec.name('out')}")
        self.spec.used("several outputs")
        body.labels[name] = Labelled((x,))
        body.start(name, (x,))
        apply(body, kept(body))
        grow(body, self.draw.whole(0, 2))

    # --- text -------------------------------------------------------------------------------

    def _text(self, name: str, body: Body) -> str:
        spec, parts = self.spec, []
        if self.draw.chance(0.3):
            spec.used("docstring")
            parts.append('"""A net that nobody chose.\n\nIt has two lines.\n"""')
        if spec.main.imports:
            parts.append("\n".join(spec.main.imports))
        parameters = [f"{each.name}={each.default}" for each in self.owner.parameters]
        head = f"net {name}({', '.join(parameters)})" if parameters else f"net {name}"
        inputs = [f"input {each}: {shape}" for each, _, shape in self.inputs]
        doc = ['"""Its docstring."""'] if self.draw.chance(0.2) else []
        comment = ["# a comment"] if self.draw.chance(0.2) else []
        lines = [f"{head} {{", *indented([*doc, *inputs, *comment, *body.lines]), "}"]
        self._alias(name)
        definitions = self.draw.shuffled(
            [*spec.main.items, "\n".join(lines), *self._asserts(name, body)]
        )
        return "\n\n".join([*parts, *definitions]) + "\n"

    def _asserts(self, name: str, body: Body) -> list[str]:
        """What the file claims of its net: figures, and the shape of the only output."""
        if self.draw.chance(0.8):
            return []
        self.spec.used("assert at file level")
        found = [f"assert {name}.flops == 2 * {name}.macs and {name}.params >= 0"]
        if not any("output" in line or "auxiliary" in line for line in body.lines):
            found.append(f"assert {name}.output == {list(self.draw.shape(body.value.type))}")
        return found

    def _alias(self, name: str) -> None:
        """Another name of the net, which is then the one to compile."""
        self.alias = None
        if self.draw.chance(0.2):
            self.spec.used("net alias")
            self.alias = self.spec.name("alias")
            first = self.owner.parameters[:1]
            given = f"{first[0].name}={first[0].given}" if first else ""
            self.spec.main.items.append(f"net {self.alias} = {name}({given})")

    def _loaded(self, name: str) -> str:
        return self.alias or name
