"""Rewrites functions of the IR into those that get classes in PyTorch source."""
