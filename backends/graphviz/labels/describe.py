"""Describes a step (label, caption and shape) for all functions that a drawing stands for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from netlang.backends.graphviz.labels.captions import Incoming, block_caption, operator_caption
from netlang.backends.graphviz.labels.values import Reader, type_text
from netlang.backends.graphviz.palette import fill_of
from netlang.backends.graphviz.sheets.elements import StackRow
from netlang.backends.graphviz.structure.partition import is_heavy
from netlang.backends.graphviz.structure.variants import Variants
from netlang.backends.graphviz.structure.view import DrawnStep, view_of
from netlang.ir.op import Op
from netlang.ir.program import Function, Node, Ref, Tie
from netlang.ir.types import TensorType

__all__ = ["Describer", "label_of"]


def label_of(node: Node, scopes: int) -> str:
    """The label of a node within `scopes` scopes, without the numbers of unlabelled steps."""
    names = node.path.split(".")[scopes:]
    while names and names[-1].isdigit():
        names.pop()
    label = ".".join(names)
    return "" if label == node.callee.name else label


class Describer:
    """Describes steps of the functions of one variant, given as steps of the first function."""

    def __init__(
        self,
        members: tuple[Function, ...],
        variants: Variants,
        sizes: Mapping[str, int],
        prefix: str,
    ) -> None:
        self._views = tuple(view_of(member) for member in members)
        self._variants, self._sizes, self._prefix = variants, sizes, prefix
        self._reader = Reader(members)
        steps = zip(*(view.steps for view in self._views), strict=True)
        self._siblings = {group[0].number: group for group in steps}

    def row(self, step: DrawnStep, scopes: int) -> StackRow:
        """One step as a row."""
        node = step.node
        caption, label = self._caption(step), label_of(node, scopes)
        return StackRow(
            key=self._prefix + node.path,
            label="" if label == caption.partition(" ")[0] else label,
            caption=caption,
            shape=self._common(tuple(s.node.types[0] for s in self._siblings[step.number])),
            fill=fill_of(node.callee),
            times=step.times,
            heavy=is_heavy(step),
            block=node.callee.name if isinstance(node.callee, Function) else "",
        )

    def shape_of(self, refs: tuple[Ref, ...]) -> str:
        """The incoming shape, if it is a single one and the same in all functions."""
        if len(refs) != 1:
            return ""
        return self._common(tuple(view.type_of(refs[0]) for view in self._views))

    def _common(self, kinds: tuple[TensorType, ...]) -> str:
        texts = [type_text(kind, self._sizes) for kind in kinds]
        return texts[0] if all(one == two for one, two in pairwise(texts)) else ""

    def _caption(self, step: DrawnStep) -> str:
        inputs = self._views[0].input_types(step)
        rank = max(inputs[0].rank - 1, 0) if inputs else 0
        text = self._call(self._siblings[step.number], rank)
        node = step.node
        if node.reuses:
            return f"{text} (weights of {node.module})"
        tied = [_tied(tie) for tie in node.tied]
        return f"{text} ({', '.join(tied)})" if tied else text

    def _call(self, siblings: tuple[DrawnStep, ...], rank: int) -> str:
        found = [step.node.callee for step in siblings]
        ops = tuple(callee for callee in found if isinstance(callee, Op))
        channels = tuple(self._channels(step, place) for place, step in enumerate(siblings))
        incoming = Incoming(channels, rank)
        if ops:
            return operator_caption(ops, incoming, self._reader)
        callees = tuple(callee for callee in found if isinstance(callee, Function))
        titles = {self._variants.of(callee).title for callee in callees}
        title = titles.pop() if len(titles) == 1 else callees[0].name
        captioned = self._variants.captioned[callees[0].name]
        return block_caption(title, callees, captioned, incoming, self._reader)

    def _channels(self, step: DrawnStep, member: int) -> object:
        inputs = self._views[member].input_types(step)
        return inputs[0].channels if inputs and inputs[0].shape else None


def _tied(tie: Tie) -> str:
    if tie.name == tie.weight:
        return f"{tie.name} of {tie.module}"
    return f"{tie.name} = {tie.module}.{tie.weight}"
