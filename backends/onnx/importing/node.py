"""One node of an ONNX graph, for the function that says what it is in ATen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, final

import torch
from onnx import AttributeProto, NodeProto
from torch import Tensor, fx

from netlang.backends.onnx.importing.graph import Held, StoredTensor, same
from netlang.backends.onnx.importing.names import is_given, label_in, stem_of
from netlang.backends.onnx.importing.tensors import tensor_of
from netlang.backends.torch.importing.refusal import NotSayable
from netlang.backends.torch.importing.tables.masks import mask_of_windows
from netlang.backends.torch.importing.tables.runs import runs_in
from netlang.ops.constants.listed import MOST_LISTED
from netlang.records import Draft, field

if TYPE_CHECKING:
    from netlang.backends.onnx.importing.graph import AtenGraph

__all__ = ["A", "Handler", "OnnxNode", "Results", "shape_of", "shorter"]

A: Any = torch.ops.aten
Results: TypeAlias = "Held | tuple[Held, ...]"
Handler: TypeAlias = "Callable[[OnnxNode], Results]"


def shorter(number: float) -> float:
    """The number with the fewest digits that is the same in float32: 1e-05, not 9.99999974e-06."""
    for digits in range(1, 10):
        short = float(f"{number:.{digits}g}")
        if torch.tensor(short, dtype=torch.float32) == torch.tensor(number, dtype=torch.float32):
            return short
    return number


@final
class OnnxNode(Draft, eq=False):
    """A node with what its inputs have become; None for those that are left out.

    `batch` is the number of examples that the file is for, None if it is a symbol. `readers` are
    the nodes that read a name, and `uses` counts them, and the outputs of the net.
    """

    proto: NodeProto
    opset: int
    inputs: list[Held | None]
    graph: AtenGraph
    batch: int | None
    uses: Mapping[str, int]
    readers: Mapping[str, Sequence[NodeProto]] = field(default_factory=dict)

    def added_names(self) -> list[str]:
        """What is added to the first output, by its names in the file."""
        sums = [each for each in self.readers_of(0) if each.op_type == "Add"]
        return [name for each in sums for name in each.input if name != self.proto.output[0]]

    def readers_of(self, place: int) -> Sequence[NodeProto]:
        """The nodes that read an output; none of one that is left out."""
        names = self.proto.output[place : place + 1]
        return self.readers.get(names[0], ()) if names and names[0] else ()

    def has(self, place: int) -> bool:
        return place < len(self.inputs) and self.inputs[place] is not None

    def held(self, place: int) -> Held:
        """An input. Raises `NotSayable` if it is left out."""
        found = self.inputs[place] if place < len(self.inputs) else None
        if found is None:
            raise NotSayable("an input that it needs is left out")
        return found

    def optional(self, place: int) -> Held | None:
        return self.inputs[place] if place < len(self.inputs) else None

    def shape(self, place: int = 0) -> tuple[int, ...]:
        return shape_of(self.held(place))

    def aten(self, target: Any, *args: Any, **options: Any) -> Held:
        """The result of an operator of ATen that gives one tensor."""
        found: Held = self.graph.call(target, args, options, self.learned)
        return found

    def aten_parts(self, target: Any, *args: Any) -> tuple[Held, ...]:
        """The results of an operator of ATen that gives several."""
        found: tuple[Held, ...] = self.graph.call(target, args, {}, self.learned)
        return found

    def known(self, place: int, what: str) -> Tensor:
        """The numbers of an input. Raises `NotSayable` if the net's input decides them."""
        held = self.held(place)
        if not isinstance(held, StoredTensor):
            raise NotSayable(f"{what} that depend on the numbers in the input")
        return held.tensor

    def whole(self, place: int, what: str) -> tuple[int, ...]:
        """Whole numbers of an input, as sizes and axes are."""
        return tuple(int(each) for each in self.known(place, what).reshape(-1).tolist())

    def single(self, held: Held | None) -> float | int | None:
        """The number that an input is, if it is one alone, and no weight."""
        if not isinstance(held, StoredTensor) or held.learned or held.tensor.numel() != 1:
            return None
        number = held.tensor.reshape(-1)[0].item()
        return shorter(number) if isinstance(number, float) else number

    def learned(self, held: StoredTensor) -> fx.Node:
        """A tensor of the file as a value: a weight of a key of its own, or listed numbers."""
        floats = held.tensor.is_floating_point()
        large = floats and held.name and held.tensor.numel() > MOST_LISTED
        if not held.learned and (not large or _follows_a_rule(held.tensor)):
            return self.graph.constant(held)
        word = "bias" if self.proto.op_type in ("Add", "Sub") else "weight"
        return self.graph.weight(held, self.key_of(held, f"{self._path()}.{word}".lstrip(".")))

    def key_of(self, held: StoredTensor, otherwise: str) -> str:
        """The key that a tensor of the file is called by, or another one if it has no name."""
        return (label_in(held.name) if self.is_named(held) else "") or otherwise

    def is_named(self, held: StoredTensor) -> bool:
        """Whether the name of a tensor is a key, or one that no exporter has made up."""
        return is_given(held.name) or held.name in self.graph.keys

    def owned(
        self,
        held: Mapping[str, Held | None],
        word: str,
        form: str = "",
        back: Callable[[Tensor], Tensor] | None = None,
        hints: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The weights of a layer under one label: what its tensors are called, or its module is.

        Those that are computed stay as they are. `form` names what was done to the one called
        `weight`, and `back` undoes it. `hints` are names of parts that another node has.
        """
        there = {
            part: each
            for part, each in held.items()
            if isinstance(each, StoredTensor) and each.name
        }
        found: dict[str, Any] = dict(held)
        if any(isinstance(each, fx.Node) for each in held.values()):
            # A layer of computed weights has no label: each tensor is a value under its own key.
            return {**found, **{part: self.learned(each) for part, each in there.items()}}
        names = {part: each.name for part, each in there.items() if self.is_named(each)}
        names = {**(hints or {}), **names}
        forms = {part: form if part == "weight" else "" for part in there}
        before = {self.graph.key_placed(each, forms[part]) for part, each in there.items()}
        scopes = {each and each.rpartition(".")[0] for each in before}
        one = None not in before and len(scopes) == 1
        again = one and (self.graph.own or self._path() in ("", *scopes))
        label = "" if again else self._label(names, list(held), word)
        for part, each in there.items():
            key = f"{label}.{part}"
            undo = back if part == "weight" and back is not None else same
            found[part] = self.graph.weight(each, key, forms[part], undo, another=not again)
        if there and not again:
            self.graph.labels.layers.add(label)
        return found

    def _label(self, names: Mapping[str, str], parts: Sequence[str], word: str) -> str:
        said = {
            part: label_in(name.removesuffix(f".{part}"))
            for part, name in names.items()
            if name.endswith(f".{part}")
        }
        # A tensor that others read too may be there because its numbers are the same.
        path = self._path()
        free = self.graph.labels.is_free
        for part, label in said.items():
            if not label or not free(label, parts):
                continue
            if self.uses[names[part]] == 1 or f"{label}.".startswith(f"{path}." if path else ""):
                return label
        wanted = [path, *(stem_of(name) for name in names.values())]
        for label in wanted:
            if label and free(label, parts):
                return label
        return self.graph.labels.numbered(word, parts)

    def _path(self) -> str:
        modules = self.graph.modules
        return modules[-1].path if modules else ""

    # Attributes.

    def integer(self, name: str, default: int) -> int:
        found = self._attribute(name, AttributeProto.INT)
        return default if found is None else int(found.i)

    def number(self, name: str, default: float) -> float:
        found = self._attribute(name, AttributeProto.FLOAT)
        return default if found is None else shorter(found.f)

    def text(self, name: str, default: str) -> str:
        found = self._attribute(name, AttributeProto.STRING)
        return default if found is None else found.s.decode("utf-8", "replace")

    def texts(self, name: str) -> tuple[str, ...]:
        found = self._attribute(name, AttributeProto.STRINGS)
        return () if found is None else tuple(s.decode("utf-8", "replace") for s in found.strings)

    def integers(self, name: str) -> tuple[int, ...] | None:
        found = self._attribute(name, AttributeProto.INTS)
        return None if found is None else tuple(found.ints)

    def tensor(self, name: str) -> Tensor | None:
        found = self._attribute(name, AttributeProto.TENSOR)
        return None if found is None else tensor_of(found.t)

    def has_attribute(self, name: str) -> bool:
        return any(each.name == name for each in self.proto.attribute)

    def _attribute(self, name: str, kind: int) -> AttributeProto | None:
        found: AttributeProto
        for found in self.proto.attribute:
            if found.name == name:
                if found.type != kind:
                    raise NotSayable(f"its `{name}` is of another type than ONNX says")
                return found
        return None

    def axes(self, place: int) -> tuple[int, ...] | None:
        """The `axes`, an attribute of older versions and an input of newer ones."""
        found = self.integers("axes")
        if found is None and self.has(place):
            found = self.whole(place, "axes")
        return found

    def refuse_outputs(self) -> None:
        """Refuse a node of which more than the first output is read."""
        if any(self.uses[name] for name in self.proto.output[1:] if name):
            raise NotSayable("more outputs than one")


def _follows_a_rule(table: Tensor) -> bool:
    """Whether steps compute a table, so that it needs no weight."""
    return mask_of_windows(table) is not None or runs_in(table) is not None


def shape_of(held: Held) -> tuple[int, ...]:
    """The shape of a value, with its batch."""
    val = held.tensor if isinstance(held, StoredTensor) else held.meta["val"]
    return tuple(val.shape)
