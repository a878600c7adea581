"""The files of a run: their format, checkpoints, and who may write them."""
