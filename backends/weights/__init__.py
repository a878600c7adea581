"""Weights of a net: which ones it has, initial values, reading files, and whether files fit."""

from netlang.backends.weights.arrays import numpy_type
from netlang.backends.weights.check import Misfit, Report, WeightsFor, match, require_fit
from netlang.backends.weights.facts import class_names, facts_beside
from netlang.backends.weights.files import WeightSource, read_entry, read_weights
from netlang.backends.weights.former import former_names
from netlang.backends.weights.given import Given, given, not_finite, suspects
from netlang.backends.weights.initial import initial
from netlang.backends.weights.pickles import step_of
from netlang.backends.weights.slots import Slot, constants, join, slots
from netlang.backends.weights.stored import LookAhead, Stored, are_finite

__all__ = [
    "Given",
    "LookAhead",
    "Misfit",
    "Report",
    "Slot",
    "Stored",
    "WeightSource",
    "WeightsFor",
    "are_finite",
    "class_names",
    "constants",
    "facts_beside",
    "former_names",
    "given",
    "initial",
    "join",
    "match",
    "not_finite",
    "numpy_type",
    "read_entry",
    "read_weights",
    "require_fit",
    "slots",
    "step_of",
    "suspects",
]
