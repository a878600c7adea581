"""Checks of the net with its initial weights."""
