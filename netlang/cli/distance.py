"""The options that say how far what a net makes is from the data, which some verbs share."""

from __future__ import annotations

from typing import TypedDict

import click

__all__ = ["DistanceAsked", "distance_options"]


class DistanceAsked(TypedDict):
    """Their values."""

    distance: str | None
    judge: str | None
    judge_weights: str | None
    features: str | None


def distance_options(purpose: str) -> tuple[click.Option, ...]:
    """Them, with the beginning of the help that says what the distance is for."""
    return (
        click.Option(
            ["--distance"],
            metavar="OUTPUT",
            help=f"{purpose} the Fréchet distance between the images of the data and those"
            " that OUTPUT has, by the features of --judge.",
        ),
        click.Option(["--judge"], metavar="SPEC", help="The net whose features are compared."),
        click.Option(["--judge-weights"], metavar="FILE", help="The weights of that net."),
        click.Option(
            ["--features"], metavar="OUTPUT", help="The output of that net that is compared."
        ),
    )
