"""Functions that training runs and that a training script contains as its own.

Each one needs at most numpy, torch, Pillow and other functions of this package, so that its text
can stand in a script without netlang. `netlang.backends.torch.eject` copies it from here.
"""
