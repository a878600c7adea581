"""Facts derived from a program: costs, receptive field, sizes, asserts."""
