"""Weights of an edited net, made of those of the net before."""

from netlang.backends.weights.migration.migrate import migrate

__all__ = ["migrate"]
