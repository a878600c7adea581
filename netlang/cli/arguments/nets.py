"""The net that a verb works on; a recipe may stand for the net that it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["imported_or_program_of", "program_of"]


def imported_or_program_of(spec: str) -> Program:
    """As `program_of`; an ONNX file without a spec in it is imported, and compared with that."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import NoSpecInModel

    try:
        return program_of(spec)
    except NetlangError as error:
        if not isinstance(error.diagnostics[0], NoSpecInModel):
            raise
    from netlang.targets import needs
    from netlang.targets.importing import ImportOptions, importing_backend

    backend = importing_backend(spec)
    with needs(backend.extra):
        found = backend.import_source(ImportOptions(spec), lambda _: None).program
    assert found is not None
    return found


def program_of(spec: str) -> Program:
    """The program of what `spec` names: a net, or else the net of a recipe."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.elaborate import load_program, means_recipe

    try:
        return load_program(spec)
    except NetlangError as error:
        if not means_recipe(spec, error):
            raise
    from netlang.recipes.load import open_recipe

    return open_recipe(spec)[2]
