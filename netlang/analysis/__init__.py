"""What follows from a program: costs, receptive field, sizes, asserts."""
