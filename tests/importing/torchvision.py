"""The models of torchvision that the long runs import."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from tests.analysis.oracles import torchvision_models

__all__ = ["SEGMENTATION", "classifiers", "segmentation"]

SEGMENTATION = ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")


def classifiers(most: float) -> list[str]:
    """The classifiers of images by their number of weights, up to `most`."""
    models: Any = torchvision_models()
    sizes = {each: _size(each) for each in models.list_models(module=models)}
    return sorted((each for each, size in sizes.items() if size <= most), key=sizes.__getitem__)


def _size(name: str) -> int:
    return int(torchvision_models().get_model_weights(name).DEFAULT.meta["num_params"])


def segmentation(name: str) -> nn.Module:
    """A net for segmentation, which gives classes of the pixels and no dictionary of them."""
    made = torchvision_models().get_model(name, weights=None, weights_backbone=None, aux_loss=False)
    return _First(made).eval()


class _First(nn.Module):
    """A model that gives a dictionary, as one that gives its first entry."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        found: Tensor = self.model(image)["out"]
        return found
