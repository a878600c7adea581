"""Pixel processing in a script: single images in a worker, batches on the device."""
