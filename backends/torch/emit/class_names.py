"""Names for the classes of the emitted source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from netlang.backends.torch.python.identifiers import PythonScope
from netlang.backends.torch.rewrite.class_sharing import Variant, Variants
from netlang.ir.program import Function

__all__ = ["class_names", "pascal"]

# Stands for a variant that nothing tells apart: it is numbered.
_OTHER = " "

# Words with a special spelling in the field.
_SPELLING = {
    "alexnet": "AlexNet", "bert": "BERT", "bifpn": "BiFPN", "bn": "BN", "cbr": "CBR",
    "cdncnn": "CDnCNN", "cnn": "CNN", "convnext": "ConvNeXt", "crnn": "CRNN",
    "cyclegan": "CycleGAN", "deeplabv": "DeepLabV", "dfl": "DFL", "dncnn": "DnCNN", "edsr": "EDSR",
    "efficientdet": "EfficientDet", "espcn": "ESPCN", "fasterrcnn": "FasterRCNN", "fcn": "FCN",
    "fcos": "FCOS", "fpn": "FPN", "gan": "GAN", "googlenet": "GoogLeNet", "gru": "GRU",
    "hrnet": "HRNet", "lstm": "LSTM", "maskrcnn": "MaskRCNN", "maxvit": "MaxViT", "mlp": "MLP",
    "mnasnet": "MNASNet", "retinanet": "RetinaNet", "rnn": "RNN", "rpn": "RPN", "se": "SE",
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
            blocks.setdefault(pascal(variant.name), []).append(variant)
    suffixes: dict[Variant, str] = {}
    for base, group in blocks.items():
        suffixes |= (own := _suffixes(group, variants, suffixes))
        for variant, suffix in sorted(own.items(), key=lambda item: item[1] != ""):
            names[variant] = scope.fresh((base + suffix).strip())
    return names


def _suffixes(
    group: list[Variant], variants: Variants, known: Mapping[Variant, str]
) -> dict[Variant, str]:
    """Suffixes for the variants of a block: none for one variant, else what it alone has.

    That is the number of its inputs if all differ in it, else a label, a callee, a parameter that
    is true, or the suffix of a callee among those `known`.
    """
    inputs = {variant: len(variant.sample.inputs) for variant in group}
    if 1 < len(group) == len(set(inputs.values())):
        return {variant: f"{count}Inputs" for variant, count in inputs.items()}
    features = {variant: Counter(_features(variant, variants, known)) for variant in group}
    everywhere = Counter(name for found in features.values() for name in found)
    alone = {
        variant: [name for name in found if everywhere[name] == 1]
        for variant, found in features.items()
    }
    ordinary = max(group, key=lambda variant: (not alone[variant], len(variant.sites)))
    return {
        variant: ""
        if variant is ordinary
        else pascal(alone[variant][0])
        if alone[variant]
        else _OTHER
        for variant in group
    }


def _features(variant: Variant, variants: Variants, known: Mapping[Variant, str]) -> list[str]:
    """The labels of a variant, the names of what it applies, its flags, and suffixes of callees."""
    function = variant.sample
    labels = [
        part for node in function.nodes for part in node.path.split(".") if not part.isdigit()
    ]
    flags = [
        name
        for name in function.arguments
        if all(each.arguments.get(name) is True for each in variant.instances)
    ]
    callees = [node.callee for node in function.nodes]
    called = [variants.of(each) for each in callees if isinstance(each, Function)]
    suffixes = dict.fromkeys(known.get(each, "").strip() for each in called)
    return [*labels, *(each.name for each in callees), *flags, *filter(None, suffixes)]
