"""A training step: computing it, watching it, and reading results from the device."""
