"""Losses against PyTorch's, torchvision's formula and closed forms; and what they read as text."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netlang.backends.torch import build
from netlang.backends.torch.data.fit import require_fit
from netlang.backends.torch.data.sets import Batch, Parts, Tensors
from netlang.backends.torch.recipes.code import Named, invocations_in
from netlang.backends.torch.recipes.losses import Side, lower_loss, lower_operand
from netlang.backends.torch.recipes.terms import lowered_terms, total
from netlang.backends.torch.runtime import kinds, losses
from netlang.backends.torch.train.objective import Objective
from netlang.diagnostics.errors import NetlangError
from netlang.ir.types import DType, TensorType
from netlang.recipes.words.losses import (
    ALL,
    L1,
    BinaryCrossEntropy,
    BinaryCrossEntropyWithLogits,
    CrossEntropy,
    Dice,
    Expression,
    Focal,
    Hinge,
    Kl,
    KlNormal,
    L1Penalty,
    L2Penalty,
    LossFunction,
    Mse,
    SmoothL1,
)
from tests.train.support import sketch


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def side(name: str, value: Tensor) -> Side:
    kinds = {torch.int64: DType.INT64, torch.float64: DType.FLOAT64}
    return Side(
        Named(name), TensorType(tuple(value.shape[1:]), kinds.get(value.dtype, DType.FLOAT32))
    )


def compare(function: LossFunction, *given: Tensor, known: bool = True) -> Tensor:
    """The loss of values; its text, executed, must give the same."""
    values = dict(zip(("left", "right"), given, strict=False))
    code = lower_loss(
        function, *(side(n, v) if known else Side(Named(n)) for n, v in values.items())
    )
    found: Tensor = code.evaluate(values)
    assert torch.equal(found, eval(code.source({}), namespace() | values))
    return found


def namespace() -> dict[str, Any]:
    """What a script has: PyTorch, and the functions of the runtime by their texts."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor}
    for module in (kinds, losses):
        for name in module.__all__:
            exec(inspect.getsource(getattr(module, name)), names)
    return names


A, B = normal(1, 5, 3, 4), normal(2, 5, 3, 4)
P, T = A.sigmoid(), B.sigmoid()
LOGITS, LABEL = normal(3, 6, 10), torch.arange(6) % 10
WEIGHTS = tuple(0.5 + 0.1 * k for k in range(10))

# The mean over the 5 examples of a sum over the elements of each.
CASES: list[tuple[LossFunction, tuple[Tensor, ...], Tensor]] = [
    (Mse(), (A, B), F.mse_loss(A, B)),
    (Mse(reduction="sum"), (A, B), F.mse_loss(A, B, reduction="sum") / 5),
    (L1(), (A, B), F.l1_loss(A, B)),
    (L1(reduction="sum"), (A, B), F.l1_loss(A, B, reduction="sum") / 5),
    (SmoothL1(), (A, B), nn.SmoothL1Loss()(A, B)),
    (
        SmoothL1(beta=0.3, reduction="sum"),
        (A, B),
        nn.SmoothL1Loss(reduction="sum", beta=0.3)(A, B) / 5,
    ),
    (BinaryCrossEntropy(), (P, T), F.binary_cross_entropy(P, T, reduction="sum") / 5),
    (BinaryCrossEntropy(reduction="mean"), (P, T), nn.BCELoss()(P, T)),
    (
        BinaryCrossEntropyWithLogits(reduction="mean"),
        (A, T),
        nn.BCEWithLogitsLoss()(A, T),
    ),
    (
        BinaryCrossEntropyWithLogits(),
        (A, T),
        F.binary_cross_entropy(P, T, reduction="sum") / 5,
    ),
    (
        BinaryCrossEntropyWithLogits(pos_weight=3.0, reduction="mean"),
        (A, T),
        nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))(A, T),
    ),
    (
        BinaryCrossEntropyWithLogits(pos_weight=(1.0, 2.0, 3.0)),
        (A, T),
        nn.BCEWithLogitsLoss(reduction="sum", pos_weight=torch.tensor([1.0, 2.0, 3.0]).view(3, 1))(
            A, T
        )
        / 5,
    ),
    (CrossEntropy(), (LOGITS, LABEL), nn.CrossEntropyLoss()(LOGITS, LABEL)),
    (
        CrossEntropy(weights=WEIGHTS, label_smoothing=0.1),
        (LOGITS, LABEL),
        nn.CrossEntropyLoss(weight=torch.tensor(WEIGHTS), label_smoothing=0.1, reduction="sum")(
            LOGITS, LABEL
        )
        / 6,
    ),
    (Hinge(), (LOGITS, LABEL), nn.MultiMarginLoss()(LOGITS, LABEL)),
    (Hinge(power=2, margin=0.5), (LOGITS, LABEL), nn.MultiMarginLoss(2, 0.5)(LOGITS, LABEL)),
    (
        Kl(),
        (LOGITS, normal(4, 6, 10).softmax(1)),
        nn.KLDivLoss(reduction="batchmean")(LOGITS.log_softmax(1), normal(4, 6, 10).softmax(1)),
    ),
    (Expression(), (A,), A.mean()),
    (Expression(reduction="sum"), (A,), A.sum() / 5),
]


