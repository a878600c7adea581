"""Makes the blocks of the spec functions of the file (model-local functions of ONNX).

Needs: a finished graph, in order. Ensures: the same values, with their names, where they are read
outside a block; each call stands after what it reads. Instances with the same steps and numbers
share a function; a block of which steps were moved out of it, so that no single call can take its
place, stays as it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netlang.backends.onnx.graph import Operation
from netlang.backends.onnx.sizes import SHARED
from netlang.ir.program import Function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from netlang.backends.onnx.steps import Flat

__all__ = ["DOMAIN", "FileFunction", "around", "outlined"]

DOMAIN = "netlang"
_SMALL = 64
"""Elements of a constant up to which it stands in the function that reads it."""


@dataclass(frozen=True, eq=False)
class FileFunction:
    """A function of the file; `constants` are those in it, by the names that it reads them by."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operations: tuple[Operation, ...]
    constants: Mapping[str, NDArray[np.generic]]
    doc: str | None


@dataclass(frozen=True, eq=False)
class _Instance:
    """A use of a block, at a path; `inner` are the uses in it."""

    path: str
    block: Function
    inner: tuple[_Instance, ...]


def outlined(
    net: Function, paths: Sequence[str], flat: Flat
) -> tuple[Flat, tuple[FileFunction, ...]]:
    """The graph of `flat` with calls, and the functions that they are of, inner ones first.

    `net` is the net with its blocks; `paths` are those of the deployed steps by number.
    """
    outliner = _Outliner(flat, paths)
    whole = _Instance("", net, tuple(_instances(net, "")))
    operations = outliner.inside(whole, flat.graph.operations)
    read = {name for each in operations for name in each.inputs} | set(flat.outputs.values())
    made = {name for each in operations for name in each.outputs}
    constants = {name: each for name, each in flat.graph.constants.items() if name in read}
    types = {name: each for name, each in flat.types.items() if name in made}
    graph = replace(flat.graph, operations=operations, constants=constants)
    return replace(flat, graph=graph, types=types), tuple(outliner.functions)


def _instances(function: Function, path: str) -> Iterator[_Instance]:
    for node in function.nodes:
        if isinstance(node.callee, Function) and not node.auxiliary:
            place = f"{path}{node.path}"
            yield _Instance(place, node.callee, tuple(_instances(node.callee, f"{place}.")))


class _Outliner:
    """Collects the functions while calls take the place of instances."""

    def __init__(self, flat: Flat, paths: Sequence[str]) -> None:
        self.functions: list[FileFunction] = []
        self._makers, self._paths, self._constants = flat.makers, paths, flat.graph.constants
        self._reads = Counter(flat.outputs.values()) + _reads(flat.graph.operations)
        self._names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def inside(self, instance: _Instance, operations: list[Operation]) -> list[Operation]:
        """The operations of an instance, with a call for each instance in it."""
        inner = {each.path: each for each in instance.inner}
        groups: dict[str, list[Operation]] = {}
        for operation in operations:
            if (path := self._owner(operation, inner)) is not None:
                groups.setdefault(path, []).append(operation)
        for path, group in groups.items():
            if (parts := around(operations, group)) is not None:
                body = self.inside(inner[path], group)
                operations = [*parts[0], self._call(inner[path], group, body), *parts[1]]
        return operations

    def _owner(self, operation: Operation, instances: Mapping[str, _Instance]) -> str | None:
        """The instance among these that an operation is a part of."""
        number = self._makers.get(operation.outputs[0])
        if number is None or operation.name.startswith(SHARED):
            return None
        words = self._paths[number].split(".")
        starts = (".".join(words[:count]) for count in range(1, len(words)))
        return next((start for start in starts if start in instances), None)

    def _call(
        self, instance: _Instance, group: Iterable[Operation], body: Sequence[Operation]
    ) -> Operation:
        """The call of a function with this body; the instance's operations are a `group`."""
        within, read = _reads(group), _reads(body)
        made = [name for each in body for name in each.outputs]
        constants = {
            name: self._constants[name]
            for name in read
            if name in self._constants and self._constants[name].size <= _SMALL
        }
        inputs = tuple([name for name in read if name not in {*made, *constants}])
        outputs = tuple([name for name in made if self._reads[name] > within[name]])
        found = FileFunction("", inputs, outputs, tuple(body), constants, instance.block.doc)
        name = self._named(instance.block.name, _with_own_names(found, f"{instance.path}."))
        return Operation(name, instance.path, inputs, outputs, {}, DOMAIN)

    def _named(self, wish: str, function: FileFunction) -> str:
        """The name of the function that is equal to this one, which is added if there is none."""
        constants = [
            (name, each.dtype.str, each.tolist()) for name, each in function.constants.items()
        ]
        key = repr((wish, function.inputs, function.outputs, function.operations, constants))
        if key not in self._names:
            self._counts[wish] += 1
            count = self._counts[wish]
            self._names[key] = wish if count == 1 else f"{wish}_{count}"
            self.functions.append(replace(function, name=self._names[key]))
        return self._names[key]


def _reads(operations: Iterable[Operation]) -> Counter[str]:
    """How often each value is read, in the order of first reads."""
    return Counter(name for each in operations for name in each.inputs if name)


def _with_own_names(function: FileFunction, start: str) -> FileFunction:
    """A function with names that don't depend on where it is used: paths without their `start`."""
    made = (name for each in function.operations for name in each.outputs)
    names = {"": ""}
    for number, name in enumerate((*function.inputs, *function.constants, *made)):
        own = name.removeprefix(start)
        if own == name:
            own = "input" if name in function.inputs else name.rpartition("/")[2]
        names[name] = f"{own}/{number}" if own in names.values() else own
    operations = [
        replace(
            each,
            name=each.name.removeprefix(start),
            inputs=tuple([names[name] for name in each.inputs]),
            outputs=tuple([names[name] for name in each.outputs]),
        )
        for each in function.operations
    ]
    return replace(
        function,
        inputs=tuple([names[name] for name in function.inputs]),
        outputs=tuple([names[name] for name in function.outputs]),
        operations=tuple(operations),
        constants={names[name]: values for name, values in function.constants.items()},
    )


def around(
    operations: Iterable[Operation], group: Iterable[Operation]
) -> tuple[list[Operation], list[Operation]] | None:
    """What comes before a group and what comes after; None where something must stand between."""
    members = set(map(id, group))
    before: list[Operation] = []
    after: list[Operation] = []
    own: set[str] = set()
    later: set[str] = set()
    for operation in operations:
        if id(operation) in members:
            if not later.isdisjoint(operation.inputs):
                return None
            own.update(operation.outputs)
        elif own.isdisjoint(operation.inputs) and later.isdisjoint(operation.inputs):
            before.append(operation)
        else:
            later.update(operation.outputs)
            after.append(operation)
    return before, after
