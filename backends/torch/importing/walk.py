"""Walks the graph of a traced module and makes a step of the language of each node.

On exit, every value comes from a step or an input, and what can't be said is a `Missing`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor
from torch.fx import Node

from netlang.backends.torch.importing.call import Call, Handler, Made, modules_of
from netlang.backends.torch.importing.holes.holes import Holes
from netlang.backends.torch.importing.layouts import BATCH, batch_axis, sizes_of
from netlang.backends.torch.importing.operators.written import with_part
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.steps import (
    Argument,
    ComputedTensor,
    Maker,
    Missing,
    SourceStep,
    SourceTensor,
    Value,
    WalkState,
)
from netlang.backends.torch.importing.text.names import input_word
from netlang.backends.torch.importing.trace import TracedModule, alive_in, bases_of, is_writing
from netlang.records import Draft, field

if TYPE_CHECKING:
    from netlang.backends.torch.importing.composites import Composite

__all__ = ["Walk"]


@final
class Walk(Draft, eq=False):
    """The steps so far, what each node has become, and what couldn't be said.

    With `holes`, that is a hole of the spec.
    """

    state: WalkState = field(default_factory=WalkState)
    made: dict[Node, Made] = field(default_factory=dict)
    missing: dict[tuple[str, str], Missing] = field(default_factory=dict)
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    composites: Mapping[Node, Composite] = field(default_factory=dict)
    holes: Holes | None = None
    nodes: int = 0

    def run(self, traced: TracedModule, handlers: Mapping[str, Handler]) -> None:
        """Everything in the order of the graph."""
        alive = alive_in(traced.graph)
        for node in traced.graph.nodes:
            if node not in alive:
                continue
            if node.op == "placeholder":
                self.made[node] = traced.stored.get(node.name) or self._input(node)
            elif node.op == "get_attr":
                held = traced.constants[str(node.target)]
                if isinstance(held, Tensor):
                    self.made[node] = SourceTensor("", held, False, False)
            elif node.op == "output":
                last = Call(self.state, node, {})
                flat = node.args[0]
                assert isinstance(flat, tuple | list)
                self.outputs = [self._output(last, each) for each in flat if isinstance(each, Node)]
            else:
                self._call(node, handlers)

    def _input(self, node: Node) -> Value:
        shape = tuple(node.meta["val"].shape)
        try:
            batch, fold = batch_axis(shape)
        except NotSayable:
            advice = "take another size: this one stands for the examples here"
            self._miss(node, "input", NotSayable(f"an input whose size {BATCH} divides", advice))
            batch, fold = 0, 1
        sizes = sizes_of(shape, batch, fold)
        dtype = str(node.meta["val"].dtype).removeprefix("torch.")
        taken = {each.key.partition(".")[0] for each in self.made.values()
                 if isinstance(each, SourceTensor)}  # fmt: skip
        taken |= {each.source.name for each in self.inputs}
        source = Maker(None, name=input_word(node.name, taken), dtype=dtype.replace("float32", ""))
        value = Value(source, shape, sizes, batch, fold, not self.state.batched)
        self.inputs.append(value)
        return value

    def _output(self, call: Call, node: Node) -> Value:
        """What an output is of; a table of the source becomes a step."""
        held = node.meta.get("val")
        if held is None:  # of a file, whose node has been refused
            return _plain(Maker(SourceStep("", {}, [], ())), ())
        try:
            value = call.valued(self.made[node])
            if self.state.batched and (value.batch or value.fold > 1):
                raise NotSayable(
                    "an output whose first axis isn't the batch", "keep the batch in front"
                )
            return value
        except NotSayable as error:
            self._miss(node, "output", error)
            return _plain(Maker(SourceStep("", {}, [], ())), tuple(held.shape))

    def _call(self, node: Node, handlers: Mapping[str, Handler]) -> None:
        if node.target is operator.getitem:
            whole, part = node.args
            assert isinstance(whole, Node)
            assert isinstance(part, int)
            held = self.made.get(whole)
            self.made[node] = held[part] if isinstance(held, tuple) else self.unknown(node)
            return
        self.nodes += 1
        composite = self.composites.get(node)
        if composite is not None and not self._reads_lost([self.made[composite.given]]):
            self._composite(node, composite)
            return
        name = str(node.target)
        read = [self.made.get(each) for each in node.all_input_nodes]
        try:
            if self._reads_lost(read) or "refused" in node.meta:
                raise node.meta.get("refused", NotSayable(""))
            call = Call(self.state, node, _given(self, node))
            made: Made | None = call.folded(lists=name not in handlers)
            call.promote()
            if made is not None:
                self._remember(call, made, handlers.get(name))
            else:
                if name not in handlers:
                    raise NotSayable("the language has no such operator")
                made = handlers[name](call)
            self.made[node] = made
            self._in_place(node, made)
        except NotSayable as error:
            if not self._follows_unknown(node):
                self._miss(node, name, error)
            self.made[node] = self.unknown(node) if self.holes is None else self._hole(node, error)

    def _remember(self, call: Call, made: Made, handler: Handler | None) -> None:
        """How a constant was computed, if not of whole numbers: few operators take those."""
        if not isinstance(made, SourceTensor):
            return
        whole = not made.tensor.is_floating_point() and made.tensor.dtype is not torch.bool
        if is_writing(call.node):
            self.state.written(made.tensor)
        elif handler is not None and not whole:
            behind = self.state.steps[-1] if self.state.steps else None
            origin = ComputedTensor(lambda: call.valued(handler(call)), made.tensor, behind)
            self.state.origins.setdefault(id(made.tensor), origin)

    def _reads_lost(self, read: Iterable[Made | None]) -> bool:
        return self.holes is not None and self.holes.reads_lost(read)

    def _hole(self, node: Node, error: NotSayable) -> Made:
        """A hole in the place of a node; what it writes into is afterwards a part of it."""
        assert self.holes is not None
        made = self.holes.filled(node, [self.made.get(n) for n in node.all_input_nodes], error)
        changed = node.args[0] if is_writing(node) else None
        if isinstance(changed, Node):
            for base in bases_of(changed):
                self.made[base] = self.holes.written_into(base, self.made.get(base), made)
            self.made[changed] = made
        return made

    def _composite(self, node: Node, whole: Composite) -> None:
        """An attention is made where its last node is."""
        if node is not whole.last:
            return
        call, module = Call(self.state, node, {}), whole.module
        value = call.valued(self.made[whole.given])
        arguments: dict[str, Argument] = {"heads": module.num_heads, "dropout": module.dropout}
        if module.in_proj_bias is None:
            arguments["bias"] = False
        made = call.emit("multi_head_attention", [value], arguments, key=whole.path)
        assert made.step is not None
        made.step.modules = tuple(
            each for each in made.step.modules if not f"{each.path}.".startswith(f"{whole.path}.")
        )
        self.made[node] = made

    def _in_place(self, node: Node, made: Made) -> None:
        """What an operator writes into is afterwards what it gives, and so is a part of a value."""
        changed = node.args[0] if is_writing(node) else None
        before = self.made[changed] if isinstance(changed, Node) else made
        if before is made or isinstance(made, tuple) or not isinstance(changed, Node):
            return
        if isinstance(before, SourceTensor):
            if isinstance(made, SourceTensor) and not before.key:
                return  # a constant, into which the numbers were written
            raise NotSayable("it writes into a weight or buffer", "make a new value of it")
        call = Call(self.state, node, {})
        self.made[node] = self.made[changed] = part = call.valued(made)
        bases = list(bases_of(changed))
        read = [
            place for place, base in enumerate(bases) if any(each > node for each in base.users)
        ]
        for base in bases[: max(read, default=-1) + 1]:
            if base is not changed.args[0] or base.op != "call_function":
                raise NotSayable("it writes into a part of a value", "make a new value of it")
            part = self.made[base] = with_part(call, call.valued(self.made[base]), changed, part)
            changed = base

    def _follows_unknown(self, node: Node) -> bool:
        """Whether something in front of a node couldn't be said already."""
        made = (self.made.get(each) for each in node.all_input_nodes)
        return any(isinstance(each, Value) and not each.known for each in made)

    def _miss(self, node: Node, name: str, error: NotSayable) -> None:
        kind = node.meta.get("written") or name.removeprefix("aten.")
        found = self.missing.setdefault(
            (kind, error.reason), Missing(kind, error.reason, error.advice)
        )
        modules = modules_of(node)
        found.places.append(modules[-1].path if modules else node.meta.get("place", ""))

    def unknown(self, node: Node) -> Made:
        """A stand-in for what a node gives, so that the nodes after it are looked at too."""
        held = node.meta.get("val")
        if isinstance(held, Tensor):
            return _plain(Maker(SourceStep("", {}, [], modules_of(node))), tuple(held.shape))
        items = held if isinstance(held, tuple | list) else ()
        return tuple(
            _plain(Maker(SourceStep("", {}, [], modules_of(node))), tuple(each.shape))
            for each in items
            if isinstance(each, Tensor)
        )


def _plain(source: Maker, shape: tuple[int, ...]) -> Value:
    try:
        batch, fold = batch_axis(shape)
    except NotSayable:
        batch, fold = None, 1
    free = batch is None
    return Value(source, shape, sizes_of(shape, batch, fold), batch, fold, free, known=False)


def _given(walk: Walk, node: Node) -> dict[str, object]:
    """The arguments of a node by name, with defaults; other nodes are what they have become."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        raise NotSayable("a region of its own, which PyTorch keeps as it is")
    given: dict[str, object] = {}
    for position, argument in enumerate(schema.arguments):
        if position < len(node.args):
            held: object = node.args[position]
        else:
            held = node.kwargs.get(argument.name, argument.default_value)
        given[argument.name] = _made(walk, held)
    return given


def _made(walk: Walk, held: object) -> object:
    if isinstance(held, Node):
        return walk.made[held]
    if isinstance(held, list | tuple):
        return [_made(walk, each) for each in held]
    return held
