"""Explains a text that can't be parsed; loaded only then."""
