"""Data sets of recipes: where they lie, how examples are read, in which order they come."""
