"""Grad-CAM, saliency and occlusion beside the same by hand."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.backends.classified import ClassOutput, DecisionOutput
from netlang.backends.torch.look.choice import last_map
from netlang.backends.torch.look.class_scores import ClassScores
from netlang.backends.torch.look.subject import ExampleSeen, Subject
from netlang.backends.torch.look.views.grad_cam import grad_cam
from netlang.backends.torch.look.views.occlusion import occlusion, patches
from netlang.backends.torch.look.views.saliency import saliency
from tests.torch.look.support import BODY, subject_of

SIGNAL = """\
    input x: [40]
    reshape([1, 40]) -> conv1: conv(5, 5, stride=2) -> relu1: relu
    flatten -> fc: linear(10)
"""


def by_hand(subject: Subject, x: Tensor) -> tuple[Tensor, Tensor]:
    """The value of `relu2` and the logits of the net of `BODY`."""
    w = subject.weights
    x = F.relu(F.conv2d(x, w["conv1.weight"], w["conv1.bias"], padding=1))
    maps = F.relu(F.conv2d(F.max_pool2d(x, 2), w["conv2.weight"], w["conv2.bias"], padding=1))
    return maps, F.linear(maps.flatten(1), w["fc.weight"], w["fc.bias"])


def test_grad_cam(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, example=5)
    x = subject.example.inputs[0]
    maps, logits = by_hand(subject, x.clone().requires_grad_())
    step, bright = last_map(subject), 0
    assert step.node.path == "relu2"
    for target in range(10):
        (gradient,) = torch.autograd.grad(logits[0, target], maps, retain_graph=True)
        weights = gradient[0].mean((1, 2))
        wanted = F.relu((weights[:, None, None] * maps[0]).sum(0))
        bright += bool(wanted.any())
        torch.testing.assert_close(grad_cam(subject, step, target), wanted.detach())
    assert bright > 3


def test_grad_cam_of_another_step(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, steps=("conv1",))
    w, x = subject.weights, subject.example.inputs[0]
    made = F.conv2d(x, w["conv1.weight"], w["conv1.bias"], padding=1).requires_grad_()
    maps = F.conv2d(F.max_pool2d(F.relu(made), 2), w["conv2.weight"], w["conv2.bias"], padding=1)
    logits = F.linear(F.relu(maps).flatten(1), w["fc.weight"], w["fc.bias"])
    (gradient,) = torch.autograd.grad(logits[0, 2], made)
    wanted = torch.einsum("c,chw->hw", gradient[0].mean((1, 2)), made[0]).relu()
    torch.testing.assert_close(grad_cam(subject, last_map(subject), 2), wanted.detach())


def test_saliency(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, BODY, "normalize: standardize", example=2)
    x = subject.example.inputs[0].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(by_hand(subject, x)[1][0, 4], x)
    torch.testing.assert_close(saliency(subject, 4), gradient[0].abs().amax(0))


def test_saliency_of_a_vector(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, SIGNAL, "data: mnist1d", image=Path("none"))
    w = subject.weights
    x = torch.randn(1, 40, generator=torch.Generator().manual_seed(1)).requires_grad_()
    subject.example = ExampleSeen((x.detach(),), x.detach(), "a signal")
    maps = F.relu(F.conv1d(x[:, None], w["conv1.weight"], w["conv1.bias"], stride=2))
    logits = F.linear(maps.flatten(1), w["fc.weight"], w["fc.bias"])
    (gradient,) = torch.autograd.grad(logits[0, 1], x)
    torch.testing.assert_close(saliency(subject, 1), gradient[0].abs())


def test_occlusion(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, example=1)
    x = subject.example.inputs[0]
    assert patches(x.shape[2:]) == ((3, 3), (1, 1))
    before = by_hand(subject, x)[1].softmax(1)[0, 3]
    total, count = torch.zeros(8, 8), torch.zeros(8, 8)
    for top in (0, 2, 4, 5):
        for left in (0, 2, 4, 5):
            hidden = x.clone()
            hidden[:, :, top : top + 3, left : left + 3] = x.mean()
            loss = before - by_hand(subject, hidden)[1].softmax(1)[0, 3]
            total[top : top + 3, left : left + 3] += loss
            count[top : top + 3, left : left + 3] += 1
    found = occlusion(subject, 3, (3, 3), (2, 2))
    torch.testing.assert_close(found, total / count, atol=1e-6, rtol=1e-4)


def test_a_decision_has_two_classes() -> None:
    values = torch.tensor([[0.2], [-3.0]])
    logits = ClassScores(DecisionOutput("out", is_logit=True, single=True), ("no", "yes"))
    torch.testing.assert_close(
        logits.scores({"out": values}), torch.tensor([[-0.2, 0.2], [3.0, -3.0]])
    )
    share = values.sigmoid().flatten()
    both = torch.stack([1 - share, share], 1)
    torch.testing.assert_close(logits.shares({"out": values}), both)
    decided = ClassScores(DecisionOutput("out", is_logit=False, single=True), ())
    torch.testing.assert_close(decided.shares({"out": values.sigmoid()}), both)


def test_scores_of_places_count_by_their_mean() -> None:
    values = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    found = ClassScores(ClassOutput("out", 3), ())
    assert found.named(2) == "2"
    torch.testing.assert_close(found.scores({"out": values}), values.mean((2, 3)))
    torch.testing.assert_close(found.shares({"out": values}), values.softmax(1).mean((2, 3)))
