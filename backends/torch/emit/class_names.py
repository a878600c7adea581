"""Names for the classes of the emitted source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netlang.backends.torch.emit.class_traits import traits_apart
from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.rewrite.class_sharing import Variant, Variants

__all__ = ["class_names", "pascal"]

# Words with a special spelling in the field.
_SPELLING = {
    "alexnet": "AlexNet", "bert": "BERT", "bifpn": "BiFPN", "bn": "BN", "cbr": "CBR", "cbs": "CBS",
    "cdncnn": "CDnCNN", "cnn": "CNN", "convnext": "ConvNeXt", "crnn": "CRNN",
    "cyclegan": "CycleGAN", "deeplabv": "DeepLabV", "detr": "DETR", "dfl": "DFL", "dncnn": "DnCNN",
    "edsr": "EDSR", "efficientdet": "EfficientDet", "espcn": "ESPCN", "fasterrcnn": "FasterRCNN",
    "fcn": "FCN", "fcos": "FCOS", "fpn": "FPN", "gan": "GAN", "googlenet": "GoogLeNet",
    "gpt": "GPT", "gru": "GRU", "hrnet": "HRNet", "lstm": "LSTM", "maskrcnn": "MaskRCNN",
    "maxvit": "MaxViT", "mbconv": "MBConv", "mlp": "MLP", "mnasnet": "MNASNet",
    "resnext": "ResNeXt", "retinanet": "RetinaNet", "rnn": "RNN", "rpn": "RPN", "se": "SE",
    "sppf": "SPPF", "ssd": "SSD", "stylegan": "StyleGAN", "tcn": "TCN", "unet": "UNet",
    "vae": "VAE", "vgg": "VGG", "vit": "ViT", "wavenet": "WaveNet", "xor": "XOR", "yolo": "YOLO",
}  # fmt: skip

# Versions and sizes of YOLO are lower case: ``YOLOv5s``.
_YOLO = re.compile(r"YOLOV[0-9]+[A-Z]?$")


def pascal(name: str) -> str:
    """``mobilenet_v2`` as a class: ``MobileNetV2``."""
    words = re.findall(r"[A-Za-z]+|[0-9]+", name)
    text = _YOLO.sub(_version, "".join(map(_word, words))) or "Net"
    return f"Net{text}" if text[0].isdigit() else text


def _version(found: re.Match[str]) -> str:
    return found.group().lower().replace("yolo", "YOLO")


def _word(word: str) -> str:
    lower = word.lower()
    if lower in _SPELLING:
        return _SPELLING[lower]
    if word != lower:
        return word[0].upper() + word[1:]
    if lower.endswith("net") and len(lower) > 4:
        return f"{_word(lower[:-3])}Net" if lower[:-3] in _SPELLING else _net(lower)
    return lower.capitalize()


def _net(word: str) -> str:
    return f"{word[:-3].capitalize()}Net"


def class_names(variants: Variants, taken: Iterable[str]) -> dict[Variant, str]:
    """A name for each variant: the net's first; variants of one block get different names."""
    scope = PythonScope(taken)
    names = {variants.net: scope.fresh(pascal(variants.net.name))}
    blocks: dict[str, list[Variant]] = {}
    for variant in variants:
        if variant is not variants.net:
            blocks.setdefault(_base(variant, variants.net), []).append(variant)
    told: dict[Variant, str] = {}
    for base, group in blocks.items():
        traits = traits_apart(group, variants, told)
        told |= {variant: "_".join(words) for variant, words in traits.items() if words}
        # Of those that nothing tells apart, the one in most places has no number.
        for variant in sorted(group, key=lambda each: (bool(traits[each]), -len(each.sites))):
            names[variant] = scope.fresh(pascal("_".join((base, *traits[variant]))))
    return names


def _base(block: Variant, net: Variant) -> str:
    """What names of a block's classes begin with; a block may be called as its net is."""
    return f"{block.name}_block" if pascal(block.name) == pascal(net.name) else block.name
