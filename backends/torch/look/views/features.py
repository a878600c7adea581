"""The features of a layer in two dimensions: by PCA and by t-SNE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netlang.backends.pictures import draw_into
from netlang.backends.torch.look.choice import asked_for, named
from netlang.backends.torch.look.drawing import bare, titled
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.view import NetView
from netlang.backends.torch.train.devices import derived_seed
from netlang.diagnostics.texts import visible
from netlang.ir.program import INPUT, Ref
from netlang.targets.looking import ViewSeen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Features", "features_of", "nearest_alike", "principal"]

_FEWEST, _LEGEND, _COMPONENTS = 10, 20, 5


@final
class Features(NetView):
    name: ClassVar[str] = "features"
    title: ClassVar[str] = "Features of a layer"
    about: ClassVar[str] = (
        "Each point is an example, placed by the values of one step and coloured by its class; "
        "a step with places counts by the mean over them. PCA shows the two directions in which "
        "the values vary most, so that distances keep their meaning. t-SNE keeps neighbours "
        "together, but distances between groups and their sizes mean little; van der Maaten, "
        "Hinton 2008. Without --step, it is what the last step with weights reads."
    )

    def look(self, subject: Subject) -> ViewSeen:
        title, ref = _chosen(subject)
        values = features_of(subject, ref)
        if len(values) < _FEWEST or values.shape[1] < 2:
            count = f"{len(values)} examples with {values.shape[1]} values each"
            raise LeftOut(f"{count} make no picture")
        placed, shares = principal(values, _COMPONENTS)
        if not shares.any():
            raise LeftOut(f"{title} is the same for all examples")
        labels = subject.sample.examples.labels
        panels = [(_share_text(shares[:2]), placed[:, :2].numpy())]
        neighbours = _neighbours(subject, values)
        if neighbours is not None:
            panels.append(("t-SNE", neighbours))
        measured = f"{title}: {len(values):,} examples, {values.shape[1]:,} values each"
        if labels is not None:
            alike = 100 * nearest_alike(values, torch.from_numpy(labels))
            measured += f"; of {alike:.1f} % the nearest other example is of the same class"
        if neighbours is None:
            measured += "; t-SNE needs scikit-learn: pip install 'netlang[data]'"
        rows = [("component", "share of the variance")]
        rows += [(str(n), f"{100 * float(each):.1f}%") for n, each in enumerate(shares, 1)]
        return self.seen(measured, _drawn(subject, panels, labels), tuple(rows))


def _chosen(subject: Subject) -> tuple[str, Ref]:
    """The step asked for, or what the last step with weights reads."""
    nodes = subject.flat.net.nodes
    asked = asked_for(subject)
    if asked:
        return named(nodes[asked[-1]]), Ref(asked[-1])
    last = next((n for n in reversed(nodes) if f"{n.module}.weight" in subject.weights), None)
    if last is None:
        raise LeftOut("no step has weights")
    ref = last.inputs[0]
    if ref.producer == INPUT:
        return f"what {named(last)} reads, the input", ref
    return f"what {named(last)} reads, of {named(nodes[ref.producer])}", ref


@torch.no_grad()
def features_of(subject: Subject, ref: Ref) -> Tensor:
    """The values ``[n, d]`` of a step for the examples of the sample."""
    net = subject.watched(ref)
    found = []
    own = subject.maps.get(ref.producer) if ref.producer != INPUT and ref.output == 0 else None
    for inputs in subject.batches():
        (value,), _ = net(inputs)
        if own is not None and own.channel is not None:
            value = value.mean([each.axis + 1 for each in own.along])
        found.append(value.flatten(1).float().cpu())
    return torch.cat(found)


def principal(values: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The first principal components ``[n, k]`` and their shares of the variance ``[k]``.

    The sign of a component is chosen so that its greatest loading is positive.
    """
    centred = values.double() - values.double().mean(0)
    left, lengths, right = torch.linalg.svd(centred, full_matrices=False)
    greatest = right.abs().argmax(1, keepdim=True)
    signs = right.gather(1, greatest)[:, 0].sign()
    variance = lengths.square()
    shares = variance / variance.sum().clamp_min(1e-300)
    return (left * lengths * signs)[:, :most], shares[:most]


def nearest_alike(values: Tensor, labels: Tensor) -> float:
    """The share of examples whose nearest other one has the same label."""
    distances = torch.cdist(values.double(), values.double())
    distances.fill_diagonal_(torch.inf)
    nearest = distances.argmin(1)
    return float((labels[nearest] == labels).double().mean())


def _neighbours(subject: Subject, values: Tensor) -> NDArray[np.float64] | None:
    """The examples placed by t-SNE ``[n, 2]``; None without scikit-learn."""
    if find_spec("sklearn") is None:
        return None
    from sklearn.manifold import TSNE

    subject.say("placing the examples by t-SNE")
    seed = derived_seed(subject.recipe.seed, "t-SNE") % 2**32
    perplexity = min(30.0, (len(values) - 1) / 3)
    made = TSNE(2, init="pca", perplexity=perplexity, random_state=seed)
    found: NDArray[np.float64] = made.fit_transform(values.numpy())
    return found


def _share_text(shares: Tensor) -> str:
    return f"PCA, {100 * float(shares.sum()):.0f} % of the variance"


def _drawn(
    subject: Subject,
    panels: Sequence[tuple[str, NDArray[np.float64]]],
    labels: NDArray[np.int64] | None,
) -> tuple[Path, ...]:
    def fill(figure: Figure) -> None:
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (title, points) in zip(all_axes, panels, strict=True):
            titled(axes, title)
            bare(axes)
            for name, color, own in _groups(subject, labels, len(points)):
                axes.scatter(*points[own].T, s=7.0, color=color, label=visible(name), linewidths=0)
        _legend(figure, all_axes[0])

    return draw_into(subject.options.folder, "features", (4.4 * len(panels) + 1.2, 4.2), fill)


def _groups(
    subject: Subject, labels: NDArray[np.int64] | None, count: int
) -> Iterator[tuple[str, tuple[float, ...], NDArray[np.bool_]]]:
    """The examples of each class, with its name and colour."""
    from matplotlib import colormaps

    if labels is None:
        yield "", colormaps["tab10"](0), np.ones(count, dtype=bool)
        return
    known = sorted(set(labels.tolist()))
    colors = colormaps["tab10" if len(known) <= 10 else "tab20" if len(known) <= 20 else "hsv"]
    for number, own in enumerate(known):
        place = number if len(known) <= 20 else number / len(known)
        first = int(np.argmax(labels == own))
        yield subject.label(subject.sample.examples, first), colors(place), labels == own


def _legend(figure: Figure, axes: Axes) -> None:
    handles, names = axes.get_legend_handles_labels()
    if 0 < len(handles) <= _LEGEND and any(names):
        shown = [name if len(name) <= 20 else f"{name[:19]}…" for name in names]
        figure.legend(
            handles, shown, loc="outside right upper", frameon=False, fontsize=7.0, markerscale=2.0
        )
