"""Functions of the IR rewritten into those that PyTorch source has classes for."""
