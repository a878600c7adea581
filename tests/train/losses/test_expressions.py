"""Sums and expressions of losses, what they read as text, and the accuracy that goes with them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.sets import Parts, Tensors
from netlang.backends.torch.recipes.code import invocations_in
from netlang.backends.torch.recipes.losses import lower_operand
from netlang.backends.torch.recipes.terms import lowered_terms, total
from netlang.backends.torch.runtime import losses
from netlang.backends.torch.train.objective import Objective
from netlang.diagnostics.errors import NetlangError
from tests.train.losses.support import BODY, LABEL, LOGITS, namespace, normal
from tests.train.support import sketch

# A loss, and what it is in PyTorch's terms.
EXPRESSIONS = [
    ("mse(exp(code) - 1, target)", "F.mse_loss(code.exp() - 1, target)"),
    ("mse(2 * code / (1 + abs(target)), x)", "F.mse_loss(2 * code / (1 + target.abs()), x)"),
    ("l1(-code**2, target)", "F.l1_loss(-(code ** 2), target)"),
    ("l1((-code)**2, 2 - (code - target))", "F.l1_loss(code ** 2, 2 - code + target)"),
    ("mse(mean(code), mean(target))", "F.mse_loss(code.mean(1), target.mean(1))"),
    ("value(sum(code * target)) / 2", "(code * target).sum(1).mean() / 2"),
    ("value(mean(mean(code)))", "code.mean()"),
    ("mse(sigmoid(code), 1)", "((code.sigmoid() - 1) ** 2).mean()"),
    ("value(log(1 + exp(code)), reduction=sum)", "F.softplus(code).sum() / 4"),
    ("value(softplus(code) + tanh(relu(code)))", "(F.softplus(code) + code.relu().tanh()).mean()"),
    (
        "kl(code / 4, softmax(target / 4))",
        "F.kl_div((code / 4).log_softmax(1), (target / 4).softmax(1), reduction='batchmean')",
    ),
    (
        "mse(sqrt(abs(code)), -1 / 2) - 0.25 * value(log_softmax(code))",
        "((code.abs().sqrt() + 0.5) ** 2).mean() - 0.25 * code.log_softmax(1).mean()",
    ),
    ("mse(code, float(whole) - sqrt(4))", "F.mse_loss(code, whole.float() - 2)"),
]


@pytest.mark.parametrize(("written", "expected"), EXPRESSIONS)
def test_expressions(written: str, expected: str) -> None:
    recipe, program = sketch(
        "    input x: [6]\n    output code: linear(6)",
        'data: arrays("mine", [6], targets=["target", "whole"])',
        f"loss: {written}",
    )
    values = {name: normal(k, 4, 6) for k, name in enumerate(("x", "code", "target"))}
    values["whole"] = torch.arange(24).reshape(4, 6)
    found = Objective(recipe, program).loss(values)
    torch.testing.assert_close(found, eval(expected, {"F": F} | values))
    code = total(lowered_terms(recipe, program))
    assert torch.equal(eval(code.source({}), namespace() | values), found)
    assert eval(code.source({"code": "y"}), namespace() | values | {"y": values["code"]}) == found


def test_the_text_of_a_loss() -> None:
    both = "cross_entropy(logits, label, label_smoothing=0.1) + 0.3 * cross_entropy(early, label)"
    recipe, program = sketch(BODY, f"loss: {both} - l2_penalty")
    code = total(lowered_terms(recipe, program))
    assert code.source({"penalized 2": "weights"}) == (
        "F.cross_entropy(logits, label, label_smoothing=0.1)"
        " + 0.3 * F.cross_entropy(early, label) - l2_penalty(weights)"
    )
    called = {invocation.function for invocation in invocations_in(code)}
    assert called == {F.cross_entropy, losses.l2_penalty}


def test_the_only_target_is_meant() -> None:
    recipe, program = sketch(
        "    input x: [6]\n    output code: linear(3)",
        'data: arrays("mine", [6], targets=["wanted"])',
        "loss: mse",
    )
    values = {"code": normal(1, 4, 3), "wanted": normal(2, 4, 3)}
    found = Objective(recipe, program).loss(values)
    torch.testing.assert_close(found, F.mse_loss(values["code"], values["wanted"]))


@pytest.mark.parametrize(
    ("loss", "targets", "code"),
    [
        ("mse(y, wanted)", {"wanted": normal(1, 4, 2)}, "E0714"),
        ("mse(2 * y, wanted - other)", {"wanted": normal(1, 4), "other": normal(1, 4, 3)}, "E0765"),
        ("cross_entropy(y, wanted)", {"wanted": normal(1, 4, 2)}, "E0714"),
    ],
)
def test_targets_that_dont_fit(loss: str, targets: Mapping[str, Tensor], code: str) -> None:
    """Known when the data are there, and said before the first step."""
    names = ", ".join(f'"{name}"' for name in targets)
    recipe, program = sketch(
        "    input x: [6]\n    output y: linear(3)",
        f'data: arrays("mine", [6], targets=[{names}])',
        f"loss: {loss}",
    )
    parts = Parts(Tensors((normal(2, 4, 6),), targets), None, None, None)
    with pytest.raises(NetlangError) as caught:
        require_fit(recipe, program, parts)
    assert [each.code for each in caught.value.diagnostics] == [code]


# --- accuracy -------------------------------------------------------------------------------------


def hits(loss: str, logits: Tensor, label: Tensor, body: str = "linear(10)") -> float | None:
    recipe, program = sketch(f"    input x: [40]\n    output logits: {body}", f"loss: {loss}")
    objective = Objective(recipe, program)
    found = objective.correct({"logits": logits, "label": label})
    return None if found is None else float(found)


def test_accuracy() -> None:
    expected = int((LOGITS.argmax(1) == LABEL).sum())
    assert hits("cross_entropy", LOGITS, LABEL) == expected
    assert hits("hinge(logits, label)", LOGITS, LABEL) == expected
    assert hits("focal", LOGITS, LABEL) == expected
    assert hits("cross_entropy(2 * logits, label)", LOGITS, LABEL) is None
    assert hits("cross_entropy", LOGITS, F.one_hot(LABEL, 10).float()) == expected


def test_accuracy_of_places_is_their_share() -> None:
    logits, label = normal(4, 6, 10, 8), torch.arange(48).reshape(6, 8) % 10
    share = (logits.argmax(1) == label).float().mean().item()
    assert hits("cross_entropy", logits, label) == pytest.approx(6 * share)


def test_operands_are_lowered_by_their_types() -> None:
    from netlang.recipes.words.operands import Number
    from netlang.source import Source, Span

    number = Number(2.0, Span(Source("x", "2"), 0, 1))
    assert lower_operand(number, {}).code.source({}) == "2.0"
