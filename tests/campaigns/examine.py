"""One spec examined: everything that `agree` claims of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.campaigns.facts import facts_differ
from tests.campaigns.failure import Failure, of_exception
from tests.campaigns.subject import Spec, load, subject
from tests.campaigns.values import Verdict, values_differ
from tests.campaigns.walk import Applied, applied

__all__ = ["Examined", "examine"]


@dataclass(frozen=True)
class Examined:
    """A verdict, the operators that it is about, and the names of the module's tensors."""

    verdict: Verdict
    steps: tuple[Applied, ...] = ()
    keys: frozenset[str] = frozenset()

    @property
    def failure(self) -> Failure | None:
        return self.verdict.failure


def examine(spec: Spec, seed: int = 0) -> Examined:
    """Compile a spec and hold it against torch and ONNX; an unexpected error is a failure too."""
    stage = "compile"
    steps: tuple[Applied, ...] = ()
    try:
        program = load(spec)
        steps, stage = applied(program), "build"
        made, stage = subject(program, seed), "values"
        verdict = values_differ(made, steps, seed, spec.opset)
        if verdict.failure:
            return Examined(verdict, steps)
        stage = "facts"
        wrong = facts_differ(program, made.module, steps)
    except Exception as error:
        return Examined(Verdict(of_exception(error, stage)), steps)
    return Examined(replace(verdict, failure=wrong), steps, frozenset(made.module.state_dict()))
