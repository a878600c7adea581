"""Checks of the examples."""
