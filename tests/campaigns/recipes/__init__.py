"""Random recipes on small data: refused by `check`, or trained, and the same as a script."""
