"""The function that a body builds: its nodes and labels, what of it is used, and its end."""

__all__: list[str] = []
