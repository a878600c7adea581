"""One rule for every operator: what it needs of a value, and its arguments drawn at random."""

from tests.campaigns.generator.rules import (
    arithmetic,
    constants,
    formulas,
    joins,
    layout,
    places,
    pointwise,
    regions,
    sequences,
    spatial,
    windows,
)
from tests.campaigns.generator.rules.base import JOINS, SOURCES, STEPS, Join, Step
from tests.campaigns.generator.rules.derived import add_derived

__all__ = [
    "JOINS",
    "SOURCES",
    "STEPS",
    "Join",
    "Step",
    "arithmetic",
    "formulas",
    "constants",
    "joins",
    "layout",
    "places",
    "pointwise",
    "regions",
    "sequences",
    "spatial",
    "windows",
]

add_derived()
