"""`netlang import`: a spec of a PyTorch module, with its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

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
                help="What the module is given, without the batch: '[3, 224, 224]' or 'int64[16]'. "
                "Once for each input; torchvision and timm say it themselves.",
            ),
            click.Option(["--name"], metavar="NAME", help="What the net is called in the spec."),
            click.Option(
                ["--flat"], is_flag=True, help="Write out every step: no blocks of equal modules."
            ),
        ],
        help="Write a spec of SOURCE, a PyTorch module: torchvision:resnet50, timm:resnet50d, or "
        "package.module:factory(args), whose arguments are literals. The code of SOURCE is run. "
        "The spec is compiled and compared with SOURCE on random inputs; if it differs, or if a "
        "step can't be said, nothing is written.",
        short_help="Make a spec of a PyTorch module.",
    )


def _import(
    source: str,
    output: str,
    weights: str | None,
    inputs: tuple[str, ...],
    name: str | None,
    flat: bool,
) -> int:
    from netlang.atomic import replace_file
    from netlang.diagnostics.texts import visible_lines
    from netlang.targets import needs
    from netlang.targets.importing import ImportOptions, importing_backend

    # The code of the source may go to another folder.
    target = Path(output).absolute()
    beside = None if weights is None else Path(weights).absolute()
    if target.suffix != ".net":
        raise click.BadParameter("a spec is a .net file", param_hint="--output")
    if beside is not None and beside.suffix != ".safetensors":
        raise click.BadParameter("weights go to a .safetensors file", param_hint="--weights-out")
    click.echo(visible_lines(f"running the code of {source}"), err=True)
    backend = importing_backend()
    with needs(backend.extra):
        found = backend.import_source(ImportOptions(source, inputs, name, not flat))
        for note in found.notes:
            click.echo(visible_lines(note), err=True)
        click.echo(visible_lines(found.proof))
        if weights is not None and beside is not None:
            with _writing(weights):
                backend.write_weights(found, beside)
    with _writing(output):
        replace_file(target, found.text.encode())
    _report(output, target)
    if weights is not None and beside is not None:
        _report(weights, beside)
    return 0


@contextmanager
def _writing(shown: str) -> Iterator[None]:
    """Inside, a file is written; refusals of the system name it."""
    from netlang.diagnostics.errors import NetlangError
    from netlang.diagnostics.files import WriteFailed

    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetlangError(WriteFailed(span=None, path=shown, reason=reason)) from error


def _report(shown: str, path: Path) -> None:
    from netlang.diagnostics.texts import shown_bytes, visible

    click.echo(f"wrote {visible(shown)} ({shown_bytes(path.stat().st_size)})")