@pytest.mark.parametrize(
    ("function", "given", "expected"), CASES, ids=[str(case[0]) for case in CASES]
)
def test_losses_of_torch(
    function: LossFunction, given: tuple[Tensor, ...], expected: Tensor
) -> None:
    torch.testing.assert_close(compare(function, *given), expected)
    torch.testing.assert_close(compare(function, *given, known=False), expected)


def test_every_loss_is_tried() -> None:
    others = {KlNormal, Focal, Dice, L1Penalty, L2Penalty}
    assert {type(case[0]) for case in CASES} | others == set(ALL)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("positions", [(), (6, 7)])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_cross_entropy(
    smoothing: float, positions: tuple[int, ...], weights: tuple[float, ...] | None
) -> None:
    logits = normal(3, 5, 10, *positions)
    label = torch.arange(5 * max(1, 42 * bool(positions))).reshape(5, *positions) % 10
    weight = None if weights is None else torch.tensor(weights)
    each = nn.CrossEntropyLoss(weight, reduction="none", label_smoothing=smoothing)(logits, label)
    function = CrossEntropy(label_smoothing=smoothing, weights=weights)
    torch.testing.assert_close(compare(function, logits, label), each.mean())


def test_cross_entropy_of_probabilities() -> None:
    target = normal(5, 6, 10).softmax(1)
    expected = nn.CrossEntropyLoss(label_smoothing=0.1)(LOGITS, target)
    found = compare(CrossEntropy(label_smoothing=0.1), LOGITS, target)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    "function", [Hinge(over="worst"), Hinge(over="worst", power=2, margin=2.0)]
)
def test_hinge_of_the_worst_class(function: Hinge) -> None:
    expected = 0.0
    for scores, label in zip(LOGITS.tolist(), LABEL.tolist(), strict=True):
        worst = max(score for k, score in enumerate(scores) if k != label)
        expected += max(0.0, function.margin - scores[label] + worst) ** function.power / 6
    assert compare(function, LOGITS, LABEL).item() == pytest.approx(expected, rel=1e-5)


def test_kl_normal_is_torchs_divergence() -> None:
    from torch.distributions import Normal, kl_divergence

    mean, logvar = normal(4, 5, 20), normal(5, 5, 20)
    each = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(compare(KlNormal(), mean, logvar), each.sum(1).mean())
    torch.testing.assert_close(compare(KlNormal(reduction="mean"), mean, logvar), each.mean())


def sigmoid_focal_loss(x: Tensor, t: Tensor, alpha: float, gamma: float) -> Tensor:
    """As torchvision.ops has it."""
    p = torch.sigmoid(x)
    ce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    p_t = p * t + (1 - p) * (1 - t)
    return (alpha * t + (1 - alpha) * (1 - t)) * ce * (1 - p_t) ** gamma


def test_focal() -> None:
    target = (T > 0.5).float()
    each = sigmoid_focal_loss(A, target, 0.3, 1.5)
    found = compare(Focal(alpha=0.3, gamma=1.5), A, target)
    torch.testing.assert_close(found, each.sum() / 5)
    mean = compare(Focal(alpha=0.3, gamma=1.5, reduction="mean"), A, target)
    torch.testing.assert_close(mean, each.mean())


def test_focal_of_classes() -> None:
    hot = F.one_hot(LABEL, 10).float()
    expected = sigmoid_focal_loss(LOGITS, hot, 0.25, 2.0).sum() / 6
    torch.testing.assert_close(compare(Focal(), LOGITS, LABEL), expected)
    dense, places = normal(6, 2, 3, 4, 5), torch.arange(40).reshape(2, 4, 5) % 3
    hot = F.one_hot(places, 3).permute(0, 3, 1, 2).float()
    expected = sigmoid_focal_loss(dense, hot, 0.25, 2.0).sum() / 2
    torch.testing.assert_close(compare(Focal(), dense, places), expected)


