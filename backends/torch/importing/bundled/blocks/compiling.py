"""Compiles calls of blocks, each by itself, with a limit for all those of an import."""

from __future__ import annotations

from typing import final

from netlang.backends.torch.importing.bundled.blocks.forms import Forms, NormalForm
from netlang.diagnostics.errors import NetlangError
from netlang.elaborate import elaborate_target, resolve_text
from netlang.ir.length import Lengths, distinct_steps
from netlang.ir.program import Program
from netlang.modules.library import Library
from netlang.records import Draft, Record, field

__all__ = ["BlockCall", "CallCompiler"]

# What a call costs that ends with an error, in steps.
_FAILED = 10


@final
class BlockCall(Record):
    """A call of a block, the lines that define or import it, and the type that it is given."""

    definitions: str
    call: str
    given: str

    def spec(self) -> str:
        """A net of this call."""
        body = f"    input given: {self.given}\n\n    {self.call}\n"
        return f"{self.definitions}\n\nnet alone {{\n{body}}}\n"


@final
class CallCompiler(Draft, eq=False):
    """Compiles each call once, and each file of the library that they import.

    `left` is how many steps may still be compiled.
    """

    left: int
    forms: Forms = field(default_factory=Forms)
    library: Library = field(default_factory=Library)
    known: dict[BlockCall, tuple[int, Program | NormalForm] | None] = field(default_factory=dict)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be compiled."""
        return self.left <= 0

    def take(self, steps: int) -> None:
        """Count steps that were compiled."""
        self.left -= steps

    def form(self, call: BlockCall, most: int) -> NormalForm | None:
        """The normal form of a call; None if there is an error, or if it has over `most` steps.

        The steps of a longer one aren't written out: a block may repeat them as often as it likes.
        """
        if call not in self.known:
            self.known[call] = self._compiled(call)
        known = self.known[call]
        if known is None or known[0] > most:
            return None
        steps, found = known
        if isinstance(found, Program):
            found = self.forms.of(found)
            self.known[call] = steps, found
        return found

    def _compiled(self, call: BlockCall) -> tuple[int, Program] | None:
        try:
            program = elaborate_target(resolve_text(call.spec(), library=self.library))
        except NetlangError:
            self.take(_FAILED)
            return None
        self.take(distinct_steps(program.net))
        return Lengths().steps(program.net), program
