"""An ONNX file from anyone: read, and run with the values of its inner nodes as outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from google.protobuf.message import DecodeError
from onnx import helper

from netlang.backends.onnx.diagnostics import NotOfThisNet, UnreadableModel
from netlang.backends.onnx.limits import MOST
from netlang.backends.onnx.runtime import runtime
from netlang.backends.onnx.types import element_type
from netlang.backends.onnx.verify.beside import with_long_ones_beside
from netlang.backends.onnx.verify.middle import cut_to_net
from netlang.backends.onnx.verify.outside import nodes_of, require_room
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.ir.types import DType
from netlang.regular import read_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ModelFile", "RuntimeRefusedError"]

_INTEGER = ("QuantizeLinear", "DequantizeLinear", "MatMulNBits")


class RuntimeRefusedError(Exception):
    """ONNX Runtime doesn't load or run a file; the text says why, in its words."""


class ModelFile:
    """A file and what stands in it. Raises `NetlangError` if it can't be read.

    Of a file of `program` that also prepares images or makes classes, only the net; it `has_ends`.
    The weights of an `own` file, which netlang has just written, may have any number of bytes, and
    those of a `large` one, which somebody trusts, 16 GiB.
    """

    def __init__(
        self, path: Path, program: Program | None = None, *, own: bool = False, large: bool = False
    ) -> None:
        self.path = path
        self.model = self._read(own=own, large=large)
        self.has_ends = program is not None and cut_to_net(self.model.graph, program)
        self.made = {name for node in self.model.graph.node for name in node.output if name}
        self._sessions: dict[frozenset[str], Any] = {}

    def _read(self, *, own: bool, large: bool) -> onnx.ModelProto:
        try:
            content = read_bytes(self.path, MOST)
        except OSError as error:
            raise self.unreadable(error.strerror or str(error)) from error
        except ValueError as error:
            raise self.unreadable(str(error)) from error
        if len(content) > MOST:
            raise self.unreadable("it has more than 2 GiB")
        model = onnx.ModelProto()
        try:
            model.ParseFromString(content)
            if not model.graph.node:
                raise self.unreadable("it holds no ONNX graph")
            self._check_bounded(model)
            if not own:
                require_room(model, large=large)
            onnx.load_external_data_for_model(model, str(self.path.parent))
        except (DecodeError, OSError, ValueError, onnx.checker.ValidationError) as error:
            raise self.unreadable(_line(error)) from error
        return model

    def _check_bounded(self, model: onnx.ModelProto) -> None:
        """Refuse loops: nothing bounds how often they run."""
        for node in nodes_of(model):
            if node.op_type in ("Loop", "Scan"):
                raise self.unreadable(f"it has a {node.op_type}, which may run without end")

    def unreadable(self, reason: str) -> NetlangError:
        """The error that it can't be compared, for a reason."""
        return NetlangError(UnreadableModel(span=None, file=self.path.name, reason=reason))

    @property
    def opset(self) -> int:
        """The version of ONNX's own operators."""
        return max((each.version for each in self.model.opset_import if not each.domain), default=0)

    @property
    def metadata(self) -> dict[str, str]:
        return {entry.key: entry.value for entry in self.model.metadata_props}

    @cached_property
    def nodes(self) -> dict[str, onnx.NodeProto]:
        """Each node by the values that it makes."""
        return {name: node for node in self.model.graph.node for name in node.output if name}

    @cached_property
    def tensors(self) -> dict[str, onnx.TensorProto]:
        return {tensor.name: tensor for tensor in self.model.graph.initializer}

    @cached_property
    def has_integers(self) -> bool:
        """Whether values or weights in it are rounded to integers of a few bits."""
        return any(node.op_type in _INTEGER for node in self.model.graph.node)

    def read_as(self, name: str) -> str:
        """The name by which the value of a step is read, in integers after its rounding.

        A rectifier may be part of the rounding, so that the value before it has its name.
        """
        behind = f"{name}_DequantizeLinear_Output"
        return behind if behind in self.made else name

    @cached_property
    def floats(self) -> DType:
        """What it computes in: as its metadata say, else the type of most of its tensors."""
        told = self.metadata.get("netlang.precision")
        counts = Counter(tensor.data_type for tensor in self.model.graph.initializer)
        # Of as many it is the first.
        types = (DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)
        known = {each.value: each for each in types}
        return known.get(told or "") or max(types, key=lambda each: counts[element_type(each)])

    def require_interface(self, program: Program) -> None:
        """Raise `NetlangError` unless inputs and outputs are those of `program`.

        In a file of half precision, they may have its type.
        """
        graph = self.model.graph
        stored = {tensor.name for tensor in graph.initializer}
        found = {
            value.name: value.type.tensor_type.elem_type
            for value in graph.input
            if value.name not in stored
        }
        wanted = {port.name: element_type(port.type.dtype) for port in program.net.inputs}
        outputs = {
            output.name: element_type(program.net.type_of(output.ref).dtype)
            for output in program.net.outputs
            if not output.auxiliary
        }
        given = {value.name: value.type.tensor_type.elem_type for value in graph.output}
        for what, here, there in (("inputs", wanted, found), ("outputs", outputs, given)):
            if sorted(here) != sorted(there):
                self._refuse(program, what, ", ".join(there) or "none", ", ".join(here))
            if here != {name: self._spoken(number, program) for name, number in there.items()}:
                self._refuse(program, f"types of {what}", _types(there), _types(here))
        self._require_sizes(program)

    def _require_sizes(self, program: Program) -> None:
        """Refuse a file whose inputs have other sizes than the net's, where both are numbers."""
        types = {each.name: each.type.tensor_type for each in self.model.graph.input}
        for port in program.net.inputs:
            if not types[port.name].HasField("shape"):
                continue
            dims = types[port.name].shape.dim
            sizes = (*(() if port.type.batch is None else (port.type.batch,)), *port.type.shape)
            alike = len(dims) == len(sizes) and all(
                not isinstance(own, int) or not dim.HasField("dim_value") or own == dim.dim_value
                for own, dim in zip(sizes, dims, strict=True)
            )
            if not alike:
                found = ", ".join(str(dim.dim_value or dim.dim_param or "?") for dim in dims)
                wanted = ", ".join(map(str, sizes))
                what = f"sizes of input `{port.name}`"
                self._refuse(program, what, f"[{found}]", f"[{wanted}]")

    def _spoken(self, number: int, program: Program) -> int:
        """The type of an input or output, that of the net for the half precision of the file."""
        single = program.floats is DType.FLOAT32 and number == element_type(self.floats)
        return element_type(DType.FLOAT32) if single else number

    def fixed_sizes(self, program: Program) -> dict[str, int]:
        """The symbols whose size the file's inputs fix, the batch ``N`` included."""
        found = {}
        shapes = {each.name: each.type.tensor_type.shape.dim for each in self.model.graph.input}
        for port in program.net.inputs:
            batch = () if port.type.batch is None else (port.type.batch,)
            for dim, told in zip((*batch, *port.type.shape), shapes[port.name], strict=False):
                if not isinstance(dim, int) and told.dim_value and str(dim).isidentifier():
                    found[str(dim)] = int(told.dim_value)
        return found

    def _refuse(self, program: Program, what: str, found: str, expected: str) -> None:
        raise NetlangError(
            NotOfThisNet(
                span=program.net.span, file=self.path.name, net=program.name, what=what,
                found=found, expected=expected,
            )
        )  # fmt: skip

    def values(
        self, feeds: Mapping[str, NDArray[Any]], wanted: Collection[str]
    ) -> dict[str, NDArray[Any]]:
        """The `wanted` values, by name, for given inputs: nodes' values or outputs.

        Raises `RuntimeRefusedError` if ONNX Runtime can't load or run the file.
        """
        import numpy as np

        if not wanted:  # of no names, ONNX Runtime gives all outputs
            return {}
        try:
            session = self._opened(frozenset(wanted))
            names = [each.name for each in session.get_outputs() if each.name in wanted]
            taken = {each.name: each.type for each in session.get_inputs()}
            found = session.run(
                names, {name: _as_taken(values, taken[name]) for name, values in feeds.items()}
            )
        except Exception as error:  # ONNX Runtime's own classes have no common base
            raise RuntimeRefusedError(_line(error)) from error
        for name, value in zip(names, found, strict=True):
            if not isinstance(value, np.ndarray):
                raise RuntimeRefusedError(f"`{name}` isn't a tensor")
        return dict(zip(names, found, strict=True))

    def _opened(self, wanted: frozenset[str]) -> Any:
        """A session that gives the `wanted` values. The last one is kept: it has all weights."""
        if wanted in self._sessions:
            return self._sessions[wanted]
        self._sessions.clear()
        module = runtime()
        model, beside = with_long_ones_beside(self.model)
        shown = {value.name for value in model.graph.output}
        model.graph.output.extend(
            helper.make_empty_tensor_value_info(name)
            for name in sorted(wanted)
            if name not in shown
        )
        options = module.SessionOptions()
        options.log_severity_level = 4
        held = [module.OrtValue.ortvalue_from_numpy(each) for each in beside.values()]
        if held:
            options.add_external_initializers(list(beside), held)
        session = module.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._sessions[wanted] = session
        return session


def _as_taken(values: NDArray[Any], kind: str) -> NDArray[Any]:
    """An input as the file takes it, which may be in half precision."""
    import numpy as np

    return values.astype(np.float16) if kind == "tensor(float16)" else values


def _types(found: Mapping[str, int]) -> str:
    kinds = onnx.TensorProto.DataType
    return ", ".join(
        f"{name} {kinds.Name(number).lower() if number in kinds.values() else number}"
        for name, number in found.items()
    )


def _line(error: Exception) -> str:
    """The first line of what a library says."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
