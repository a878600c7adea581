"""Paths of a recipe (`augment`, `test`) as functions of `netlang.backends.torch.runtime`."""
