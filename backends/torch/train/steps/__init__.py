"""A step of training: how it is computed, watched, and read without waiting for the device."""
