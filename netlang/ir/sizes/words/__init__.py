"""Conditions in words and formulas, as short as possible."""
