"""A long run: nets of Hugging Face's Transformers, small ones with random weights, imported.

``python -m tests.importing.hugging_face [--names a,b] [--log FILE]`` prints a line for each
family, and counts. It needs the package ``transformers``, which nothing else here does. A net is
one of two layers, as wide as these are in tests: what is looked at is whether its steps can be
said, and give the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

import netlang
from tests.analysis.oracles import torchvision_models
from tests.importing.runs import Told, finish, named, options, survey, tokens

_SIZES: dict[str, object] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
}  # fmt: skip
_TEXT = {**_SIZES, "vocab_size": 50, "use_cache": False}
_IMAGE = {**_SIZES, "image_size": 32, "patch_size": 8}
_STAGES: dict[str, object] = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}
_TWO: dict[str, object] = {"hidden_sizes": [8, 16], "depths": [1, 1]}
_HEADS: dict[str, object] = {"num_attention_heads": [1, 1, 1, 1], "decoder_hidden_size": 16}
_ALBERT: dict[str, object] = {"embedding_size": 16}

# By the class: that of its configuration, and the arguments of that.
_FAMILIES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "BertModel": ("BertConfig", _TEXT),
    "BertForSequenceClassification": ("BertConfig", _TEXT),
    "DistilBertModel": (
        "DistilBertConfig",
        {"vocab_size": 50, "dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    ),
    "RobertaModel": ("RobertaConfig", {**_TEXT, "max_position_embeddings": 40}),
    "ElectraModel": ("ElectraConfig", {**_TEXT, **_ALBERT}),
    "AlbertModel": ("AlbertConfig", {**_TEXT, **_ALBERT}),
    "GPT2Model": (
        "GPT2Config",
        {"vocab_size": 50, "n_embd": 32, "n_layer": 2, "n_head": 2, "use_cache": False},
    ),
    "GPTNeoXModel": ("GPTNeoXConfig", _TEXT),
    "LlamaModel": ("LlamaConfig", _TEXT),
    "MistralModel": ("MistralConfig", {**_TEXT, "num_key_value_heads": 1}),
    "Qwen2Model": ("Qwen2Config", {**_TEXT, "num_key_value_heads": 1}),
    "CLIPTextModel": ("CLIPTextConfig", _TEXT),
    "CLIPVisionModel": ("CLIPVisionConfig", _IMAGE),
    "SiglipVisionModel": ("SiglipVisionConfig", _IMAGE),
    "ViTModel": ("ViTConfig", _IMAGE),
    "ViTForImageClassification": ("ViTConfig", _IMAGE),
    "DeiTModel": ("DeiTConfig", _IMAGE),
    "BeitModel": ("BeitConfig", _IMAGE),
    "Dinov2Model": ("Dinov2Config", _IMAGE),
    "SwinModel": (
        "SwinConfig",
        {
            "image_size": 32, "patch_size": 4, "embed_dim": 8, "depths": [2, 2],
            "num_heads": [1, 2], "window_size": 4,
        },
    ),
    "ResNetModel": ("ResNetConfig", {**_TWO, "embedding_size": 8}),
    "ResNetForImageClassification": ("ResNetConfig", {**_TWO, "embedding_size": 8}),
    "RegNetModel": ("RegNetConfig", {**_STAGES, "embedding_size": 8, "groups_width": 4}),
    "ConvNextModel": ("ConvNextConfig", {**_TWO, "num_stages": 2}),
    "ConvNextV2Model": ("ConvNextV2Config", {**_TWO, "num_stages": 2}),
    "PoolFormerModel": ("PoolFormerConfig", _STAGES),
    "MobileNetV2Model": ("MobileNetV2Config", {"image_size": 32}),
    "SegformerForImageClassification": ("SegformerConfig", {**_STAGES, **_HEADS}),
    "SegformerForSemanticSegmentation": ("SegformerConfig", {**_STAGES, **_HEADS}),
}  # fmt: skip


def _module(name: str) -> torch.nn.Module:
    torchvision_models()  # which the package imports
    package: Any = import_module("transformers")
    config, arguments = _FAMILIES[name]
    torch.manual_seed(0)
    made: torch.nn.Module = getattr(package, name)(getattr(package, config)(**arguments))
    return made.eval()


def _example(name: str) -> Tensor:
    reads_text = "vocab_size" in _FAMILIES[name][1]
    return torch.randint(0, 50, (2, 16)) if reads_text else torch.zeros(2, 3, 32, 32)


def _one(name: str) -> Told:
    net = netlang.from_torch(_module(name), _example(name))
    assert net.text is not None
    return True, f"{tokens(net.text)} tokens, {net.text.count('block ')} blocks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    options(parser)
    asked = parser.parse_args()
    finish(survey(named(asked, lambda most: [*_FAMILIES]), _one, asked, "transformers"))


if __name__ == "__main__":
    main()
