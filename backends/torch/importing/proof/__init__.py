"""Compares a spec with its source, and tells rounding from a fault."""
