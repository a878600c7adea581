"""The data of a script: one module for each kind of source."""

from netlang.backends.torch.eject.sources import images, memory, packages
from netlang.backends.torch.eject.sources.base import DataSection, data_section

__all__ = ["DataSection", "data_section", "images", "memory", "packages"]
