"""Solves the conditions of a net on the sizes of its inputs, and describes them concisely."""
