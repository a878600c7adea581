"""Conditions in words and formulas, as short as they get."""
