"""Holes: what `--stub` writes where the language can't say what a source does."""
