"""The emitted source as a running module, and its weights."""
