"""Training scripts: a recipe as one file of plain PyTorch, without netlang."""

from netlang.backends.torch.eject.script import script

__all__ = ["script"]
