"""One emitted class, built with other arguments and compared with what the compiler gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from netlang.backends.torch.emit.arguments.constructors import Constructor
from netlang.backends.torch.emit.arguments.formulas import Environment, Given, Variable, value_of
from netlang.backends.torch.emit.arguments.rows import environment_of, rows_of
from netlang.diagnostics.errors import NetlangError
from netlang.ir.dims import evaluate
from netlang.ir.numbers.provenance import InputOrigin, ParameterOrigin
from netlang.ir.program import Function, Program
from netlang.ir.types import TensorType
from netlang.records import replace
from tests.campaigns.classes.drawn import changed_argument, drawn, passed, untraced
from tests.campaigns.precision import tensor_of
from tests.campaigns.subject import inputs_of, named_outputs, subject

__all__ = ["COUNTED", "Probe"]

_MOST_ELEMENTS = 4_000_000

COUNTED = (
    "compared", "refused", "not meant for it", "no such parameter", "large", "no kernel",
    "other floats",
)  # fmt: skip


@dataclass
class Probe:
    """A class, tried with other arguments; `compiled` gives its block alone with them."""

    program: Program
    constructor: Constructor
    made: type[nn.Module]
    sample: Function
    compiled: Callable[[Mapping[str, object], tuple[TensorType, ...]], Program]

    def outcomes(self, random: Random, tries: int) -> list[str]:
        """What came of each of so many draws; one outcome where there is nothing to draw."""
        before = environment_of(self.sample, rows_of(self.constructor.variant))
        if any(argument.variable not in before for argument in self.constructor.arguments):
            return ["no such parameter"]
        return [self._tried(before, random) for _ in range(tries)]

    def _tried(self, before: Environment, random: Random) -> str:
        """What came of one draw."""
        new = drawn(self.constructor, before, random)
        arguments, types = self._applied(new)
        given = passed(self.constructor, arguments, tuple(each.shape for each in types))
        if given is None:
            return "no such parameter"
        try:
            program = self.compiled(arguments, types)
        except (NetlangError, KeyError):
            return "refused"
        environment: Environment = {**before, **new}
        if not self._holds(environment):
            return "not meant for it"
        if program.floats is not self.program.floats:
            return "other floats"  # the block reads none: those that it makes are of its net's type
        return self._compared(program, given)

    def _applied(
        self, new: Mapping[Variable, Given]
    ) -> tuple[dict[str, object], tuple[TensorType, ...]]:
        """The block's arguments and the types of its inputs with the new values."""
        at = {**self.program.defaults, "N": 2}
        arguments = {name: untraced(each, at) for name, each in self.sample.arguments.items()}
        shapes = [[evaluate(s, at) for s in port.type.shape] for port in self.sample.inputs]
        for variable, value in new.items():
            if isinstance(variable, InputOrigin) and isinstance(value, int):
                shapes[variable.index][variable.axis] = value
            elif isinstance(variable, ParameterOrigin):
                known = variable.name.partition(".")[0] in arguments
                arguments = (
                    changed_argument(arguments, variable.name, value) if known else arguments
                )
        types = (
            replace(port.type, shape=tuple(shape))
            for port, shape in zip(self.sample.inputs, shapes, strict=True)
        )
        return arguments, tuple(types)

    def _holds(self, environment: Environment) -> bool:
        holds = self.constructor.holds
        return not holds or any(
            all(value_of(each, environment) for each in all_of) for all_of in holds
        )

    def _deployed(self, values: list[torch.Tensor]) -> list[torch.Tensor]:
        """Those of a block's outputs that the deployed net has, from all of them."""
        outputs = self.sample.outputs
        if len(values) != len(outputs):
            return values
        return [v for v, each in zip(values, outputs, strict=True) if not each.auxiliary]

    def _compared(self, program: Program, given: Mapping[str, Given]) -> str:
        """What differs between the class and the block alone."""
        if sum(evaluate(t.elements, {**program.defaults, "N": 2}) for n in program.net.nodes
               for t in n.types) > _MOST_ELEMENTS:  # fmt: skip
            return "large"
        wanted = subject(program)
        if sum(value.size for value in wanted.weights.values()) > _MOST_ELEMENTS:
            return "large"
        told = ", ".join(f"{name}={value}" for name, value in given.items())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                held = wanted.module.state_dict().values()
                floats = {v.dtype for v in held if v.is_floating_point()}
                module = self.made(**given).eval()
                module = module.to(floats.pop()) if len(floats) == 1 else module
        except Exception as error:
            return f"({told}) raises {error}"
        state = {k.removeprefix("unit."): v for k, v in wanted.module.state_dict().items()}
        own = module.state_dict()
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in state.items()}:
            return f"({told}) has other weights"
        module.load_state_dict(state)
        feeds = inputs_of(program)
        expected = _expected(wanted.module, feeds)
        if isinstance(expected, str):
            return expected
        # The class of a block gives auxiliary outputs as well.
        found = self._deployed(_run(module, feeds))
        if len(found) != len(expected):
            return f"({told}) has {len(found)} outputs instead of {len(expected)}"
        for mine, other in zip(found, expected, strict=True):
            if mine.shape != other.shape or not torch.allclose(
                mine.double(), other.double(), equal_nan=True
            ):
                return f"({told}) has other values"
        return "compared"


def _expected(
    module: nn.Module, feeds: Mapping[str, NDArray[np.generic]]
) -> list[torch.Tensor] | str:
    """What the compiled block gives, or why PyTorch can't say."""
    try:
        return _run(module, feeds)
    except NotImplementedError as error:
        # PyTorch has no kernels for some operators in half precision on a processor.
        if "not implemented for 'Half'" not in str(error):
            raise
        return "no kernel"
    except RuntimeError as error:
        # Indices of a larger map, which no type tells: the block can't run on these sizes.
        if "invalid max index" not in str(error):
            raise
        return "refused"


def _run(module: nn.Module, feeds: Mapping[str, NDArray[np.generic]]) -> list[torch.Tensor]:
    torch.manual_seed(0)
    with torch.no_grad():
        return named_outputs(module(*map(tensor_of, feeds.values())))
