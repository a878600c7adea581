"""Functions that training runs and that a written training script holds as its own.

Each is plain: it needs numpy, torch, Pillow and other functions of this package at most, so that
its text can stand in a script without netlang. `netlang.backends.torch.eject` copies it from here.
"""
