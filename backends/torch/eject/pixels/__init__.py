"""What a script does with pixels: one image in a worker, batches on the device."""