def test_dice() -> None:
    mask = (T > 0.5).float()
    expected = 0.0
    for p, t in zip(P.flatten(0, 1), mask.flatten(0, 1), strict=True):
        expected += 1 - (2 * (p * t).sum().item() + 0.5) / (p.sum() + t.sum() + 0.5).item()
    assert compare(Dice(smooth=0.5), P, mask).item() == pytest.approx(expected / 15, rel=1e-5)


def test_dice_of_classes_and_of_one() -> None:
    probabilities, places = normal(7, 2, 3, 4, 5).softmax(1), torch.arange(40).reshape(2, 4, 5) % 3
    hot = F.one_hot(places, 3).permute(0, 3, 1, 2).float()
    found = compare(Dice(), probabilities, places)
    torch.testing.assert_close(found, compare(Dice(), probabilities, hot))
    one, mask = probabilities[:, :1], places % 2
    found = compare(Dice(), one, mask)
    torch.testing.assert_close(found, compare(Dice(), one, mask[:, None].float()))
    flat = probabilities.flatten(1)
    assert 0.0 < compare(Dice(), flat, (flat > 0.3).float()).item() < 1.0


def test_targets_are_fitted_to_predictions() -> None:
    """A class number or a number without an axis beside a prediction with one of length 1."""
    score, label = normal(8, 5, 1), torch.tensor([0, 1, 1, 0, 1])
    expected = nn.BCEWithLogitsLoss()(score[:, 0], label.float())
    function = BinaryCrossEntropyWithLogits(reduction="mean")
    torch.testing.assert_close(compare(function, score, label), expected)
    torch.testing.assert_close(compare(function, score, label, known=False), expected)
    double = score.double()
    assert compare(Mse(), double, label).dtype is torch.float64


# --- penalties ------------------------------------------------------------------------------------

BODY = """    input x: [40]
    body: linear(8) -> relu -> layer_norm
    auxiliary early: linear(10)
    output logits: linear(10)"""


def penalty(expression: str, **values: Tensor) -> tuple[nn.Module, Tensor]:
    recipe, program = sketch(BODY, f"loss: cross_entropy(logits, label) + {expression}")
    model, objective = build(program), Objective(recipe, program)
    batch = Batch((normal(9, 4, 40),), {"label": torch.arange(4)})
    found = objective.values(model.train(), batch)
    plain = F.cross_entropy(found["logits"], found["label"])
    scores = objective.values(model.eval(), batch)
    torch.testing.assert_close(
        objective.loss(scores), F.cross_entropy(scores["logits"], scores["label"])
    )
    return model, objective.loss(found) - plain


@pytest.mark.parametrize(
    ("written", "counted"),
    [
        ("l1_penalty", ("body.weight", "early.weight", "logits.weight")),
        ("l1_penalty(spare=[norms])", ("body", "early", "logits")),
        ("l1_penalty(spare=none)", ("",)),
        ('l1_penalty(below=["logits", "body"])', ("body.weight", "logits.weight")),
    ],
)
def test_which_weights_are_penalised(written: str, counted: tuple[str, ...]) -> None:
    model, found = penalty(f"0.5 * {written}")
    expected = sum(
        weight.abs().sum()
        for name, weight in model.named_parameters()
        if any(name.startswith(each) for each in counted)
    )
    torch.testing.assert_close(found, 0.5 * expected)


def test_half_the_sum_of_squares_is_weight_decay() -> None:
    """One step with the penalty in the loss, one with PyTorch's weight decay."""
    model, found = penalty("0.1 * l2_penalty(spare=none)")
    gradients = torch.autograd.grad(found, list(model.parameters()), allow_unused=True)
    for weight, gradient in zip(model.parameters(), gradients, strict=True):
        assert gradient is not None
        torch.testing.assert_close(gradient, 0.1 * weight, atol=1e-6, rtol=1e-4)


# --- sums and expressions -------------------------------------------------------------------------


def test_auxiliary_terms_count_in_training_only() -> None:
    both = "cross_entropy(logits, label) + 0.3 * cross_entropy(early, label)"
    recipe, program = sketch(BODY, f"loss: {both}")
    objective = Objective(recipe, program)
    values = {"logits": normal(6, 4, 10), "early": normal(7, 4, 10), "label": torch.arange(4)}
    main = F.cross_entropy(values["logits"], values["label"])
    early = F.cross_entropy(values["early"], values["label"])
    torch.testing.assert_close(objective.loss(values), main + 0.3 * early)
    deployed = {key: value for key, value in values.items() if key != "early"}
    torch.testing.assert_close(objective.loss(deployed), main)


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
    assert code.source({"penalized_2": "weights"}) == (
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
