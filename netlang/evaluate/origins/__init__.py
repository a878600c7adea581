"""Origins of numbers in expressions: what functions make of them, and where they decide."""

__all__: list[str] = []
