"""The rules on texts and nets.

A rule on texts is a `TreeRule`; one on nets is a function of a `Site`, listed by operator. Rules on
recipes are in `training.py`, which needs the words of recipes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from netlang.diagnostics.diagnostic import Caution
from netlang.ir.program import Function
from netlang.lint.layouts import CONVOLUTIONS, SPATIAL
from netlang.lint.rules.batch import BatchInInputs
from netlang.lint.rules.idle import IdleLoops
from netlang.lint.rules.images import channels_last, concat_axis, linear_of_image, softmax_axis
from netlang.lint.rules.order import pytorch_order, recurrent_order
from netlang.lint.rules.readings import BranchLines
from netlang.lint.rules.targets import UnusedTargets
from netlang.lint.rules.unused import UnusedNames
from netlang.lint.site import About, Site
from netlang.lint.tree import TreeRule

__all__ = ["CAUSES", "FUNCTION_RULES", "SITE_RULES", "TREE_RULES", "SiteRule"]

SiteRule = Callable[[Site], Iterator[Caution]]
FunctionRule = Callable[[About, Function], Iterator[Caution]]


def applied_twice(about: About, function: Function) -> Iterator[Caution]:
    """Named layers with weights that are applied twice: few files have any."""
    if about.steps.layers:
        from netlang.lint.rules.twice import applied_twice as found

        yield from found(about, function)


def step_after_output(about: About, function: Function) -> Iterator[Caution]:
    """Steps after outputs that have steps: most files have none."""
    if about.steps.tapped:
        from netlang.lint.rules.taps import step_after_output as found

        yield from found(about, function)


def lone_branch(about: About, function: Function) -> Iterator[Caution]:
    """Merges with a branch that may be missing: few files have any."""
    if about.steps.optional_branches:
        from netlang.lint.rules.lone import lone_branch as found

        yield from found(about, function)


def unused_inputs(about: About, function: Function) -> Iterator[Caution]:
    """Inputs of blocks: few files have any."""
    if about.steps.with_inputs:
        from netlang.lint.rules.ports import unused_inputs as found

        yield from found(about, function)


FUNCTION_RULES: tuple[FunctionRule, ...] = (
    applied_twice,
    step_after_output,
    lone_branch,
    unused_inputs,
)

TREE_RULES: tuple[type[TreeRule], ...] = (
    UnusedNames,
    UnusedTargets,
    IdleLoops,
    BranchLines,
    BatchInInputs,
)

CAUSES: tuple[type[TreeRule], ...] = (BranchLines, BatchInInputs)
"""Rules whose warnings may be the cause of an error."""

_BY_OPERATOR: tuple[tuple[SiteRule, Iterable[str]], ...] = (
    (linear_of_image, ("linear",)),
    (softmax_axis, ("softmax", "log_softmax")),
    (concat_axis, ("concat",)),
    (pytorch_order, CONVOLUTIONS),
    (recurrent_order, ("rnn", "lstm", "gru")),
    (channels_last, SPATIAL),
)

SITE_RULES: Mapping[str, tuple[SiteRule, ...]] = {
    name: tuple(rule for rule, names in _BY_OPERATOR if name in names)
    for name in sorted({name for _, names in _BY_OPERATOR for name in names})
}
