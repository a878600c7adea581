"""The names of the methods of search."""

from __future__ import annotations

__all__ = ["EXTENSIBLE", "METHODS", "SAMPLERS"]

SAMPLERS = ("tpe", "cmaes")
"""Those of Optuna."""

METHODS = ("random", "coarse-to-fine", "halving", *SAMPLERS)

EXTENSIBLE = frozenset(("random", *SAMPLERS))
"""Methods whose trials don't depend on how many there are: a search may get more."""
