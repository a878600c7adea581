"""Puts trained weights into a model under its own names.

Training scripts contain this; a test checks that it agrees with `netlang train`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from netlang.backends.torch.runtime.kinds import is_below

__all__ = ["relabelled", "take_weights"]


def relabelled(
    stored: Mapping[str, Tensor], rename: tuple[tuple[str, str], ...]
) -> dict[str, Tensor]:
    """Weights under new labels; the longest match counts, an empty label stands for the whole."""
    given: dict[str, Tensor] = {}
    used = set()
    for key, value in stored.items():
        fitting = [pair for pair in rename if not pair[0] or is_below(key, pair[:1])]
        old, new = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
        used.add(old)
        parts = new, key.removeprefix(old).removeprefix(".")
        name = ".".join(part for part in parts if part)
        if name in given:
            raise SystemExit(f"two keys of the file of weights become {name}")
        given[name] = value
    unused = [old for old, _ in rename if old not in used]
    if unused:
        raise SystemExit(f"no key of the file of weights fits what is renamed: {', '.join(unused)}")
    return given


def take_weights(
    model: nn.Module,
    stored: Mapping[str, Tensor],
    rename: tuple[tuple[str, str], ...] = (),
    skip: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    former: tuple[tuple[str, str], ...] = (),
) -> None:
    """Load trained weights, renaming labels of the file; weights below `skip` stay fresh.

    `former` are patterns of obsolete keys and their replacements.
    """
    given = relabelled(stored, rename)
    own = {key: each for key, each in model.state_dict().items() if not is_below(key, skip)}

    def today(key: str) -> str:
        found = (re.sub(pattern, name, key) for pattern, name in former if key not in own)
        return next((new for new in found if new in own and new not in given), key)

    given = {today(key): value for key, value in given.items()}
    spare = [key for key in own if key.endswith("num_batches_tracked") or is_below(key, optional)]
    own = {key: each for key, each in own.items() if key in given or key not in spare}
    wrong = [key for key in own if key not in given or given[key].shape != own[key].shape]
    if wrong:
        raise SystemExit(f"the file of weights lacks these, or has other sizes: {', '.join(wrong)}")
    for key, each in own.items():
        each.copy_(given[key])
