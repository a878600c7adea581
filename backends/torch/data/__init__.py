"""Data sets of recipes: where they are, how examples are read, and in which order."""
