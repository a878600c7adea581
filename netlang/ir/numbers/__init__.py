"""Numbers that know where they came from: their origins, and these in the terms of a caller."""

__all__: list[str] = []
