"""`python -m tests.campaigns.classes --count 2000 --seed 1`: classes are right for all arguments.

Each class of an emitted module is built with other arguments than the net gives it: widths, depths
and kernels are drawn. Where the compiler takes the block with these arguments, and the docstring of
the class doesn't say that it isn't meant for them, keys, shapes and values are those of the module
that the compiler gives for the block alone.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from types import FunctionType

from torch import nn

from netlang.backends.torch import build
from netlang.backends.torch.emit.arguments.chooser import constructors_of
from netlang.backends.torch.emit.class_names import class_names
from netlang.backends.torch.emit.helpers import HELPERS
from netlang.backends.torch.guard import GUARD
from netlang.backends.torch.rewrite.passes import rewritten
from netlang.ir.program import Program
from tests.campaigns.classes.alone import (
    Noted,
    alone,
    by_itself,
    functions_in,
    have_batches,
    noting,
    written,
)
from tests.campaigns.classes.probe import COUNTED, Probe
from tests.campaigns.generator import generate
from tests.campaigns.of_specs import spec_campaign
from tests.campaigns.subject import Spec, load

__all__ = ["CAMPAIGN", "check", "checked"]

_TRIES = 6


def check(spec: Spec, number: int) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the classes of a spec, and what was compared."""
    with noting() as noted:
        program = load(spec)
    return checked(program, noted, Random(number))


def checked(
    program: Program, noted: Noted, random: Random, tries: int = _TRIES
) -> tuple[list[str], dict[str, int]]:
    """What is wrong with the classes of a program, and what was compared."""
    variants = rewritten(program)
    names = class_names(variants, {*HELPERS, GUARD})
    classes = _classes(program)
    counts, wrong = Counter[str](), list[str]()
    for constructor in constructors_of(variants, names):
        sample = constructor.variant.sample
        target = noted.of(sample)
        if target is None or sample.doc == "" or constructor.variant is variants.net:
            continue  # the net, and scopes, which are no blocks
        if not have_batches(sample):
            continue
        made = classes[constructor.class_name]
        probe = Probe(program, constructor, made, sample, partial(alone, target))
        for outcome in probe.outcomes(random, tries):
            counts[f"classes: {outcome if outcome in COUNTED else 'wrong'}"] += 1
            if outcome not in COUNTED:
                wrong.append(f"class {constructor.class_name}: {outcome}")
    for name, probe in by_themselves(program, noted):
        for outcome in probe.outcomes(random, tries):
            counts[f"blocks: {outcome if outcome in COUNTED else 'wrong'}"] += 1
            if outcome not in COUNTED:
                wrong.append(f"block {name}: {outcome}")
    return wrong, dict(counts)


def by_themselves(program: Program, noted: Noted) -> Iterator[tuple[str, Probe]]:
    """The classes of the blocks that a program uses, each compiled by itself."""
    seen: set[object] = set()
    for function in functions_in(program.net):
        target = noted.of(function)
        if target is None or not have_batches(function):
            continue
        arguments, inputs = written(function, program.defaults)
        key = function.span, str(arguments), inputs
        if key in seen:
            continue
        seen.add(key)
        own = by_itself(target, arguments, inputs)
        variants = rewritten(own)
        names = class_names(variants, {*HELPERS, GUARD})
        constructor = constructors_of(variants, names, own.alone)[-1]
        made = _classes(own)[constructor.class_name]
        sample = constructor.variant.sample
        yield (
            constructor.class_name,
            Probe(own, constructor, made, sample, partial(alone, target)),
        )


def _classes(program: Program) -> Mapping[str, type[nn.Module]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = type(build(program))
    own = next(each for each in vars(made).values() if isinstance(each, FunctionType))
    return own.__globals__


CAMPAIGN = spec_campaign("classes", __doc__ or "", generate, check)
