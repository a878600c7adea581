"""Names of a package that are loaded when one is first asked for (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["late"]


def late(package: str, homes: Sequence[str]) -> Callable[[str], object]:
    """The `__getattr__` of a package, which has the public names of the modules `homes` in it.

    They are loaded in their order until one has the name. No name may be that of a module.
    A name that was found is an attribute of the package from then on: it isn't looked for again.
    """

    def found(name: str) -> object:
        from importlib import import_module
        from importlib.util import find_spec

        if name == "__all__":
            modules = (import_module(f"{package}.{home}") for home in homes)
            return [public for module in modules for public in module.__all__]
        # `from package import module` asks here before the module is looked for.
        if not name.startswith("_") and find_spec(f"{package}.{name}") is None:
            for home in homes:
                module = import_module(f"{package}.{home}")
                if name in module.__all__:
                    value: object = getattr(module, name)
                    setattr(import_module(package), name, value)
                    return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found
