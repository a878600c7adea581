"""Several processes on one host or many: how they meet, stop, and share a net."""
