"""How each data source of a recipe becomes parts: one module for each kind of files."""
