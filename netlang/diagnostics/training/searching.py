"""Errors of a search for values of a recipe (E0816 to E0819)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = ["AimUnfit", "NoTrialLeft", "NothingToCompare", "NothingToSearch"]


class NothingToSearch(Diagnostic):
    code = "E0816"
    title = "recipe `{recipe}` leaves nothing open to search"
    caption = "no space in it"
    help = (
        "write one in place of a value, or give one: `optimizer='adam(lr=log_uniform(1e-4, 1e-1))'`"
    )

    recipe: str


class NothingToCompare(Diagnostic):
    code = "E0817"
    title = "trials are compared by a validation part, and recipe `{recipe}` has none"
    caption = "nothing to compare by"
    help = "hold examples out with `validation: 0.2`; the test part is for the end"

    recipe: str


class AimUnfit(Diagnostic):
    """`why` is what is wrong with what trials are to be compared by, if anything was said."""

    code = "E0819"
    title = "the trials of recipe `{recipe}` can't be compared: {why}"
    caption = "here"
    help = "{advice}"

    recipe: str
    why: str
    advice: str


class NoTrialLeft(Diagnostic):
    """`why` is what went wrong in the first trial."""

    code = "E0818"
    title = "all {count} trials failed; the first one: {why}"
    help = "narrow the spaces: `{folder}` has what went wrong in each"

    count: int
    why: str
    folder: str
