"""`netlang doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import click

__all__ = ["command"]


def command() -> click.Command:
    return click.Command(
        "doctor",
        callback=_doctor,
        params=[
            click.Option(
                ["--runtime"],
                is_flag=True,
                help="Ask ONNX Runtime for each device that it was built for, and say which ones "
                "it falls back from, and why.",
            ),
        ],
        help="Say what is wrong with an installation, and what to do about it. The exit status is "
        "1 if something is.",
        short_help="Say what is wrong with an installation.",
    )


def _doctor(runtime: bool) -> int:
    from netlang.diagnostics.texts import visible
    from netlang.targets.doctor import examining_backend

    if not runtime:
        raise click.UsageError("say what to examine: `--runtime`")
    status = 0
    for found in examining_backend().examine_runtime():
        click.echo(visible(f"{found.what}: {found.why}" if found.why else found.what))
        if found.advice:
            click.echo(visible(f"  = help: {found.advice}"))
        status |= not found.fine
    return int(status)
