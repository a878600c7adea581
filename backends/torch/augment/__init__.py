"""Turns the paths of a recipe (`augment`, `test`) into calls of runtime functions."""
