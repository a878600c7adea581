"""Trained weights put into a model, under the names that its own weights have.

Training scripts have this; a test holds it equal to what `netlang train` does.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from netlang.backends.torch.runtime.kinds import is_below

__all__ = ["take_weights"]


def take_weights(
    model: nn.Module,
    stored: Mapping[str, Tensor],
    rename: tuple[tuple[str, str], ...] = (),
    skip: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> None:
    """Take trained weights, labels of the file renamed; what lies below `skip` stays fresh."""
    given = {}
    for key, value in stored.items():
        fitting = [pair for pair in rename if is_below(key, pair[:1])]
        old, new = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
        given[new + key.removeprefix(old)] = value
    own = {key: each for key, each in model.state_dict().items() if not is_below(key, skip)}
    spare = [key for key in own if key.endswith("num_batches_tracked") or is_below(key, optional)]
    own = {key: each for key, each in own.items() if key in given or key not in spare}
    wrong = [key for key in own if key not in given or given[key].shape != own[key].shape]
    if wrong:
        raise SystemExit(f"the file of weights lacks these, or has other sizes: {', '.join(wrong)}")
    for key, each in own.items():
        each.copy_(given[key])
