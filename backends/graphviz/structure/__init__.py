"""A program as a diagram sees it: steps, parts, and blocks that are drawn once."""
