"""The rules, a module for each family; `registry` and `training` list them."""

__all__: list[str] = []
