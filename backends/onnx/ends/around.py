"""What stands around the net in a file, from what is asked for to what the file declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace as changed
from typing import final

from netlang.backends.onnx.ends.answering import Answering, answering_for
from netlang.backends.onnx.ends.answers import AnswerNodes, add_answer, answer_names
from netlang.backends.onnx.ends.interface import DeclaredValue, Interface, interface_of
from netlang.backends.onnx.ends.pixels import add_preparation
from netlang.backends.onnx.ends.preparing import Preparing, preparing_for
from netlang.backends.onnx.graph import Graph
from netlang.backends.onnx.steps import Flat
from netlang.backends.onnx.types import BYTES
from netlang.backends.weights import WeightSource
from netlang.build import Ends
from netlang.ir.program import INPUT, Program
from netlang.ir.types import BATCH
from netlang.passes.narrow import Narrowing
from netlang.records import Record, replace

__all__ = ["Around", "around"]


@final
class Around(Record):
    """What is done before and after the net.

    `entries` are the metadata of the weights, `notes` are for the user.
    """

    program: Program
    ends: Ends
    preparing: Preparing | None
    answering: Answering | None
    entries: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def sizes(self) -> Mapping[str, int]:
        """The symbols of the net that prepared images fix."""
        return {} if self.preparing is None else self.preparing.sizes

    def begin(self, graph: Graph, narrowing: Narrowing) -> str | None:
        """Prepare images in an empty graph; returns the name of the input that has their pixels."""
        if self.preparing is None:
            return None
        pixels = graph.fresh("pixels")
        dtype = narrowing.of(INPUT, self.preparing.port.type.dtype)
        add_preparation(graph, self.preparing, pixels, self.ends.layout, dtype)
        return pixels

    def finish(self, flat: Flat, pixels: str | None, narrowing: Narrowing) -> Flat:
        """Add what makes classes of scores, and what the file declares."""
        found = interface_of(self.program, narrowing, self.sizes)
        if self.preparing is not None and pixels is not None:
            port, images = self.preparing.port, self._images(self.preparing, pixels)
            inputs = (images if each.name == port.name else each for each in found.inputs)
            found = replace(found, inputs=tuple(inputs))
        if self.answering is not None:
            found = self._answered(flat, self.answering, found, narrowing)
        return changed(flat, interface=found)

    def _answered(
        self, flat: Flat, answering: Answering, found: Interface, narrowing: Narrowing
    ) -> Interface:
        names = [flat.graph.fresh(name) for name in answer_names(answering.word)]
        nodes = AnswerNodes(flat.graph, answering, names, self.sizes)
        scores, dtype = flat.outputs[answering.output], narrowing.of(INPUT, answering.type.dtype)
        answers = add_answer(nodes, scores, dtype)
        others = (each for each in found.outputs if each.name != answering.output)
        return replace(found, outputs=(*answers, *others))

    def _images(self, preparing: Preparing, pixels: str) -> DeclaredValue:
        name = preparing.port.name
        sides: list[int | str] = []
        for axis, (side, dim) in enumerate(
            zip(preparing.before, preparing.port.type.spatial, strict=True)
        ):
            free = f"{name}_{('height', 'width')[axis]}" if preparing.steps else str(dim)
            is_fixed = isinstance(dim, int) and not preparing.steps
            sides.append(side.exact or (int(str(dim)) if is_fixed else free))
        last = self.ends.layout == "nhwc"
        shape = (*sides, preparing.channels) if last else (preparing.channels, *sides)
        return DeclaredValue(pixels, BYTES, (str(BATCH), *shape))

    def metadata(self, flat: Flat) -> dict[str, str]:
        """The entries of the weights with what the file does and what is left to do."""
        told = dict(self.entries)
        if self.preparing is not None and flat.interface is not None:
            # What the graph does is not to be done again.
            told.pop("netlang.normalization", None)
            told.pop("netlang.test", None)
            told["netlang.preprocess"] = json.dumps(self._prepared(self.preparing, flat.interface))
        if self.answering is not None:
            told["netlang.postprocess"] = json.dumps(
                {"word": str(self.answering.word), "of": self.answering.output}
            )
        if self.ends.classes:
            told["netlang.classes"] = json.dumps(self.ends.classes, ensure_ascii=False)
        return told

    def _prepared(self, preparing: Preparing, interface: Interface) -> dict[str, object]:
        pixels = {each.name for each in interface.inputs} - {
            port.name for port in self.program.net.inputs
        }
        return {
            "input": min(pixels),
            "layout": self.ends.layout,
            "channels": "RGB" if preparing.channels == 3 else "grey",
            "as": preparing.source,
            "steps": [str(step) for step in preparing.steps],
            "interpolation": "bicubic" if preparing.cubic else "bilinear",
        }


def around(
    program: Program,
    ends: Ends,
    facts: Mapping[str, object],
    weights: WeightSource | None,
    entries: Mapping[str, str],
) -> Around:
    """What `ends` asks for. Raises `NetlangError` if it can't be done."""
    notes: list[str] = []
    preparing = preparing_for(program, ends, facts, weights, notes.append)
    if preparing is not None:
        notes.append(_told(preparing))
    answering = answering_for(program, ends)
    return Around(program, ends, preparing, answering, entries, tuple(notes))


def _told(preparing: Preparing) -> str:
    path = " -> ".join(map(str, preparing.steps)) or "as they are"
    how = ", bicubic" if preparing.cubic else ""
    return f"images are prepared as by {preparing.source}: {path}{how}"
