"""`netlang import`: a spec of a PyTorch module or of a file, with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from netlang.cli.verbs.compile import report

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "import",
        callback=_import,
        params=[
            click.Argument(["source"], metavar="SOURCE"),
            click.Option(
                ["-o", "--output", "output"],
                required=True,
                metavar="FILE",
                help="The .net file to write.",
            ),
            click.Option(
                ["--weights-out", "weights"],
                metavar="FILE",
                help="Write the weights of the source too, under the spec's keys (.safetensors).",
            ),
            click.Option(
                ["--input", "inputs"],
                multiple=True,
                metavar="TYPE",
                help="What the net is given, without the batch: '[3, 224, 224]' or 'int64[16]'. "
                "Once for each input; torchvision, timm and most files say it themselves.",
            ),
            click.Option(["--name"], metavar="NAME", help="What the net is called in the spec."),
            *_ways(),
        ],
        help="Write a spec of SOURCE: a FILE.onnx, FILE.pt2 or FILE.keras, or a PyTorch module: "
        "torchvision:resnet50, timm:resnet50d, or package.module:factory(args), whose arguments "
        "are literals. The code of a module is run; a file has none. The spec is compiled and "
        "compared with SOURCE on random inputs; if it differs, or if a step can't be said, nothing "
        "is written, unless --stub asks for holes.",
        short_help="Make a spec of a PyTorch module, or an ONNX, .pt2 or .keras file.",
    )


def _ways() -> tuple[click.Option, ...]:
    """How a source is read, and how its spec is written."""
    return (
        click.Option(
            ["--flat"], is_flag=True, help="Write out every step: no blocks of equal modules."
        ),
        click.Option(
            ["--graph"],
            is_flag=True,
            help="Of a file that netlang wrote: read its graph, and not the spec in it.",
        ),
        click.Option(
            ["--no-batch"],
            is_flag=True,
            help="A file takes one example: the first axis of its inputs isn't the batch.",
        ),
        click.Option(
            ["--library"],
            is_flag=True,
            help="Import what the bundled library has from there: SOURCE itself, or blocks of it.",
        ),
        click.Option(
            ["--large"],
            is_flag=True,
            help="You trust a file: it may take more memory and time than its size justifies.",
        ),
        click.Option(
            ["--stub"],
            is_flag=True,
            help="Where a step can't be said, write a hole, which `check` refuses.",
        ),
    )


def _asked(ways: Mapping[str, bool]) -> dict[str, bool]:
    """Fields of the options; three of them say what is left out."""
    left_out = {"flat": "blocks", "no_batch": "batch", "graph": "spec"}
    return {left_out.get(word, word): on != (word in left_out) for word, on in ways.items()}


def _import(
    source: str,
    output: str,
    weights: str | None,
    inputs: tuple[str, ...],
    name: str | None,
    **ways: bool,
) -> int:
    from netlang.diagnostics.texts import visible_lines
    from netlang.targets import needs
    from netlang.targets.importing import (
        ImportOptions,
        importing_backend,
        require_places,
        write_import,
    )

    target, beside = Path(output), None if weights is None else Path(weights)
    if target.suffix != ".net":
        raise click.BadParameter("a spec is a .net file", param_hint="--output")
    if beside is not None and beside.suffix != ".safetensors":
        raise click.BadParameter("weights go to a .safetensors file", param_hint="--weights-out")
    backend = importing_backend(source)
    require_places(backend, [target] if beside is None else [target, beside])

    def say(text: str) -> None:
        click.echo(visible_lines(text), err=True)

    options = ImportOptions(source, inputs, name, weights=beside is not None, **_asked(ways))
    with needs(backend.extra):
        found = backend.import_source(options, say)
    for note in found.notes:
        say(note)
    click.echo(visible_lines(found.proof))
    for written in write_import(backend, found, target, beside):
        report(written)
    return 0
