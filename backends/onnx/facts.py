"""The metadata of an ONNX file: its weights and what is needed to use them.

A program that runs the file learns from it how to prepare inputs and what the outputs mean.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from netlang.analysis.expand import LONGEST, expand_program
from netlang.analysis.render.expansion import render_spec
from netlang.backends.weights import WeightSource, class_names, step_of
from netlang.ir.program import Function, Program
from netlang.ir.types import DType
from netlang.modules.onnx_metadata import KEY
from netlang.passes.narrow import FOLLOWING, Narrowing

__all__ = ["facts_of_precision", "facts_of_spec", "facts_of_weights"]

_LONGEST = 1 << 16
"""Characters of an entry; longer ones are omitted: whitening may have megabytes of numbers."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_SPEC = 1 << 20
"""Characters of the net written out: a step takes some 80, so that those of most files fit."""


def facts_of_spec(program: Program, license: str | None, *, told: bool = True) -> dict[str, str]:
    """The metadata on what the file was made from: texts, the compiler's version, the licence.

    `license` is what the user says, if anything. If the spec isn't to be `told`, its text and the
    names and hashes of its files are left out.
    """
    from netlang import __version__

    entries = {"netlang.version": __version__}
    if told:
        texts = [{"file": name, "sha256": digest} for name, digest in _texts(program.net)]
        entries["netlang.spec"] = json.dumps(texts, ensure_ascii=False)
    if license is not None:
        entries["netlang.license"] = license
    entries = {name: text for name, text in entries.items() if _is_told(text)}
    text = _expanded(program) if told else ""
    return {**entries, KEY: text} if text else entries


def _expanded(program: Program) -> str:
    """The net written out as a spec; empty if that is too long."""
    expansion = expand_program(program, with_origins=False)
    if expansion.count > LONGEST:
        return ""
    text = render_spec(expansion, comments=False) + "\n"
    return text if len(text) <= _LONGEST_SPEC and _is_text(text) else ""


def _texts(net: Function) -> list[tuple[str, str]]:
    """The texts that a net and its blocks stand in: names without folders, and hashes of UTF-8."""
    functions, sources = [net], {net.span.source: None}
    known = {net}
    while functions:
        for node in functions.pop().nodes:
            if isinstance(node.callee, Function) and node.callee not in known:
                known.add(node.callee)
                functions.append(node.callee)
                sources[node.callee.span.source] = None
    found = [(Path(each.name).name, sha256(each.text.encode()).hexdigest()) for each in sources]
    return [found[0], *sorted(found[1:])]


def facts_of_weights(
    facts: Mapping[str, object], source: WeightSource | None, seed: int
) -> dict[str, str]:
    """The metadata entries. `facts` are those that a run wrote beside the weights."""
    entries = _entries(facts, source, seed)
    return {f"netlang.{name}": text for name, text in entries if _is_told(text)}


def facts_of_precision(net: Function, narrowing: Narrowing) -> dict[str, str]:
    """The metadata on half precision: its type, and the steps of a flat net in float32."""
    if narrowing.floats is DType.FLOAT32:
        return {}
    wide = ", ".join(
        net.nodes[number].path
        for number, reason in sorted(narrowing.wide.items())
        if reason not in FOLLOWING
    )
    entries = {"precision": narrowing.floats.value, "float32": wide}
    return {f"netlang.{name}": text for name, text in entries.items() if text and _is_told(text)}


def _entries(
    facts: Mapping[str, object], source: WeightSource | None, seed: int
) -> Iterator[tuple[str, str]]:
    yield "weights", _origin(facts, source, seed)
    if classes := class_names(facts):
        yield "classes", json.dumps(classes, ensure_ascii=False)
    if "normalization" in facts:
        yield "normalization", json.dumps(_normalization(facts), ensure_ascii=False)
    steps = facts.get("test")
    if isinstance(steps, list) and all(isinstance(step, str) for step in steps):
        yield "test", " -> ".join(steps) or "none"


def _is_told(text: object) -> bool:
    """Whether a value is text that a file can hold: valid Unicode and not too long."""
    return isinstance(text, str) and len(text) <= _LONGEST and _is_text(text)


def _is_text(text: str) -> bool:
    """Whether a text is valid Unicode."""
    return _SURROGATES.search(text) is None


def _origin(facts: Mapping[str, object], source: WeightSource | None, seed: int) -> str:
    """The source of the weights: the file's name without its folders."""
    if source is None:
        return f"random, drawn from seed {seed}: not trained"
    named = Path(source).name if isinstance(source, str | Path) else "given by a program"
    recipe, step = facts.get("recipe"), step_of(facts)
    told = step is not None and _is_told(recipe)
    return f"{named} (recipe {recipe}, step {step})" if told else named


def _normalization(facts: Mapping[str, object]) -> dict[str, object] | None:
    """The normalization in words and, if it is `(x - subtract) / divide` by channel, its numbers.

    None means that inputs aren't normalized.
    """
    kept, keys = facts.get("normalization"), facts.get("keys")
    if not isinstance(kept, dict):
        return None
    recipe = keys.get("normalize") if isinstance(keys, dict) else None
    told: dict[str, object] = {"recipe": recipe if _is_told(recipe) else None}
    numbers = kept.get("numbers")
    if kept.get("function") == "affine" and isinstance(numbers, list) and len(numbers) == 2:
        rows = [each.get("values") if isinstance(each, dict) else None for each in numbers]
        if all(map(_is_row, rows)) and len(json.dumps(rows)) <= _LONGEST // 2:
            told |= dict(zip(("subtract", "divide"), rows, strict=True))
    return told


def _is_row(row: object) -> bool:
    """Whether a value is a list of finite numbers, as JSON has them."""
    return isinstance(row, list) and all(
        type(number) in (int, float) and abs(number) <= sys.float_info.max for number in row
    )
