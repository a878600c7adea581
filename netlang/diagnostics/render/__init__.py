"""Diagnostics as text, JSON and SARIF, all from the same fields."""
