"""What classes and their arguments are called: by the text of their blocks, and by what differs."""

from __future__ import annotations

import ast
from pathlib import Path

import torch

from netlang.backends.torch import build, emit
from tests.onnx.support import program_in


def heads(folder: Path, text: str) -> dict[str, list[str]]:
    """The classes of a spec that runs, with the arguments of their constructors."""
    program = program_in(folder, text)
    build(program)(*(torch.rand(2, *map(int, map(str, x.type.shape))) for x in program.net.inputs))
    found = {}
    for made in ast.parse(emit(program)).body:
        if isinstance(made, ast.ClassDef):
            methods = {each.name: each for each in made.body if isinstance(each, ast.FunctionDef)}
            init = methods.get("__init__")
            found[made.name] = [each.arg for each in init.args.args[1:]] if init else []
    return found


def test_sizes_have_the_names_of_the_text(tmp_path: Path) -> None:
    """A block that gives none has those of a block that it calls, along axes that it leaves alone.

    A name may be a label, too, or a parameter of the calling block that means something else.
    """
    text = """block inner {
    length = in.shape[0]
    features = in.shape[1]
    linear(features) -> relu
    features: linear(2 * features) -> reshape([2 * length, features])
}
block outer { norm: layer_norm -> mixed: inner }
block turned { transpose([1, 0]) -> inner -> transpose([1, 0]) }
block wide(length) { inner -> linear(length) }
net n {
    input x: [6, 4]
    outer -> outer -> turned -> turned -> wide(5) -> wide(7)
}
"""
    found = heads(tmp_path, text)
    assert found["Inner"] == ["length", "features"]
    assert found["Outer"] == ["length", "features"]
    assert found["Turned"] == ["in_channels", "in_features"]
    assert found["Wide"] == ["in_channels", "features", "length"]


def test_forms_are_told_apart_by_flags_and_by_the_forms_that_they_call(tmp_path: Path) -> None:
    text = """block cut(across) {
    transpose([0, 2, 1] if across else [0, 1, 2]) -> norm: layer_norm
    reshape([in.channels, in.height, in.width] if across else [in.channels, in.width, in.height])
}
block around(across) { body: cut(across) -> relu }
block twice { low: around(true) -> high: around(true) }
block once { around(false) -> around(false) }
net n {
    input x: [6, 4, 4]
    twice -> once
}
"""
    names = [*heads(tmp_path, text)]
    assert [name for name in names if name.startswith("Cut")] == ["CutAcross", "Cut"]
    assert [name for name in names if name.startswith("Around")] == ["AroundAcross", "Around"]


def test_a_form_has_the_suffix_of_the_form_that_it_calls(tmp_path: Path) -> None:
    text = """block inner(deep) { add { conv(4, 1x1); identity }; if deep { mixed: conv(4, 1x1) } }
block outer(levels) { body: inner(levels > 1) -> relu }
net n {
    input x: [4, 8, 8]
    outer(1) -> outer(2) -> outer(1)
}
"""
    assert [*heads(tmp_path, text)] == ["Inner", "Outer", "InnerMixed", "OuterMixed", "N"]


def test_a_long_label_is_no_part_of_a_name(tmp_path: Path) -> None:
    label = "mixed_" * 9
    text = f"""block inner(deep) {{ fc: linear(4); if deep {{ {label}: linear(4) }} }}
net n {{
    input x: [4]
    inner(false) -> inner(true) -> inner(false)
}}
"""
    assert [*heads(tmp_path, text)] == ["Inner", "InnerDeep", "N"]


def test_what_all_forms_are_given_is_no_argument_of_one(tmp_path: Path) -> None:
    """The only call of one form gives it what those of the other give."""
    text = """block unit(out, kernel, deep) {
    conv(out, kernel, pad=kernel // 2) -> conv(2 * out, kernel, pad=kernel // 2)
    if deep { mixed: conv(out, 1x1) }
}
net n {
    input x: [4, 8, 8]
    unit(3, 5, false) -> unit(6, 5, false) -> unit(9, 5, true)
}
"""
    found = heads(tmp_path, text)
    assert found["Unit"] == ["in_channels", "out"]
    assert found["UnitMixed"] == ["in_channels", "out"]
