"""Nets beyond the memory of one device: weights shared out over the processes by FSDP2."""
