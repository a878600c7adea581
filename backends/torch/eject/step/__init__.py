"""One step of a script: its rates, forward pass and loss, its turns, and averages of weights."""
