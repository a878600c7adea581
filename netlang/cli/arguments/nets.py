"""The net that a verb works on; a recipe may stand for the net that it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from netlang.ir.program import Program

__all__ = ["INPUT_OF_NET", "imported_or_program_of", "input_option", "program_of"]

INPUT_OF_NET = "--input is for a block by itself; a net says what it is given"


def input_option() -> click.Option:
    return click.Option(
        ["--input", "inputs"],
        multiple=True,
        metavar="TYPE",
        help="What a block is given, as in a net: '[64, H=56, W=56]'. Once for each input.",
    )


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


def program_of(spec: str, inputs: tuple[str, ...] = ()) -> Program:
    """The program of what `spec` names: a net, or else the net of a recipe.

    With the types of its `inputs`, it is a block by itself.
    """
    from netlang.diagnostics.errors import NetlangError
    from netlang.elaborate import block_program, load_program, means_recipe, net_or_block

    if inputs:
        target = net_or_block(spec)
        if target.kind == "net":
            raise click.UsageError(INPUT_OF_NET)
        return block_program(target, inputs)
    try:
        return load_program(spec)
    except NetlangError as error:
        if not means_recipe(spec, error):
            raise
    from netlang.recipes.load import open_recipe

    return open_recipe(spec)[2]
