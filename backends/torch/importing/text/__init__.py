"""Writes the tree of a module as the text of a spec: paths, blocks, repetitions."""
