"""A number where values are merged, as the step that is meant."""

from __future__ import annotations

__all__ = ["number_advice", "step_with"]

_BEHIND = {
    "mul": "scale({})",
    "div": "scale(1 / {})",
    "add": "scale(1, offset={})",
    "sub": "scale(1, offset=-{})",
    "max": "clamp(min={})",
    "min": "clamp(max={})",
}
# For merges in which the order matters.
_IN_FRONT = {"sub": "scale(-1, offset={})", "div": None}


def step_with(merge: str, number: str, *, in_front: bool = False) -> str | None:
    """The step that merges a value and a number: `scale(0.17)` for `mul` and 0.17.

    The number stands after the value, or `in_front` of it. None if no step does that.
    """
    form = _IN_FRONT.get(merge, _BEHIND.get(merge)) if in_front else _BEHIND.get(merge)
    return None if form is None else form.format(number).replace("--", "")


def number_advice(number: str) -> str:
    """What to write for a number that stands where a value of the net is wanted."""
    return (
        f"a number is an argument: `scale({number})` multiplies a value by it, "
        f"`scale(1, offset={number})` adds it, `constant({number})` is a value"
    )
