"""Traces a module: its graph of ATen operators, with the tensors that it reads and writes.

`torch.export` runs the module once on tensors without contents. Nothing is decomposed, so that an
operator of the graph is what the source calls.
"""

from __future__ import annotations

import logging
import operator
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import Graph, Node

from netlang.backends.torch.importing.diagnostics import NotTraced
from netlang.backends.torch.importing.foreign import foreign_code
from netlang.backends.torch.importing.layouts import BATCH
from netlang.backends.torch.importing.steps import SourceTensor
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record

if TYPE_CHECKING:
    from torch.export import ExportedProgram

__all__ = [
    "TracedModule", "alive_in", "bases_of", "is_writing", "not_taken", "not_traced", "output_names",
    "trace",
]  # fmt: skip

_EMBEDDING = torch.ops.aten.embedding.default


@final
class TracedModule(Record, eq=False):
    """A graph: the tensors behind its placeholders by name, and the names of its outputs.

    If it isn't `batched`, it is for one example without an axis for several.
    """

    graph: Graph
    constants: Mapping[str, object]
    stored: Mapping[str, SourceTensor]
    outputs: tuple[str, ...]
    batched: bool = True

    @property
    def tied(self) -> frozenset[str]:
        """The keys of tables whose rows stand for words, which other operators read as weights."""
        nodes = (node for node in self.graph.nodes if node.name in self.stored)
        found = {self.stored[node.name].key: {user.target for user in node.users} for node in nodes}
        return frozenset(key for key, by in found.items() if _EMBEDDING in by and len(by) > 1)


def trace(module: nn.Module, example: Sequence[Tensor]) -> TracedModule:
    """The graph of a module in evaluation, for `BATCH` examples like those of `example`."""
    wide = tuple(_wide(each) for each in example)
    with _quiet(), foreign_code(not_traced), torch.no_grad():
        program = torch.export.export(module, wide, strict=False)
    _refuse_untraced(program)
    owner = program.graph_module
    _put_regions_in_place(owner)
    constants = {
        node.target: getattr(owner, str(node.target))
        for node in program.graph.nodes
        if node.op == "get_attr"
    }
    names = output_names(program)
    return TracedModule(program.graph, constants, dict(_stored(program)), names)


def not_traced(reason: str) -> NetlangError:
    """The error of a module that can't be traced, or that can't run."""
    return NetlangError(NotTraced(span=None, reason=reason))


def not_taken(reason: str, advice: str) -> NetlangError:
    """As `not_traced`, for what a module is given or gives: `advice` says what it should be."""
    return NetlangError(NotTraced(span=None, reason=reason, advice=advice))


@contextmanager
def _quiet() -> Iterator[None]:
    """Inside, PyTorch doesn't tell how it traces: it would print the graph at an error."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)


def _refuse_untraced(program: ExportedProgram) -> None:
    """Refuse outputs that are no tensors, and shapes that aren't known before the numbers are."""
    last = next(node for node in program.graph.nodes if node.op == "output").args[0]
    outputs = last if isinstance(last, tuple | list) else [last]
    if not outputs or not all(isinstance(each, torch.fx.Node) for each in outputs):
        advice = "give tensors alone: one, or a list, tuple or dictionary of them"
        raise not_taken("it gives something else than tensors", advice)
    for node in program.graph.nodes:
        held = node.meta.get("val")
        for each in held if isinstance(held, tuple | list) else (held,):
            if isinstance(each, Tensor) and not all(type(size) is int for size in each.shape):
                raise not_traced("the shape of a value depends on the numbers in the input")


def _put_regions_in_place(owner: torch.fx.GraphModule) -> None:
    """Put the nodes of a region of full precision, or without gradients, where the region is."""
    for node in list(owner.graph.nodes):
        name = str(node.target)
        is_plain = name == "wrap_with_autocast" and node.args[2] is False
        if is_plain or name == "wrap_with_set_grad_enabled":
            _put_in_place(owner, node)


