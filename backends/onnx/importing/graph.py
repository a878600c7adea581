"""The graph of ATen's operators that stands for an ONNX graph, as tracing a module gives one.

Each node is computed for its shape when it is made, on tensors without memory. What stored numbers
alone lead to is computed instead of written: sizes, axes and masks. Weights stay, under keys.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, final

import torch
from torch import Tensor, fx

from netlang.backends.onnx.importing.names import LabelKeeper
from netlang.backends.onnx.importing.outcomes import Outcomes
from netlang.backends.onnx.importing.tensors import of_its_own
from netlang.backends.torch.importing.layouts import CountedValues, leaves, mark_batch
from netlang.backends.torch.importing.refusal import NotSayable, refused
from netlang.backends.torch.importing.steps import ModuleCall, SourceTensor
from netlang.backends.torch.importing.tables.long import is_tiring
from netlang.records import Draft, Record, field

__all__ = ["AtenGraph", "Held", "KeptWeight", "StoredTensor", "reads_input", "same"]

# Elements of a table that is computed, bytes of all, which are kept, and steps of a spec for one.
_MOST_COMPUTED, _ALL_COMPUTED, _MOST_STEPS = 1 << 24, 1 << 28, 100
# An operator of ATen, and what it takes.
_Computation: TypeAlias = tuple[Any, Sequence[Any], Mapping[str, Any]]


@final
class StoredTensor(Record, eq=False):
    """Numbers that are known: a tensor of the file, or what is `computed` from such.

    `name` is that of a tensor of the file, and `origin` one of the same numbers in another shape.
    `learned` ones are weights, and others folded away.
    """

    tensor: Tensor
    name: str = ""
    learned: bool = False
    origin: StoredTensor | None = None
    computed: _Computation | None = None


Held: TypeAlias = "StoredTensor | fx.Node"


@final
class KeptWeight(Record, eq=False):
    """A weight under its key in the spec, and the tensor of the file that it was made from.

    `back` gives the file's tensor again.
    """

    key: str
    tensor: Tensor
    name: str
    back: Callable[[Tensor], Tensor]


def reads_input(node: fx.Node) -> bool:
    """Whether a value depends on an input of the net, and not on weights and numbers alone."""
    return bool(node.meta.get("reads_input"))


def same(tensor: Tensor) -> Tensor:
    """The tensor itself."""
    return tensor


@final
class AtenGraph(Draft, eq=False):
    """The graph under construction. `lists` are the values that are several, by name.

    `computed` counts the bytes of numbers that were computed, and `steps` the nodes of operators.
    In a file of netlang's `own`, layers that read the same tensors are one that is used again.
    `keys` are names of tensors that the file says are keys of weights.
    """

    values: CountedValues
    graph: fx.Graph = field(default_factory=fx.Graph)
    stored: dict[str, SourceTensor] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)
    weights: list[KeptWeight] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    labels: LabelKeeper = field(default_factory=LabelKeeper)
    computed: int = 0
    outcomes: Outcomes = field(default_factory=Outcomes)
    steps: int = 0
    lists: dict[str, tuple[Held, ...]] = field(default_factory=dict)
    tables: dict[StoredTensor, fx.Node] = field(default_factory=dict)
    placed: dict[tuple[str, str], fx.Node] = field(default_factory=dict)
    modules: Sequence[ModuleCall] = ()
    calls: dict[str, ModuleCall] = field(default_factory=dict)
    written: str = ""
    place: str = ""
    own: bool = False
    keys: frozenset[str] = frozenset()

    def input(self, name: str, shape: Sequence[int], dtype: torch.dtype) -> fx.Node:
        """An input of the net."""
        self.values.add(shape)
        node = self.graph.placeholder(name)
        val = torch.empty(tuple(shape), dtype=dtype, device="meta")
        node.meta.update(val=val, reads_input=True)
        mark_batch(node, val, given=True)
        return node

    def weight(
        self,
        held: StoredTensor,
        key: str,
        form: str = "",
        back: Callable[[Tensor], Tensor] = same,
        *,
        another: bool = False,
    ) -> fx.Node:
        """A tensor of the file under a key; the same node again for a tensor in the same form.

        With `another` it is one more key of the same tensor.
        """
        found = self.placed.get((held.name, form))
        if found is None or another:
            key = self.labels.claim(key)
            before = None if found is None else self.stored[found.name].tensor
            tensor = _writable(held.tensor) if before is None else before
            found = self.graph.placeholder("p_" + key.replace(".", "_"))
            found.meta["val"] = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
            self.stored[found.name] = SourceTensor(key, tensor, True, True)
            self.places[key] = len(self.weights)
            self.weights.append(KeptWeight(key, tensor, held.name, back))
            self.placed.setdefault((held.name, form), found)
        return found

    def flattened(self, node: fx.Node) -> fx.Node:
        """A weight with one axis, which nothing else that lives reads."""
        source = self.stored[node.name]
        shape, flat = source.tensor.shape, source.tensor.reshape(-1)
        self.stored[node.name] = SourceTensor(source.key, flat, True, True)
        node.meta["val"] = flat.to("meta")
        place = self.places[source.key]
        before = self.weights[place]

        def undone(tensor: Tensor) -> Tensor:
            return before.back(tensor.reshape(shape))

        self.weights[place] = KeptWeight(before.key, flat, before.name, undone)
        return node

    def key_placed(self, held: StoredTensor, form: str) -> str | None:
        """The key that a tensor of the file has already."""
        found = self.placed.get((held.name, form))
        return None if found is None else self.stored[found.name].key

    def constant(self, held: StoredTensor) -> fx.Node:
        """Numbers that the spec will list, or compute as the file does where no rule does."""
        if held not in self.tables:
            found = None
            if held.computed is not None and is_tiring(held.tensor):
                with suppress(NotSayable):
                    found = self._by_steps(held, {})
            self.tables[held] = self._listed(held) if found is None else found
            self.tables[held].meta["numbers"] = held.tensor
        return self.tables[held]

    def _by_steps(self, held: StoredTensor, made: dict[StoredTensor, Any]) -> fx.Node:
        """The node that computes a table from others. Raises `NotSayable` if that is long."""
        if held not in made:
            if len(made) >= _MOST_STEPS:
                raise NotSayable("a table of many steps")
            made[held] = None  # it counts, however deep it lies
            target, args, options = held.computed or (None, (), {})
            own = [_replaced(each, lambda one: self._by_steps(one, made)) for each in args]
            made[held] = self._node(target, own, options) if target else self._listed(held)
        node: fx.Node = made[held]
        return node

    def _listed(self, held: StoredTensor) -> fx.Node:
        name = f"constant{len(self.constants)}"
        self.constants[name] = held.tensor
        node = self.graph.create_node("get_attr", name)
        node.meta["val"] = held.tensor.to("meta")
        return node

    def call(
        self,
        target: Any,
        args: Sequence[Any],
        options: Mapping[str, Any],
        learned: Callable[[StoredTensor], fx.Node],
    ) -> Any:
        """What an operator of ATen gives: a node, a tuple of nodes, or numbers.

        `learned` places a weight that is among the arguments. Raises what PyTorch does if the
        operator can't take them, and `NotSayable` if they are too many.
        """
        held = list(leaves(args))
        stored = [each for each in held if isinstance(each, StoredTensor)]
        known = len(stored) == sum(isinstance(each, StoredTensor | fx.Node) for each in held)
        if known and not any(each.learned for each in stored):
            return self._computed(target, args, options)
        placed = [
            _replaced(each, lambda held: learned(held) if isinstance(held, StoredTensor) else held)
            for each in args
        ]
        return self._node(target, placed, options)

    def _node(self, target: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        vals = [_replaced(each, lambda node: node.meta["val"]) for each in args]
        val = self.outcomes.of(target, vals, options)
        for each in leaves([val]):
            self.values.add(each.shape)
        self.values.compute(target, args, options, val)
        self.steps += 1
        node = self.graph.call_function(target, tuple(args), dict(options))
        self._describe(node, val)
        if not isinstance(val, tuple | list):
            return node
        parts = []
        for number, each in enumerate(val):
            part = self.graph.call_function(operator.getitem, (node, number))
            self._describe(part, each)
            parts.append(part)
        return tuple(parts)

    def refused(
        self,
        inputs: Sequence[Held | None],
        error: NotSayable,
        val: Tensor | None,
        learned: Callable[[StoredTensor], fx.Node],
    ) -> fx.Node:
        """A node for what has no operator of ATen, with its weights; a `val` of None is unknown."""
        read = [
            learned(each) if isinstance(each, StoredTensor) else each
            for each in inputs
            if isinstance(each, fx.Node) or (isinstance(each, StoredTensor) and each.learned)
        ]
        node = self.graph.call_function(refused, tuple(read))
        self._describe(node, val)
        node.meta["refused"] = error
        return node

    def _describe(self, node: fx.Node, val: Any) -> None:
        if val is not None:
            node.meta["val"] = val
            mark_batch(node, val)
        reads = any(map(reads_input, node.all_input_nodes))
        node.meta.update(written=self.written, place=self.place, reads_input=reads)
        around = self._around(node)
        node.meta["nn_module_stack"] = {each.call: (each.path, each.kind) for each in around}

    def _around(self, node: fx.Node) -> Sequence[ModuleCall]:
        """The modules around a node, and those further in that its weights are of."""
        path = self.modules[-1].path if self.modules else ""
        for each in node.all_input_nodes:
            source = self.stored.get(each.name)
            parts = [] if source is None else source.key.split(".")[:-2]
            inner = ".".join(parts)
            if inner != path and f"{inner}.".startswith(f"{path}." if path else ""):
                whole = [".".join(parts[: n + 1]) for n in range(len(parts))]
                more = [each for each in whole if len(each) > len(path)]
                return [*self.modules, *(self.calls.get(p, ModuleCall(p, "", p)) for p in more)]
        return self.modules

    def _computed(self, target: Any, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Numbers, if they aren't too many."""
        vals = [_replaced(each, lambda held: held.tensor.to("meta")) for each in args]
        empty = target(*vals, **options)
        size = sum(each.numel() for each in leaves([empty]))
        computed = self.computed + sum(each.nbytes for each in leaves([empty]))
        if size > _MOST_COMPUTED or computed > _ALL_COMPUTED:
            raise NotSayable(f"a table of {size:,} numbers, which is computed")
        self.computed = computed
        self.values.compute(target, vals, options, empty)
        numbers = [_replaced(each, lambda held: held.tensor) for each in args]
        with torch.no_grad():
            found = target(*numbers, **options)
        if isinstance(found, tuple | list):
            return tuple(StoredTensor(each) for each in found)
        return StoredTensor(of_its_own(found, numbers), computed=(target, args, options))


def _writable(tensor: Tensor) -> Tensor:
    """The tensor in its own memory, unless several of its numbers are in one place there."""
    is_expanded = tensor.untyped_storage().nbytes() < tensor.nbytes
    return tensor.clone().contiguous() if is_expanded else tensor.detach()


def _replaced(held: Any, place: Callable[[Any], Any]) -> Any:
    if isinstance(held, StoredTensor | fx.Node):
        return place(held)
    if isinstance(held, list | tuple):
        return [_replaced(each, place) for each in held]
    return held
