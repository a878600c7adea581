"""What a file holds in place of the steps and tensors of the spec."""
