"""Receptive fields: which input places an output place reads."""
