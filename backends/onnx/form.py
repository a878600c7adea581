"""How a file is written: its operators, what is folded, where the weights are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.backends.onnx.diagnostics import NotFused, OpsetUnsupported
from netlang.backends.onnx.releases import ANY_RELEASE, NEWEST, release_of
from netlang.backends.onnx.wire import INLINE_LIMIT
from netlang.build import NET_ALONE, Ends, OnnxOptions
from netlang.diagnostics.errors import NetlangError
from netlang.records import Record

if TYPE_CHECKING:
    from netlang.backends.onnx.precision.narrowed import Narrow

__all__ = [
    "HIGHEST_OPSET", "LOWEST_OPSET", "OPSET", "USUAL_FORM", "Form", "form_of", "require_opset",
]  # fmt: skip

# Opset 21 is the newest that the oldest supported ONNX Runtime (1.20) implements.
OPSET = 21
# The first in which most operators are defined for bfloat16.
OPSET_OF_BFLOAT16 = 22
LOWEST_OPSET, HIGHEST_OPSET = 18, 23


class Form(Record):
    """How a file is written.

    Its operators are those of `opset`. A model above `inline_limit` bytes gets its weights in a
    file beside it. A file that ONNX Runtime can't load on a processor is refused, unless it is for
    `any_runtime`. With `fold`, steps that do nothing when deployed are left out, and batch norms
    folded into the maps beside them. A net of float32 computes in the type of `narrow`, if given.
    `ends` is what stands around the net. With `functions`, blocks are functions of the file.
    `license` is told in its metadata, and the spec, unless not `told`. If it is
    `fused`, it has operators that ONNX Runtime alone has.
    """

    opset: int = OPSET
    inline_limit: int = INLINE_LIMIT
    any_runtime: bool = False
    fold: bool = True
    narrow: Narrow | None = None
    ends: Ends = NET_ALONE
    functions: bool = False
    license: str | None = None
    told: bool = True
    fused: bool = False


USUAL_FORM = Form()


def form_of(options: OnnxOptions) -> Form:
    """The form that a user asks for. Raises `NetlangError` for what doesn't go together."""
    fused = options.runtime == ANY_RELEASE
    if fused:
        _require_fusable(options)
    return Form(
        opset=_opset_of(options),
        inline_limit=0 if options.external else INLINE_LIMIT,
        any_runtime=options.any_runtime,
        fold=options.fold,
        ends=options.ends,
        functions=options.functions,
        license=options.license,
        told=options.spec,
        fused=fused,
    )


def _require_fusable(options: OnnxOptions) -> None:
    """Raise `NetlangError` for what isn't for a file with operators of ONNX Runtime's own."""
    asked = {
        "fewer bits": options.low is not None,
        "`--no-fold`": not options.fold,
        "`--functions`": options.functions,
        "`--any-runtime`": options.any_runtime,
    }
    for what, is_asked in asked.items():
        if is_asked:
            raise NetlangError(NotFused(span=None, what=what, newest=f"1.{NEWEST}"))


def _opset_of(options: OnnxOptions) -> int:
    """The opset that is asked for, else the usual one, or an older one for an older runtime.

    A newer one has no advantage, and of some operators ONNX Runtime has no newer kernels.
    """
    low = options.low
    usual = OPSET_OF_BFLOAT16 if low is not None and low.kind == "bfloat16" else OPSET
    if options.runtime in (None, ANY_RELEASE):
        return usual if options.opset is None else options.opset
    release = release_of(options.runtime)
    return min(usual, release.opset) if options.opset is None else release.checked(options.opset)


def require_opset(opset: int) -> None:
    """Raise `NetlangError` for an opset that no file can be written in."""
    if not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
        raise NetlangError(
            OpsetUnsupported(span=None, opset=opset, lowest=LOWEST_OPSET, highest=HIGHEST_OPSET)
        )
