"""Python source as trees: identifiers, and the layout that `ruff format` would give it."""
