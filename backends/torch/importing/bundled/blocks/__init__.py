"""Recognises blocks that the bundled library has, by their steps and not by names."""
