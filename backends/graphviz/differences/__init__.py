"""Two nets in one drawing: what was added, removed and changed, and what is around it."""

from netlang.backends.graphviz.differences.page import difference_dot

__all__ = ["difference_dot"]
