"""Diagnostics as text, as JSON and as SARIF: all from the same fields."""
