"""Errors in a `.net` file: its text, names, values, structure and shapes."""
