"""The value of every step of a net in training, and the gradient of the loss by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from netlang.backends.torch import build
from netlang.backends.torch.data.sets import Batch
from netlang.backends.torch.doctor.patient import Patient
from netlang.backends.torch.runtime.kinds import is_below
from netlang.ir.op import Op
from netlang.ir.program import Node, Output, Ref
from netlang.passes.flat import flattened
from netlang.records import replace

__all__ = ["Probe", "StepSeen"]


@final
@dataclass(frozen=True, eq=False)
class StepSeen:
    """A step of the net with its output on a batch, and the gradient of the loss by that, if any.

    Of the deployed net; where a step of the recipe is looked at, of the net in training, with
    gradients for the weights of that step alone.
    """

    node: Node
    value: Tensor
    gradient: Tensor | None

    @property
    def op(self) -> Op:
        assert isinstance(self.node.callee, Op)
        return self.node.callee


@final
class Probe:
    """The net of a patient with the first output of every step as an output of its own."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        turn = patient.recipe.turn
        flat = flattened(patient.program, training=turn is not None).program
        net = flat.net
        self._nodes = net.nodes
        refs = [Ref(number) for number in range(len(net.nodes))]
        self._ends = [(output.name, output.ref) for output in net.outputs]
        named = tuple(Output(f"value{place}", ref) for place, ref in enumerate(refs))
        # Nodes apart from the net's own outputs too, which may be a further output of a step.
        ends = tuple(Output(f"end{place}", ref) for place, (_, ref) in enumerate(self._ends))
        whole = replace(flat, net=replace(net, outputs=(*named, *ends)))
        self._module = build(whole).to(patient.device)
        if turn is not None:
            for name, each in self._module.named_parameters():
                each.requires_grad_(is_below(name, turn.train))

    def look(self, model: nn.Module, batch: Batch) -> list[StepSeen]:
        """The steps with the weights of a model in training mode, in order.

        The model's running statistics stay as they are.
        """
        patient, module = self._patient, self._module
        weights = model.state_dict()
        module.load_state_dict({key: weights[key] for key in module.state_dict()}, strict=True)
        module.train()
        inputs = patient.objective.followed(batch.inputs)
        types = [port.type.dtype.value for port in patient.program.net.inputs]
        given = [each.to(getattr(torch, kind)) for each, kind in zip(inputs, types, strict=True)]
        made = module(*given)
        values = [made] if isinstance(made, Tensor) else list(made)
        steps, ends = values[: len(self._nodes)], values[len(self._nodes) :]
        gradients = self._gradients(steps, ends, Batch(tuple(inputs), batch.targets))
        return [
            StepSeen(node, value.detach(), gradient)
            for node, value, gradient in zip(self._nodes, steps, gradients, strict=True)
        ]

    def _gradients(
        self, steps: list[Tensor], ends: list[Tensor], batch: Batch
    ) -> list[Tensor | None]:
        names = (port.name for port in self._patient.program.net.inputs)
        values = dict(zip(names, batch.inputs, strict=True)) | dict(batch.targets)
        values |= {name: end for (name, _), end in zip(self._ends, ends, strict=True)}
        loss = self._patient.objective.loss(values)
        reached = [value for value in steps if value.requires_grad]
        if not loss.requires_grad:
            return [None] * len(steps)
        found = iter(torch.autograd.grad(loss, reached, allow_unused=True))
        return [next(found) if value.requires_grad else None for value in steps]
