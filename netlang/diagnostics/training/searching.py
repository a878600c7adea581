"""Errors of a search for values of a recipe (E0816 to E0819, E0836 to E0840)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AimUnfit",
    "DriverMissing",
    "NoTrialLeft",
    "NothingToCompare",
    "NothingToSearch",
    "OtherStudy",
    "StorageUnusable",
    "StudyDamaged",
    "StudyExists",
]


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


class StorageUnusable(Diagnostic):
    """`url` has no password, here as in the errors below."""

    code = "E0836"
    title = "the storage `{url}` can't be used: {why}"
    help = "{advice}"

    url: str
    why: str
    advice: str


class DriverMissing(Diagnostic):
    code = "E0837"
    title = "the storage `{url}` needs the package `{package}`, which isn't installed"
    help = "install it: `pip install '{package}'`"

    url: str
    package: str


class StudyExists(Diagnostic):
    code = "E0838"
    title = "`{url}` already holds a search as the study `{study}`"
    help = "take part in it, or go on with it, by `--resume`; or name another one with `--study`"

    url: str
    study: str


class OtherStudy(Diagnostic):
    code = "E0839"
    title = "the study `{study}` of `{url}` is another search: {differences}"
    help = "search what it searches on all hosts, or name another one with `--study`"

    url: str
    study: str
    differences: str


class StudyDamaged(Diagnostic):
    code = "E0840"
    title = "the study `{study}` of `{url}` can't be read: {why}"
    help = "name another one with `--study`, and see who else writes into this one"

    url: str
    study: str
    why: str
