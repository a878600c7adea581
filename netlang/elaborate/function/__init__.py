"""The function under construction: its nodes and labels, their use, and its completion."""

__all__: list[str] = []
