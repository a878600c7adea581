"""Tables of the source, of given numbers: how each is said, in numbers or by what makes it."""
