"""Warnings about unused names, loops without effect and the like: W0101 to W0111, W0115."""

from __future__ import annotations

from typing import ClassVar

from netlang.diagnostics.diagnostic import Caution

__all__ = [
    "AppliedTwice", "BranchLikeStep", "LoneBranch", "LoopNeverRuns", "StepAfterOutput",
    "UnusedBlock", "UnusedFileConstant", "UnusedFileFunction", "UnusedImport", "UnusedInput",
    "UnusedTarget",
]  # fmt: skip


class UnusedImport(Caution):
    code: ClassVar[str] = "W0101"
    title: ClassVar[str] = "`{name}` is imported and never used"
    caption: ClassVar[str] = "nothing in this file reads it"
    help: ClassVar[str] = "remove it"

    name: str


class UnusedFileConstant(Caution):
    code: ClassVar[str] = "W0102"
    title: ClassVar[str] = "constant `{name}` is never used"
    caption: ClassVar[str] = "no net or recipe of this file needs it"
    help: ClassVar[str] = "use it, or remove it"

    name: str


class UnusedFileFunction(Caution):
    code: ClassVar[str] = "W0115"
    title: ClassVar[str] = "function `{name}` is never used"
    caption: ClassVar[str] = "no net or recipe of this file needs it"
    help: ClassVar[str] = "use it, or remove it"

    name: str


class UnusedBlock(Caution):
    code: ClassVar[str] = "W0103"
    title: ClassVar[str] = "block `{name}` is never used"
    caption: ClassVar[str] = "no net of this file needs it"
    help: ClassVar[str] = (
        "use it, or remove it; blocks for other files stand in a file without nets"
    )

    name: str


class UnusedTarget(Caution):
    code: ClassVar[str] = "W0104"
    title: ClassVar[str] = "loop variable `{name}` is never used"
    caption: ClassVar[str] = "nothing in the loop reads it"
    help: ClassVar[str] = "use it, or let its name begin with `_`"

    name: str


class LoopNeverRuns(Caution):
    code: ClassVar[str] = "W0105"
    title: ClassVar[str] = "this loop never runs"
    caption: ClassVar[str] = "{why}"
    help: ClassVar[str] = "remove it, or let it run"

    why: str


class BranchLikeStep(Caution):
    """`step` is what follows `before` on the next line of a merge."""

    code: ClassVar[str] = "W0107"
    title: ClassVar[str] = "`{step}` is a branch of its own here, not a step after `{before}`"
    caption: ClassVar[str] = "each statement in `{merge}` is a branch from the same value"
    help: ClassVar[str] = (
        "put the steps of one branch in braces, or `{{ {step} }}` if it is meant as a branch"
    )

    merge: str
    step: str
    before: str


class AppliedTwice(Caution):
    """`name` is a constant that stands for a layer with weights; `label` names its first time."""

    code: ClassVar[str] = "W0108"
    title: ClassVar[str] = "`{name}` is applied again with weights of its own"
    caption: ClassVar[str] = "a layer with a name is a description: each use of it has new weights"
    help: ClassVar[str] = "write `reuse {label}` to apply the same weights once more"

    name: str
    label: str


class LoneBranch(Caution):
    """`condition` doesn't hold, and nothing stands beside the branch of a merge that is left."""

    code: ClassVar[str] = "W0110"
    title: ClassVar[str] = "`{merge}` has one branch here, and no value that skips it"
    caption: ClassVar[str] = "where this doesn't hold, there is no other branch"
    help: ClassVar[str] = "write `else {{ identity }}` for the value itself, or leave the merge out"

    merge: str


class UnusedInput(Caution):
    code: ClassVar[str] = "W0111"
    title: ClassVar[str] = "input `{name}` of block `{block}` is never used"
    caption: ClassVar[str] = "what a call gives for it has no effect"
    help: ClassVar[str] = "use it, or remove it here and from the calls"

    name: str
    block: str


class StepAfterOutput(Caution):
    """`output` is the tap before the step."""

    code: ClassVar[str] = "W0109"
    title: ClassVar[str] = "this step goes on from the value before `output {output}`, not after it"
    caption: ClassVar[str] = "an output leaves the current value as it was"
    help: ClassVar[str] = (
        "begin with the value that is meant: label the step of the output, "
        "`output {output}: y: ...`, and write `y -> ...`, or label the value before"
    )

    output: str
