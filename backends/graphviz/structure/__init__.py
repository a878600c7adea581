"""A program as a diagram sees it: steps, parts, and blocks drawn once."""