def _put_in_place(owner: torch.fx.GraphModule, node: torch.fx.Node) -> None:
    """Put the nodes of a region in front of the node that calls it, which nothing reads then."""
    at = next(i for i, each in enumerate(node.args) if isinstance(each, torch.fx.Node))
    called, *given = node.args[at:]
    assert isinstance(called, torch.fx.Node)
    region = owner.get_submodule(str(called.target))
    assert isinstance(region, torch.fx.GraphModule)
    if any(each.op == "get_attr" for each in region.graph.nodes):
        return  # it has regions or constants of its own
    with owner.graph.inserting_before(node):
        made: dict[torch.fx.Node, Any] = {}
        for each in region.graph.nodes:
            if each.op == "placeholder":
                made[each] = given[len(made)]
            elif each.op == "call_function":
                made[each] = owner.graph.node_copy(each, made.__getitem__)
                stack = each.meta.get("nn_module_stack") or node.meta.get("nn_module_stack")
                made[each].meta["nn_module_stack"] = stack
        last = torch.fx.map_arg(each.args[0], made.__getitem__)
    for user in list(node.users):
        assert user.target is operator.getitem
        user.replace_all_uses_with(last[user.args[1]])
        owner.graph.erase_node(user)
    owner.graph.erase_node(node)


def _wide(tensor: Tensor) -> Tensor:
    """A tensor of `BATCH` examples, whose memory nothing touches. Raises `NetlangError`."""
    if not tensor.dim():
        raise not_taken("its input has no axis for examples", "give it two examples, as `[2, ...]`")
    shape = (BATCH, *tensor.shape[1:])
    try:
        return torch.empty(shape, dtype=tensor.dtype)
    except RuntimeError:  # no machine has so many addresses
        raise not_taken("there is no room for its input", "give it smaller examples") from None


def _stored(program: ExportedProgram) -> list[tuple[str, SourceTensor]]:
    found = []
    for each in program.graph_signature.input_specs:
        if each.kind is InputKind.USER_INPUT or each.target is None:
            continue
        named = program.state_dict if each.target in program.state_dict else program.constants
        tensor = named[each.target]
        persistent = each.kind is not InputKind.CONSTANT_TENSOR and each.persistent is not False
        trained = each.kind is InputKind.PARAMETER
        held = SourceTensor(each.target, tensor, trained, persistent)
        if not persistent:
            # A constant: what is computed from it may write into it, which the module must not see.
            held = SourceTensor("", tensor.clone(), False, False)
        found.append((each.arg.name, held))
    return found


def output_names(program: ExportedProgram) -> tuple[str, ...]:
    """A name for each output: its key in a dictionary, or its number."""
    spec = program.call_spec.out_spec
    count = len(program.graph_signature.user_outputs)
    if count == 1:
        return ("output",)
    keys = spec.context if spec is not None and issubclass(spec.type or list, Mapping) else None
    if isinstance(keys, list) and len(keys) == count:
        return tuple(str(key) for key in keys)
    return tuple(f"output{number}" for number in range(count))


def alive_in(graph: Graph) -> set[Node]:
    """The nodes that lead to an output, and those that write into what does."""
    owners: dict[Node, Node] = {}
    for node in graph.nodes:
        owners[node] = owners.get(_shown(node), node)
    alive, read = set[Node](), set[Node]()
    for node in reversed(graph.nodes):
        writes = is_writing(node) and owners[node] in read
        if node.op in ("output", "placeholder") or node in alive or writes:
            alive.add(node)
            alive.update(node.all_input_nodes)
            read.update(owners[each] for each in node.all_input_nodes)
    return alive


def is_writing(node: Node) -> bool:
    """Whether an operator writes into its first input."""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def bases_of(node: Node) -> Iterator[Node]:
    """The nodes whose memory a node shows a part of, or shows in another shape."""
    while True:
        schema = getattr(node.target, "_schema", None)
        if schema is None or schema.is_mutable or not schema.returns:
            return
        before = node.args[0] if schema.returns[0].alias_info is not None else None
        if not isinstance(before, Node):
            return
        yield before
        node = before


def _shown(node: Node) -> Node:
    """The node that a node is a part or another shape of; otherwise itself."""
    first = node.args[0] if node.op == "call_function" and node.args else None
    schema = getattr(node.target, "_schema", None)
    aliased = schema is not None and schema.arguments and schema.arguments[0].alias_info
    return first if aliased and isinstance(first, Node) else node
