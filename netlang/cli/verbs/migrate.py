"""`netlang migrate`: the weights of a net that has been edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

import click

from netlang.cli.options import FitAsked, fit_of, fit_options

if TYPE_CHECKING:
    from netlang.targets.migrating import Migrated, Widen

__all__ = ["command"]

_MOST_KEYS = 6


def command() -> click.Command:
    return click.Command(
        "migrate",
        callback=_migrate,
        params=[
            click.Argument(["old"], metavar="OLD"),
            click.Argument(["new"], metavar="NEW"),
            click.Option(
                ["--weights"],
                metavar="FILE",
                required=True,
                help="Weights of OLD, from .safetensors or a PyTorch state dict (.pth).",
            ),
            click.Option(
                ["-o", "--output", "out"],
                metavar="OUT",
                required=True,
                help="File to write, the weights of NEW: .safetensors.",
            ),
            *_how(),
            *fit_options(),
            click.Option(
                ["--seed"],
                type=click.IntRange(0, 2**63 - 1),
                default=0,
                show_default=True,
                help="Seed of the weights that are drawn.",
            ),
        ],
        help="Carry the weights of net OLD to net NEW, as far as `netlang diff` finds its steps in"
        " both: copied, under other keys, widened as asked. What is drawn anew and what is left"
        " over is listed. OLD and NEW are named as for `netlang diff`.",
        short_help="Carry weights from a net to its edited form.",
    )


def _how() -> tuple[click.Option, ...]:
    """The options on tensors that have grown, and on new ones."""
    return (
        click.Option(
            ["--widen"],
            type=click.Choice(["refuse", "zeros", "repeat", "fresh"]),
            default="refuse",
            show_default=True,
            help="Of tensors that have grown, the new elements: zeros, or the old ones again,"
            " divided where they are summed. `fresh` draws tensors of another shape anew.",
        ),
        click.Option(
            ["--zero", "zeros"],
            multiple=True,
            metavar="STEP",
            help="The weights of this new step are zeros: a residual branch that ends in it"
            " does nothing yet.",
        ),
    )


def _migrate(
    old: str,
    new: str,
    weights: str,
    out: str,
    widen: str,
    zeros: tuple[str, ...],
    seed: int,
    **asked: Unpack[FitAsked],
) -> int:
    from netlang.cli.arguments.nets import program_of
    from netlang.diff import compare
    from netlang.targets import needs
    from netlang.targets.migrating import MigrationOptions, migrating_backend

    found = compare(program_of(old), program_of(new), names=(old, new), fold=False)
    options = MigrationOptions(
        Path(weights), Path(out), cast("Widen", widen), zeros, fit_of(asked), seed
    )
    backend = migrating_backend()
    with needs(backend.extra):
        done = backend.migrate(found, options)
    _show(done, out)
    return 0


def _show(done: Migrated, out: str) -> None:
    from netlang.diagnostics.texts import visible, visible_lines

    for note in done.notes:
        click.echo(visible_lines(note), err=True)
    renamed = [f"{old} -> {new}" for old, new in done.renamed.items()]
    copied = f"{done.copied:,} tensors copied, {len(renamed):,} under other keys{_some(renamed)}"
    click.echo(visible(copied))
    for name, keys in (
        ("widened", done.widened), ("drawn anew", done.fresh), ("dropped", done.dropped),
    ):  # fmt: skip
        if keys:
            click.echo(visible(f"{len(keys):,} {name}{_some(keys)}"))
    click.echo(f"wrote {visible(out)}")


def _some(keys: Sequence[str]) -> str:
    """The first keys, and how many more there are."""
    if not keys:
        return ""
    from netlang.diagnostics.texts import abridged

    more = f" and {len(keys) - _MOST_KEYS:,} more" if len(keys) > _MOST_KEYS else ""
    return f": {', '.join(map(abridged, keys[:_MOST_KEYS]))}{more}"
