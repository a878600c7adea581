"""What the classes of the emitted source are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from netlang.backends.torch.forms import Form, Forms
from netlang.backends.torch.python.identifiers import Scope
from netlang.ir.program import Function

__all__ = ["class_names", "pascal"]

# Stands for a form that nothing tells apart: it is numbered.
_OTHER = " "

# Words that the field doesn't spell like others.
_SPELLING = {
    "alexnet": "AlexNet", "bn": "BN", "cbr": "CBR", "cnn": "CNN", "convnext": "ConvNeXt",
    "deeplabv": "DeepLabV", "fasterrcnn": "FasterRCNN", "fcn": "FCN", "fpn": "FPN", "gan": "GAN",
    "googlenet": "GoogLeNet", "gru": "GRU", "lstm": "LSTM", "mlp": "MLP", "mnasnet": "MNASNet",
    "rnn": "RNN", "rpn": "RPN", "se": "SE", "ssd": "SSD", "unet": "UNet", "vae": "VAE",
    "vgg": "VGG", "vit": "ViT", "xor": "XOR", "yolo": "YOLO",
}  # fmt: skip


def pascal(name: str) -> str:
    """``mobilenet_v2`` as a class: ``MobileNetV2``."""
    words = re.findall(r"[A-Za-z]+|[0-9]+", name)
    text = "".join(map(_word, words)) or "Net"
    return f"Net{text}" if text[0].isdigit() else text


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


def class_names(forms: Forms, taken: Iterable[str]) -> dict[Form, str]:
    """A name for each form; the net's first, then those of forms of one block told apart."""
    scope = Scope(taken)
    names = {forms.net: scope.fresh(pascal(forms.net.name))}
    blocks: dict[str, list[Form]] = {}
    for form in forms:
        if form is not forms.net:
            blocks.setdefault(pascal(form.name), []).append(form)
    for base, group in blocks.items():
        suffixes = _suffixes(group)
        for form, suffix in sorted(suffixes.items(), key=lambda item: item[1] != ""):
            names[form] = scope.fresh((base + suffix).strip())
    return names


def _suffixes(group: list[Form]) -> dict[Form, str]:
    """What tells the forms of a block apart: nothing for one of them, else a label it alone has."""
    features = {form: Counter(_features(form.sample)) for form in group}
    everywhere = Counter(name for found in features.values() for name in found)
    alone = {
        form: [name for name in found if everywhere[name] == 1] for form, found in features.items()
    }
    ordinary = max(group, key=lambda form: (not alone[form], len(form.sites)))
    return {
        form: "" if form is ordinary else pascal(alone[form][0]) if alone[form] else _OTHER
        for form in group
    }


def _features(function: Function) -> list[str]:
    """The labels of a function, then the names of what it applies."""
    labels = [
        part for node in function.nodes for part in node.path.split(".") if not part.isdigit()
    ]
    return [*labels, *(node.callee.name for node in function.nodes)]
