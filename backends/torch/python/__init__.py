"""Python source as trees: identifiers, and layout as by `ruff format`."""
