"""Specs are shorter than torchvision's modules; `docs/parity.md` has the table."""

from __future__ import annotations

from statistics import median

from tests.specs.length import lengths, lengths_beside_timm, tokens_of_python, tokens_of_spec

# block a ( width ) { conv ( width , 3x3 ) -> relu }
SPEC = '''"""What it is."""

# Why it is so.
block a(width) {
    conv(width, 3x3) -> relu  # and this
}

train t {
    model: a
}
'''
# class A ( Module ) : name = f"{1}"
PYTHON = '''"""What it is."""

class A(Module):
    """What it is."""

    # Why it is so.
    name = f"{1}"

class A_Weights(Enum):
    ONE = 1
'''


def ratios() -> dict[str, float]:
    return {family: length.ratio for family, length in lengths().items()}


def test_specs_are_a_third_as_long() -> None:
    assert median(ratios().values()) <= 1 / 3


def test_every_spec_is_less_than_half_as_long() -> None:
    assert {family: ratio for family, ratio in ratios().items() if ratio > 1 / 2} == {}


def test_specs_are_a_third_as_long_as_timms_classes() -> None:
    assert [name for name, each in lengths_beside_timm().items() if each.ratio > 1 / 3] == []


def test_what_counts() -> None:
    """No docstring, comment, recipe or weights entry; a size and a formatted string are one."""
    assert tokens_of_spec(SPEC) == 15
    assert tokens_of_python(PYTHON) == 9
