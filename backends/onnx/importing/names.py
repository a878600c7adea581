"""What the names in an ONNX file say: the modules around nodes, and the labels of weights.

Each exporter has names of its own. PyTorch's newer one writes the paths of modules into the
metadata of nodes, its older one into their names (``/layer1/layer1.0/conv1/Conv``), TensorFlow's
into scopes (``resnet/block1/Conv2D``), and netlang's names are the paths themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import final

from onnx import ModelProto, NodeProto

from netlang.backends.torch.importing.steps import ModuleCall
from netlang.records import Draft, field

__all__ = [
    "LabelKeeper", "is_given", "label_in", "modules_around", "scope_of", "starts_as_number",
    "stem_of", "weights_told",
]  # fmt: skip

_MADE_UP = re.compile(
    r"\d+|[a-z]?val_?\d*|onnx::.*|/.*|_.*|(.*[./])?constant\w*(:\d+)?|(.*/)?const\w*(:\d+)?"
    r"|(input|output|scalar_tensor\w*|clone|lift\w*|[a-z])[._]?\d*|const_fold\w*",
    re.IGNORECASE | re.DOTALL,
)
_TOLD = re.compile(
    r"^\w+: (?:PARAMETER target='([^'\n]*)'|BUFFER target='([^'\n]*)' persistent=True)$",
    re.MULTILINE,
)
_SUFFIX = re.compile(
    r"([/._:]+(weights?|kernel|bias|biases|gamma|beta|w|b|readvariableop|\d+))+$", re.IGNORECASE
)
_KINDS = "pkg.torch.onnx.class_hierarchy"
_SCOPES = "pkg.torch.onnx.name_scopes"
_LONGEST = 4096


def is_given(name: str) -> bool:
    """Whether a person or a module has chosen the name of a tensor, and no exporter."""
    return bool(name) and len(name) < _LONGEST and not _MADE_UP.fullmatch(name)


def stem_of(name: str) -> str:
    """A weight's name as a label, without the word for its part: `dense` of `dense/kernel:0`."""
    return _words(_SUFFIX.sub("", name).split("/"))


def label_in(name: str) -> str:
    """A whole name as a label."""
    return _words(name.split("/"))


def _words(parts: Iterable[str]) -> str:
    """Parts of a name as a path of words and numbers."""
    found: list[str] = []
    for part in ".".join(parts).split("."):
        word = re.sub(r"[^\w-]+", "_", part, flags=re.ASCII).strip("_-")[:60]
        if word:
            whole = word.isdigit() or not word[0].isdigit()
            found.append(str(int(word)) if word.isdigit() else word if whole else f"x{word}")
    return ".".join(found[-12:])


def modules_around(nodes: Sequence[NodeProto], owners: Sequence[str]) -> list[list[ModuleCall]]:
    """The modules around each node, from the outermost one.

    `owners` are the labels of the nodes' weights, which say it where names don't. A node without
    names stands where the named ones before and after it both stand.
    """
    root = _root_of([node.name for node in nodes])
    known: list[list[ModuleCall] | None] = [
        _told(node) or _scoped(node.name, root) or _prefixes(owner) or None
        for node, owner in zip(nodes, owners, strict=True)
    ]
    parents = {each.path.rpartition(".")[0] for row in known if row for each in row
               if each.path.rpartition(".")[2].isdigit()}  # fmt: skip
    last: list[ModuleCall] = []
    after: list[list[ModuleCall]] = []
    for row in reversed(known):
        last = last if row is None else row
        after.append(last)
    found, before = list[list[ModuleCall]](), list[ModuleCall]()
    for row, later in zip(known, reversed(after), strict=True):
        before = before if row is None else row
        shared = _shared(before, later) if row is None else row
        found.append([_of_kind(each, parents) for each in shared])
    return found


def _shared(one: Sequence[ModuleCall], other: Sequence[ModuleCall]) -> list[ModuleCall]:
    """What both begin with."""
    pairs = zip(one, other, strict=False)
    return [mine for mine, _ in takewhile(lambda pair: pair[0].path == pair[1].path, pairs)]


def _of_kind(call: ModuleCall, parents: set[str]) -> ModuleCall:
    """A module whose parts are numbered is a container, unless its class is known."""
    if call.kind or call.path not in parents:
        return call
    return ModuleCall(call.path, "nn.Sequential", call.call)


