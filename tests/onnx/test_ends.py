"""Every operator's arguments at the ends of what they accept: ONNX Runtime takes the file.

The ends are found by asking an argument's kind, so that a new operator is tried as well. Whole
numbers without an upper end are made huge elsewhere (`tests/robustness`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import netlang
from netlang.backends.onnx import export
from netlang.backends.onnx.lowering import UNSUPPORTED
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import load_program
from netlang.ir.arguments import Kind, Mismatch, signature
from netlang.ir.op import Case, Op, Rejection
from netlang.ops import all_operators
from netlang.records import replace
from tests.onnx.support import program_of, random_weights, run
from tests.onnx.test_operators import expected
from tests.ops.torch_modules import samples

pytestmark = pytest.mark.filterwarnings("ignore")

HERE = Path(__file__).parent
# Upper ends up to here are tried: a thousand layers take minutes, and are no other layers.
MOST = 512
# What has no sample: the words of a sentence are numbers of an embedding's rows.
NO_SAMPLE = {("embedding", "words")}


def accepts(kind: Kind) -> Callable[[object], bool]:
    def accepted(value: object) -> bool:
        try:
            kind.convert(value)
        except Mismatch:
            return False
        return True

    return accepted


def edge(accepted: Callable[[object], bool], inside: float, outside: float) -> float:
    """The last number accepted on the way from one that is to one that isn't."""
    while (middle := (inside + outside) / 2) not in (inside, outside):
        inside, outside = (middle, outside) if accepted(middle) else (inside, middle)
    return inside


def ends(kind: Kind) -> Iterator[int | float]:
    """The smallest and largest numbers that a kind accepts."""
    accepted = accepts(kind)
    whole = [number for number in range(-4, MOST + 1) if accepted(number)]
    if accepted(0.5):
        yield edge(accepted, 0.5, 1e39)
        yield (
            0.0
            if accepted(0.0) and not accepted(-0.5)
            else edge(accepted, 0.5, -1e39 if accepted(-0.5) else 0.0)
        )
        yield from (number for number in (0.0, -1.0) if accepted(number))
    elif whole:
        yield whole[0]
        if whole[-1] < MOST:
            yield whole[-1]


def at_the_ends(case: Case) -> Iterator[tuple[str, int | float, Op]]:
    """The case with each argument at each end, where that is a case still."""
    for item in signature(type(case.op)):
        if (case.op.name, item.name) in NO_SAMPLE:
            continue
        for end in dict.fromkeys(ends(item.kind)):
            try:
                op = replace(case.op, **{item.name: item.kind.convert(end)})
                op.infer(case.inputs)
            except Rejection:
                continue
            yield item.name, end, op


def cases_at_the_ends(operator: type[Op]) -> Iterator[tuple[Case, str, int | float, Op]]:
    """Each end of each argument once, in the first case that is one still with it."""
    tried: set[tuple[str, int | float]] = set()
    for case in operator.cases():
        for name, end, op in at_the_ends(case):
            if (name, end) not in tried:
                tried.add((name, end))
                yield case, name, end, op


OPERATORS = [op for op in all_operators() if op not in UNSUPPORTED]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda op: op.name)
def test_runtimes_take_the_ends(operator: type[Op], tmp_path: Path) -> None:
    for case, name, end, op in cases_at_the_ends(operator):
        program = program_of(op, case.inputs, {})
        weights = random_weights(program)
        path = tmp_path / "a.onnx"
        export(program, path, weights=weights)
        values = samples(replace(case, op=op), 2)
        found = run(path, {f"x{index}": value.numpy() for index, value in enumerate(values)})
        try:
            wanted = expected(op, case.inputs, weights, values)
        except (IndexError, RuntimeError):
            continue  # regions of boxes that no index reaches
        for one, other in zip(found, wanted, strict=True):
            told = f"{operator.name}({name}={end})"
            torch.testing.assert_close(
                torch.from_numpy(one),
                other.detach(),
                rtol=1e-3,
                atol=1e-5,
                equal_nan=True,
                msg=told,
            )


def test_the_ends_are_those_of_the_kinds() -> None:
    found = {
        (op.name, item.name): tuple(dict.fromkeys(ends(item.kind)))
        for op in OPERATORS
        for item in signature(op)
    }
    assert found["dropout", "p"] == (1.0, 0.0)
    assert found["batch_norm", "eps"][0] == pytest.approx(1.0)
    assert 0 < found["batch_norm", "eps"][1] < 1e-45
    assert found["local_response_norm", "size"] == (1,)
    assert found["local_response_norm", "beta"][0] == np.finfo(np.float32).max
    assert found["local_response_norm", "alpha"][1] == 0.0
    assert sum(map(len, found.values())) > 120


