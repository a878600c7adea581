"""The data of a script: one module for each kind of source."""

from netlang.backends.torch.eject.sources import hugging_face, images, memory, shards, vision
from netlang.backends.torch.eject.sources.base import DataSection, data_section

__all__ = ["DataSection", "data_section", "hugging_face", "images", "memory", "shards", "vision"]