def _told(node: NodeProto) -> list[ModuleCall] | None:
    """What PyTorch's newer exporter writes beside a node."""
    told = {each.key: each.value for each in node.metadata_props if len(each.value) < _LONGEST}
    if _SCOPES not in told:
        return None
    scopes = re.findall(r"'([^']*)'", told[_SCOPES])[:-1]
    kinds = re.findall(r"'([^']*)'", told.get(_KINDS, ""))
    kinds += [""] * (len(scopes) - len(kinds))
    return [
        ModuleCall(path, kind, path)
        for path, kind in zip(map(label_in, scopes), kinds, strict=False)
        if path
    ]


def _scoped(name: str, root: str) -> list[ModuleCall] | None:
    """What a name with slashes says, or one with dots; None for a name without either."""
    if len(name) > _LONGEST:
        return None
    if not name.startswith("/"):
        inner = name.removeprefix(root)
        parts = inner.split("/")[:-1] if "/" in name else inner.split(".")[:-1]
        return _prefixes(_words(parts)) if len(parts) or "/" in name else None
    base, last = "", ""
    found: list[ModuleCall] = []
    for part in name.split("/")[1:-1]:
        if last and part.startswith(f"{last}."):
            path = f"{base}.{part}" if base else part
        else:
            base = found[-1].path if found else ""
            path = f"{base}.{part}" if base else part
        last = part
        path = label_in(path)
        found.append(ModuleCall(path, "", path))
    return found


def scope_of(name: str) -> str:
    """The module that the name of a node is in; empty for a name without slashes."""
    around = _scoped(name, "") if "/" in name else None
    return around[-1].path if around else ""


def _prefixes(path: str) -> list[ModuleCall]:
    return [ModuleCall(each, "", each) for each in _around(path)] if path else []


def _around(path: str) -> list[str]:
    """A path, and the scopes that it is in."""
    return [path[:end] for end, mark in enumerate(path + ".") if mark == "."]


def _root_of(names: Sequence[str]) -> str:
    """The scopes that all names with slashes begin with, such as the name of the model."""
    scoped = [name.split("/")[:-1] for name in names if "/" in name and not name.startswith("/")]
    shared: list[str] = []
    for parts in zip(*scoped, strict=False) if len(scoped) > 1 else ():
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "".join(f"{part}/" for part in shared)


@final
class LabelKeeper(Draft, eq=False):
    """The keys that are taken, the scopes around them, and those that are the labels of layers."""

    taken: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=set)
    layers: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    suffixes: dict[tuple[str, int], int] = field(default_factory=dict)

    def is_free(self, label: str, parts: Iterable[str]) -> bool:
        """Whether a layer may have this label and weights of these names: nothing is inside one."""
        around = _around(label)
        if label in self.scopes or not self.taken.isdisjoint(around):
            return False
        if not self.layers.isdisjoint(around):
            return False
        return not any(f"{label}.{part}" in self.taken for part in parts)

    def claim(self, key: str) -> str:
        """A key that nothing else has, in scopes that aren't keys: this one, if it is free."""
        found = ""
        *scopes, last = key.split(".")
        for part in scopes:
            found = self._next(f"{found}.{part}" if found else part, self.taken)
            self.scopes.add(found)
        found = self._next(f"{found}.{last}" if found else last, self.taken, self.scopes)
        self.taken.add(found)
        return found

    def _next(self, path: str, *taken: set[str]) -> str:
        """The path, or with the first number that none of these sets has."""
        found, number = path, self.suffixes.get((path, len(taken)), 1)
        while any(found in each for each in taken):
            number += 1
            found = f"{path}_{number}"
        self.suffixes[path, len(taken)] = max(number - 1, 1)
        return found

    def numbered(self, word: str, parts: Sequence[str]) -> str:
        """`conv1`, `conv2` and so on, the first that is free."""
        while True:
            self.numbers[word] = self.numbers.get(word, 0) + 1
            label = f"{word}{self.numbers[word]}"
            if self.is_free(label, parts):
                return label


def weights_told(model: ModelProto) -> frozenset[str]:
    """The tensors that PyTorch's newer exporter says are weights, in the words of `torch.export`.

    They stand in the graph's metadata, ``pkg.torch.export.ExportedProgram.graph_signature``.
    """
    told = (each.value for each in model.graph.metadata_props if each.key.endswith("_signature"))
    return frozenset(one or other for text in told for one, other in _TOLD.findall(text))


def starts_as_number(name: str) -> bool:
    """Whether a tensor of PyTorch's newer exporter is of numbers that aren't learned."""
    made = r"_|val_|scalar|const|clone|lift|.*\blifted_tensor_\d+$|.*\bconstant_?\d*$"
    return bool(re.match(made, name, re.I))
