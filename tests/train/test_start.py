"""What a run imports before its first step: nothing that takes longer than PyTorch itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from netlang.backends.torch.recipes.eager import eager
from tests.quality import ROOT

# The compiler with what it imports, and what pictures, tables and other data sets need.
HEAVY = [
    "torch._dynamo",
    "torch._inductor",
    "sympy",
    "sklearn",
    "scipy",
    "pandas",
    "matplotlib",
    "rich",
]

FIRST_STEP = f"""
import sys

def said(*_):
    print([m for m in {HEAVY} if m in sys.modules])
    sys.exit()

from torch.optim.optimizer import register_optimizer_step_post_hook
register_optimizer_step_post_hook(said)
from netlang.cli import main
main(["train", {str(ROOT / "examples" / "digits.net")!r}])
"""

# What a run does with an optimizer: made, stepped, saved, gone on with.
LIVES = """
import sys
import torch
from netlang.backends.torch.recipes.optimizers import Optimization, lower_optimizer
from netlang.recipes.words.optimizers import ALL, Muon

for kind in ALL:
    if kind is Muon:
        continue
    net = torch.nn.Linear(2, 2)
    optimizer = Optimization(lower_optimizer(kind(lr=0.1), "cpu")).build(net)
    optimizer.zero_grad()
    net(torch.ones(2)).sum().backward()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    print(kind.name, "torch._dynamo" in sys.modules)
"""


def said(code: str, folder: Path) -> list[str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()


def test_digits_reach_their_first_step_without_heavy_packages(tmp_path: Path) -> None:
    assert said(FIRST_STEP, tmp_path)[-1] == "[]"


def test_no_optimizer_imports_the_compiler(tmp_path: Path) -> None:
    lines = said(LIVES, tmp_path)
    assert len(lines) == 8
    assert {line.split()[-1] for line in lines} == {"False"}


def stepped(kind: type[torch.optim.Optimizer]) -> tuple[Tensor, torch.optim.Optimizer]:
    net = nn.Linear(3, 3)
    nn.init.constant_(net.weight, 0.5)
    optimizer = kind(net.parameters(), lr=0.1, momentum=0.9)  # type: ignore[call-arg]  # a class of a table
    calls: list[object] = []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    optimizer.step(lambda: _loss(net))
    assert calls == ["before", "after"]
    return net.weight.detach(), optimizer


def _loss(net: nn.Module) -> float:
    loss: Tensor = net(torch.ones(3)).sum()
    loss.backward()
    return loss.item()


def test_hooks_and_closures_are_kept() -> None:
    theirs, _ = stepped(torch.optim.SGD)
    ours, optimizer = stepped(eager(torch.optim.SGD))
    assert torch.equal(ours, theirs)
    assert isinstance(optimizer, torch.optim.SGD)
    assert type(optimizer).__name__ == "SGD"


def test_a_class_without_guards_is_taken_as_it_is() -> None:
    class Plain(torch.optim.SGD):
        def step(self, closure: object = None) -> None:  # type: ignore[override]  # torch's has an overload
            for group in self.param_groups:
                for weight in group["params"]:
                    weight.sub_(1.0)

    net = nn.Linear(1, 1)
    nn.init.ones_(net.weight)
    eager(Plain)(net.parameters()).step()  # type: ignore[call-arg]  # without defaults
    assert net.weight.item() == 0.0
