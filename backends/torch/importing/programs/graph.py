"""Makes the graph of a program as tracing gives one, for `BATCH` examples.

Each node is computed for its shape, on tensors without memory, and held against the sizes in the
file. Numbers such as sizes become numbers of the graph. A node whose operator isn't known, or that
doesn't fit its inputs, is one that is refused later, and has the sizes that the file says.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, fx

from netlang.backends.torch.importing.foreign import said_by
from netlang.backends.torch.importing.layouts import (
    BATCH,
    CountedValues,
    leaves,
    mark_batch,
)
from netlang.backends.torch.importing.programs.batches import (
    at_export,
    expanded,
    given_at_export,
    reshaped,
)
from netlang.backends.torch.importing.programs.document import (
    ProgramDocument,
    ProgramNode,
    resolved,
)
from netlang.backends.torch.importing.programs.known import (
    SIZE_OF,
    SIZES,
    SKIPPED,
    VIEWS,
    aten_name,
    known_operator,
)
from netlang.backends.torch.importing.programs.shapes import shape_of
from netlang.backends.torch.importing.refusal import NotSayable, refused
from netlang.backends.torch.importing.steps import MOST_STEPS, SourceTensor
from netlang.backends.torch.importing.trace import TracedModule
from netlang.records import Draft, field

__all__ = ["ATTENTION", "ProgramReader"]

ATTENTION = "torch.nn.modules.activation.MultiheadAttention"

_MOST_COMPUTED = 1 << 26  # elements of what constants lead to
# What Python and PyTorch raise for numbers that don't fit each other: the file decides them all.
_WRONG = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, AssertionError)
_SYMBOLIC = "export it with a symbolic first axis: `dynamic_shapes=({0: Dim.DYNAMIC},)`"

Held: TypeAlias = "fx.Node | int | float | bool"


@final
class ProgramReader(Draft, eq=False):
    """What each name of a program stands for so far.

    `batch` is the number of examples that the program is for, None for any. If it isn't `batched`,
    it is for one example without an axis for several.
    """

    document: ProgramDocument
    tensors: Mapping[str, Tensor]
    values: CountedValues
    batch: int | None
    batched: bool = True
    graph: fx.Graph = field(default_factory=fx.Graph)
    stored: dict[str, SourceTensor] = field(default_factory=dict)
    made: dict[str, Held] = field(default_factory=dict)
    plain: set[fx.Node] = field(default_factory=set)
    weights: set[fx.Node] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    attended: dict[str, Tensor] = field(default_factory=dict)
    computed: int = 0
    steps: int = 0

    def read(self, shapes: Sequence[tuple[tuple[int, ...], torch.dtype]]) -> TracedModule:
        """The graph, for inputs of these shapes of one example. Raises `ValueError`."""
        self._hold()
        for name, (shape, dtype) in zip(self.document.inputs, shapes, strict=True):
            whole = (BATCH, *shape) if self.batched else shape
            self.values.add(whole)
            val = torch.empty(whole, dtype=dtype, device="meta")
            self.made[name] = given = self._placeholder(name, val)
            mark_batch(given, val, given=True)
        for node in self.document.nodes:
            self._node(node)
        ends = [self._value(name) for name in self.document.outputs]
        if not all(isinstance(each, fx.Node) for each in ends):
            raise ValueError("an output of it is a number")
        self.graph.output(tuple(ends))
        names = self.document.output_names
        return TracedModule(self.graph, {}, self.stored, names, self.batched)

    def _hold(self) -> None:
        """Placeholders for the tensors of the program."""
        for each in self.document.holders:
            tensor = self.tensors.get(each.key)
            if tensor is None:
                raise ValueError(f"it has no tensor `{each.key[:100]}`")
            node = self._placeholder(each.name, tensor.to("meta"))
            self.made[each.name] = node
            kept = SourceTensor(each.key, tensor, each.trained, True)
            if not each.persistent:
                kept = SourceTensor("", tensor.clone(), False, False)
                self.plain.add(node)
            else:
                self.weights.add(node)
            self.stored[node.name] = kept

    def _placeholder(self, name: str, val: Tensor) -> fx.Node:
        word = "".join(c if c.isascii() and c.isalnum() else "_" for c in name[:80])
        word = word if word[:1].isalpha() else f"x{word}"
        node = self.graph.placeholder(word)
        if word not in self.names:
            node.name = word  # `input` would be another one, so that it hides no function
        self.names.add(node.name)
        node.meta["val"] = val
        return node

    def _value(self, name: str) -> Held:
        if name not in self.made:
            raise ValueError("it reads a value that no node gives")
        return self.made[name]

    def _node(self, node: ProgramNode) -> None:
        if node.target in SKIPPED:
            return
        args = [resolved(each, self._value) for each in node.positional]
        named = {name: resolved(each, self._value) for name, each in node.named.items()}
        if node.target in SIZES:
            if not all(isinstance(each, int | float) for each in args):
                raise ValueError("it computes with something else than numbers")
            found = SIZES[node.target](*args)
            if abs(found) >= 1 << 63:
                raise ValueError("it has a number of more than 64 bits")
            self.made[node.outputs[0]] = found
            return
        if node.target == SIZE_OF:
            source = args[0]
            if not isinstance(source, fx.Node) or "val" not in source.meta:
                raise ValueError("it takes the size of what has none")
            self.made[node.outputs[0]] = int(source.meta["val"].shape[args[1]])
            return
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ValueError(f"it has more than {MOST_STEPS:,} steps")
        try:
            self._call(node, args, named)
        except NotSayable as error:
            self._refuse(node, [*args, *named.values()], error)
        except _WRONG as error:
            advice = _SYMBOLIC if self.batch is not None else ""
            reason = f"its arguments don't fit its inputs ({said_by(error)[:200]})"
            self._refuse(node, [*args, *named.values()], NotSayable(reason, advice))

    def _call(self, node: ProgramNode, args: list[Any], named: dict[str, Any]) -> None:
        """A node of the graph. Raises `NotSayable`, and what PyTorch raises."""
        read = [each for each in leaves([*args, *named.values()]) if isinstance(each, fx.Node)]
        if not all("val" in each.meta for each in read):
            raise NotSayable("")
        target = known_operator(node.target)
        if target is None:
            space = node.target.startswith("torch.ops.") and aten_name(node.target) is None
            what = (
                "an operator of another package" if space else "the language has no such operator"
            )
            raise NotSayable(what)
        said = self._in_attention(node, read)
        if said is None:
            self._rebatch(node, args)
        given, options = (args, named) if said is None else self._at_export(args, named)
        val = shape_of(target, given, options, len(node.outputs))
        self._count(val, plain=all(each in self.plain for each in read))
        self.values.compute(target, given, options, val)
        if said is not None:
            if not isinstance(val, Tensor) or val.shape != self.document.shapes[node.outputs[0]]:
                raise NotSayable("its sizes aren't those that the file says")
            val = said
        self._check(node, val)
        made = self.graph.call_function(target, tuple(args), named)
        self._keep(node, made, val, plain=all(each in self.plain for each in read))

    def _keep(self, node: ProgramNode, made: fx.Node, val: Any, *, plain: bool) -> None:
        self._describe(node, made, val)
        parts = [made]
        if isinstance(val, tuple | list):
            parts = [self.graph.call_function(operator.getitem, (made, n)) for n in range(len(val))]
            for part, each in zip(parts, val, strict=True):
                self._describe(node, part, each)
        if plain:
            self.plain.update([made, *parts])
        if len(node.outputs) != len(parts):
            raise NotSayable("it gives another number of values than the file says")
        self.made.update(
            {name: part for name, part in zip(node.outputs, parts, strict=True) if name}
        )

    def _describe(self, node: ProgramNode, made: fx.Node, val: Any) -> None:
        if val is not None:
            made.meta["val"] = val
            mark_batch(made, val)
        made.meta["nn_module_stack"] = {each.call: (each.path, each.kind) for each in node.modules}

    def _in_attention(self, node: ProgramNode, read: Sequence[fx.Node]) -> Tensor | None:
        """What a node gives that is a part of an attention of PyTorch's own; None for others.

        It moves the batch and joins it with the heads. Of the whole, the shape is that of its
        input; its parts keep the program's own number of examples, since nothing reads them.
        """
        path = next((each.path for each in node.modules if each.kind == ATTENTION), None)
        if path is None or self.batch is None or not self.batched or len(node.outputs) != 1:
            return None
        activations = [each for each in read if each.name not in self.stored]
        if path not in self.attended and activations:
            self.attended[path] = activations[0].meta["val"]
        given, said = self.attended.get(path), self.document.shapes.get(node.outputs[0])
        if given is None or said is None or not all(said):
            return None
        same = at_export(given.shape, self.batch) == said
        return torch.empty(given.shape if same else said, dtype=given.dtype, device="meta")

    def _at_export(
        self, args: list[Any], named: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Arguments as they are for the program's own number of examples."""
        batch, constants = self.batch or 1, self.plain | self.weights
        given = [given_at_export(each, batch, constants) for each in args]
        return given, {k: given_at_export(each, batch, constants) for k, each in named.items()}

    def _rebatch(self, node: ProgramNode, args: list[Any]) -> None:
        """Put `BATCH` where the sizes of a node have the program's own number of examples."""
        name = aten_name(node.target)
        if self.batch is None or not self.batched or len(args) < 2:
            return
        if name in VIEWS:
            sizes = self.document.shapes.get(node.outputs[0], ())
            if all(sizes):
                args[1] = list(reshaped(args[0].meta["val"].shape, sizes, self.batch))
        elif name == "expand.default":
            args[1] = list(expanded(args[0].meta["val"].shape, args[1], self.batch))

    def _count(self, val: Any, *, plain: bool) -> None:
        """Refuse values that wouldn't fit into memory, before anything computes them."""
        for each in leaves([val]):
            if not isinstance(each, Tensor):
                raise NotSayable("it gives something else than tensors")
            self.values.add(each.shape)
            # Constants are computed for all of the graph's examples; a view takes no memory.
            own = each.untyped_storage().nbytes() // each.itemsize
            self.computed += min(own, each.numel()) if plain else 0
            if self.computed > _MOST_COMPUTED:
                raise NotSayable(f"tables of {self.computed:,} numbers, which are computed")

    def _check(self, node: ProgramNode, val: Any) -> None:
        """Hold shapes against those in the file, which are for its own number of examples."""
        if self.batch is None or not self.batched:
            return
        for name, each in zip(node.outputs, leaves([val]), strict=False):
            said = self.document.shapes.get(name)
            if said is not None and all(said) and at_export(each.shape, self.batch) != said:
                raise NotSayable(f"for several examples its sizes aren't {list(said)}", _SYMBOLIC)

    def _refuse(self, node: ProgramNode, given: Iterable[Any], error: NotSayable) -> None:
        """A node for each output of one that can't be said."""
        read = [each for each in leaves(given) if isinstance(each, fx.Node)]
        for name in filter(None, node.outputs):
            made = self.graph.call_function(refused, tuple(read))
            self._describe(node, made, self._said(name, read))
            made.meta["refused"] = error
            known = aten_name(node.target)
            short = node.target if known is None else known.partition(".")[0]
            made.meta["written"] = short[:60]
            self.made[name] = made

    def _said(self, name: str, read: Sequence[fx.Node]) -> Tensor | None:
        """What the file says that a value is, for `BATCH` examples; None if it doesn't."""
        sizes, hints = self.document.shapes.get(name), self.document.hints.get(name, ())
        if sizes is None:
            return None
        first = self.batch or self._batch_at_export()
        batched = self.batched and any("val" not in each.meta or BATCH in each.meta["val"].shape
                                       for each in read)  # fmt: skip
        whole = list(hints)
        if batched and whole and first and whole[0] % first == 0:
            whole[0] = whole[0] // first * BATCH
        return torch.empty(whole, dtype=self.document.dtypes[name], device="meta")

    def _batch_at_export(self) -> int:
        return next((self.document.hints[name][0] for name in self.document.inputs), 0)
