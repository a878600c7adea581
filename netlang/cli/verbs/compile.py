"""`netlang compile`: a net, or a block by itself, as PyTorch source, an ONNX file or a diagram."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from netlang.cli.arguments.nets import INPUT_OF_NET, input_option
from netlang.cli.arguments.onnx import OnnxAsked, onnx_of, onnx_options, refuse_onnx_options
from netlang.cli.arguments.precision import is_of_recipe, with_examples
from netlang.cli.options import WeightsAsked, build_options, outputs, spec_argument, weight_options
from netlang.cli.progress import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netlang.build import BuildOptions, Written
    from netlang.targets import Backend

__all__ = ["command", "report"]

_WEIGHTS_OF_SCRIPT = (
    "--weights is for the files of a net. A script that starts from trained weights is one of a"
    " recipe that does: with `weights='pretrained(\"start\")'`, it has a --weights of its own"
)


class _Asked(WeightsAsked, OnnxAsked):
    """The values of the options that several verbs or files share."""


def command() -> click.Command:
    return click.Command(
        "compile",
        callback=_compile,
        params=[
            spec_argument(),
            click.Argument(["changes"], nargs=-1, metavar="[KEY=VALUE]..."),
            click.Option(
                ["-o", "--output", "names"],
                multiple=True,
                required=True,
                metavar="OUT",
                help="File to write; .py .onnx .svg .png .pdf .dot. May be given several times.",
            ),
            input_option(),
            click.Option(
                ["--manifest"],
                metavar="FILE",
                help="Write a list of the files, with their sizes and SHA-256 hashes, as JSON.",
            ),
            *weight_options(),
            *onnx_options(),
            *_source_options(),
        ],
        help="Write SPEC as PyTorch source, an ONNX file or a diagram, by the suffix of OUT. Of a "
        "recipe, a .py file is the script that trains by it, changed by KEY=VALUE as in training; "
        "other files are of its net. Of a block (file.net:block), it is a class for code of your "
        "own: 'resnet:bottleneck(width=64)' --input '[256, H=56, W=56]'.",
        short_help="Write PyTorch source, ONNX files and diagrams.",
    )


def _source_options() -> Iterator[click.Option]:
    """Options for .py files."""
    flags = {
        "--script": "Let SPEC be a recipe where a net has its name too: write its script.",
        "--guard": "Let the .py file's network refuse inputs of sizes that it isn't for.",
    }
    for flag, about in flags.items():
        yield click.Option([flag], is_flag=True, help=about)


def _compile(
    spec: str,
    changes: tuple[str, ...],
    names: tuple[str, ...],
    inputs: tuple[str, ...],
    script: bool,
    guard: bool,
    manifest: str | None,
    **asked: Unpack[_Asked],
) -> int:
    from netlang.elaborate import names_recipe
    from netlang.records import replace
    from netlang.targets import backend_for

    line = ProgressLine()
    options = replace(build_options(asked), guard=guard, progress=line.show)
    # Every output is known to be writable in kind before the first is written.
    files = outputs(names if manifest is None else (*names, manifest))[: len(names)]
    jobs = [(backend_for(path), path) for path in files]
    _refuse_own_file(spec, files)
    if not any(path.suffix.lower() == ".onnx" for path in files):
        refuse_onnx_options(click.get_current_context())
    has_source = any(_is_source(path) for _, path in jobs)
    is_recipe = script or is_of_recipe(asked) or names_recipe(spec)
    if guard and (is_recipe or not has_source):
        raise click.UsageError("--guard is for the .py file of a net")
    if script and not has_source:
        raise click.UsageError("--script is for the .py file of a recipe")
    if inputs and is_recipe:
        raise click.UsageError(INPUT_OF_NET)
    if is_recipe and options.weights is not None and has_source:
        raise click.UsageError(_WEIGHTS_OF_SCRIPT)
    if is_recipe:
        every = _of_recipe(spec, changes, jobs, options, asked)
    else:
        every = _of_net(spec, changes, inputs, jobs, replace(options, onnx=onnx_of(asked)))
    _report_all(line.cleared_for(every), None if manifest is None else Path(manifest))
    return 0


def _refuse_own_file(spec: str, files: Sequence[Path]) -> None:
    """Refuse to replace the ONNX file that SPEC is read from, and with it its weights."""
    from netlang.regular import real_path

    own, suffix, _ = spec.strip().partition(".onnx")
    if suffix and real_path(Path(own + suffix)) in map(real_path, files):
        raise click.UsageError(f"`{own}{suffix}` is SPEC, which -o would replace: name another")


def _report_all(every: Iterator[Written], manifest: Path | None) -> None:
    """Report each of the files as it is written, and then write the list of them."""
    from netlang.manifest import write_manifest

    files: list[Path] = []
    for written in every:
        report(written)
        files += (written.path, *written.beside)
    if manifest is not None:
        write_manifest(manifest, files)
        _wrote(manifest)


def _of_net(
    spec: str,
    changes: tuple[str, ...],
    inputs: tuple[str, ...],
    jobs: list[tuple[Backend, Path]],
    options: BuildOptions,
) -> Iterator[Written]:
    """Write the files of a net or block; if a recipe has its name too, that is said."""
    from netlang.cli.failures import show
    from netlang.elaborate import block_program, elaborate_target, net_or_block
    from netlang.examine import warnings_of
    from netlang.targets import write

    target = net_or_block(spec)
    is_net = target.kind == "net"
    has_both = is_net and target.name in target.module.recipes
    if changes:
        choice = ": --script takes the recipe of that name" if has_both else ""
        what = f"names a {target.kind}{choice}"
        raise click.UsageError(f"`{changes[0]}` changes a recipe, and `{spec}` {what}")
    if inputs and is_net:
        raise click.UsageError(INPUT_OF_NET)
    if options.guard and not is_net:
        raise click.UsageError("--guard is for the .py file of a net, whose sizes are known")
    program = elaborate_target(target) if is_net else block_program(target, inputs)
    show(warnings_of(target.module, program))
    for backend, path in jobs:
        yield write(backend, program, path, options)
    if has_both and any(_is_source(path) for _, path in jobs):
        what = f"`{target.name}` is a net and a recipe: the .py file is the net"
        click.echo(f"{what}; --script writes the training script of the recipe", err=True)


def _is_source(path: Path) -> bool:
    """Whether Python text is requested: the module of a net, or the script of a recipe."""
    return path.suffix.lower() == ".py"


def _of_recipe(
    spec: str,
    changes: tuple[str, ...],
    jobs: list[tuple[Backend, Path]],
    options: BuildOptions,
    asked: OnnxAsked,
) -> Iterator[Written]:
    """Write the script of a recipe, and other files for its net."""
    from netlang.cli.failures import show
    from netlang.examine import warnings_of
    from netlang.recipes.load import open_recipe
    from netlang.records import replace
    from netlang.targets import TrainingBackend, write, write_script

    module, recipe, program = open_recipe(spec, changes)
    show(warnings_of(module, program, recipe))
    options = replace(options, onnx=onnx_of(asked, recipe))
    options = with_examples(options, recipe, program, asked)
    for backend, path in jobs:
        if isinstance(backend, TrainingBackend) and _is_source(path):
            yield write_script(backend, recipe, program, path)
            if recipe.seeds > 1:
                click.echo(f"the script trains with seed {recipe.seed} alone", err=True)
        else:
            yield write(backend, program, path, options)


def report(written: Written) -> None:
    """Print which files were written, their sizes, and the notes."""
    from netlang.diagnostics.texts import visible_lines

    for note in written.notes:
        click.echo(visible_lines(note), err=True)
    for path in (written.path, *written.beside):
        _wrote(path)


def _wrote(path: Path) -> None:
    from netlang.diagnostics.texts import shown_bytes, visible

    click.echo(f"wrote {visible(str(path))} ({shown_bytes(path.stat().st_size)})")
