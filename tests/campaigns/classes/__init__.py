"""A class is right for every argument for which its block is: emitted classes, built otherwise."""

__all__: list[str] = []
