"""How arguments of several verbs are read that take more than a line."""

__all__: list[str] = []
