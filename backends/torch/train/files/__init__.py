"""What a run leaves on the disk: its format, checkpoints, and who may write them."""
