"""Arguments of several verbs that take more than a line to read."""

__all__: list[str] = []