@pytest.mark.parametrize("value", ["1e39", "-1e39"])
def test_numbers_beyond_single_precision_are_refused(value: str, tmp_path: Path) -> None:
    spec = tmp_path / "a.net"
    spec.write_text(f"net a {{\n    input x: [3, 8, 8]\n    leaky_relu({value})\n}}\n")
    with pytest.raises(NetlangError, match="infinite in single precision"):
        load_program(str(spec))


def test_response_norm_without_squares(tmp_path: Path) -> None:
    program = load_program(str(HERE / "response_alpha.net"))
    x = torch.randn(2, 3, 8, 8)
    path = export(program, tmp_path / "a.onnx").path
    (found,) = run(path, {"x": x.numpy()})
    np.testing.assert_array_equal(found, x.numpy())


@pytest.mark.parametrize(
    "step",
    ["l2_normalize", "l2_normalize(eps=1e-9)", "switchable_norm(eps=1e-9)",
     "frozen_batch_norm(eps=1e-9)", "bn(eps=1e-9)", "layer_norm(eps=1e-9)",
     "instance_norm(eps=1e-9)", "group_norm(2, eps=1e-9)",
     "conv(2, 1, standardize=true, eps=1e-9)"],
)  # fmt: skip
def test_epsilons_survive_in_float16(step: str, tmp_path: Path) -> None:
    """Zeros stay finite in both runtimes: an epsilon below the type's numbers is its least."""
    spec = tmp_path / "a.net"
    spec.write_text(f"net a {{\n    input x: float16[6, 3]\n    {step}\n}}\n")
    net = netlang.load(spec)
    x = torch.zeros(2, 6, 3, dtype=torch.float16)
    wanted = net.torch(seed=0).eval()(x).detach()
    assert torch.isfinite(wanted).all()
    (found,) = run(net.onnx(tmp_path / "a.onnx", seed=0), {"x": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), wanted, rtol=1e-2, atol=1e-2)


def test_a_vector_of_the_smallest_numbers_has_length_one() -> None:
    program = load_program(str(HERE / "half_eps.net"))
    module = netlang.load(HERE / "half_eps.net").torch()
    x = torch.zeros(1, 6, 3, dtype=torch.float16)
    x[0, 2] = 2.0**-24
    found = module(x)
    assert program.floats.value == "float16"
    assert torch.equal(found[0, 2], torch.ones(3, dtype=torch.float16))


# Numbers that PyTorch and ONNX Runtime compute with in more digits, or compare with.
WIDE = {
    ("conv", "eps"), ("leaky_relu", "negative_slope"), ("elu", "alpha"), ("softplus", "threshold"),
    ("local_response_norm", "alpha"), ("local_response_norm", "beta"),
    ("local_response_norm", "k"), ("roi_pool", "scale"), ("roi_align", "scale"),
    ("attention", "scale"),
}  # fmt: skip
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


def test_numbers_beyond_float16_are_refused_unless_they_are_never_in_it() -> None:
    """A new operator has to say which of its arguments become numbers of its type."""
    for op in all_operators():
        for argument in signature(op):
            accepted = accepts(argument.kind)
            if (accepted(0.5) and accepted(1e6)) or accepted((1e6,)):
                wide = (op.name, argument.name) in WIDE or op.name in COMPARISONS
                assert wide != (argument.name in op.in_its_type), (op.name, argument.name)


def codes_of(text: str) -> set[str]:
    try:
        netlang.loads(text)
    except NetlangError as error:
        return {each.code for each in error.diagnostics}
    return set()


@pytest.mark.parametrize(
    "step",
    ["l2_normalize(eps={})", "clamp(max={})",
     "clamp(min=-{})", "pad(1, value={})", "scale({})", "scale(1, offset={})",
     "pow({})", "softplus(beta={})", "heaviside({})", "prelu(init=-{})", "elu({})",
     "leaky_relu({})", "less({})",
     *(f"add {{{{ identity; {each} }}}}" for each in (
         "full([1], {})", "constant([-{}])", "parameter([1], init={})", "linspace(0, {}, 8)"))],
)  # fmt: skip
def test_the_largest_number_of_float16_runs(step: str, tmp_path: Path) -> None:
    """Zeros are computed alike by both runtimes; one more in size is refused or runs as well."""
    for number in (65_504, 1e6):
        text = f"net a {{ input x: float16[2, 8, 8]; {step.format(number)} }}"
        if number > 65_504 and codes_of(text) == {"E0305"}:
            continue
        net = netlang.loads(text)
        x = torch.zeros(1, 2, 8, 8, dtype=torch.float16)
        wanted = net.torch(seed=0).eval()(x).detach()
        (found,) = run(net.onnx(tmp_path / "a.onnx", seed=0), {"x": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), wanted)
