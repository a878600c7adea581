"""What all bodies of one program share: errors, conditions, elaborated functions, limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import log10

from netlang.diagnostics import language
from netlang.diagnostics.diagnostic import ChainLink, Diagnostic
from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.many import MOST_COUNTED, MoreErrors, Reported
from netlang.elaborate.function.inference import Inference
from netlang.evaluate.literals import LiteralKey, LiteralStep
from netlang.evaluate.work import Work
from netlang.ir.dims import substitute
from netlang.ir.length import Lengths
from netlang.ir.program import Condition, Function, Size
from netlang.ir.types import DType, TensorType, Types
from netlang.records import Draft, Record, field, replace
from netlang.source import Span
from netlang.syntax import ast

__all__ = ["ElaboratedFunction", "ElaborationSession"]

# Steps that loops may add to those written in the text, and statements per character of it.
_LOOPED = 2_500
_PER_CHARACTER = 0.5
# The number of a tensor's elements. Figures multiply it by little more than itself, and Python
# writes numbers of up to 4,300 digits.
_DIGITS = 1_000
_BITS = round(_DIGITS / log10(2))
# The number of a function's steps, by which sums over these grow. It bounds how deep repeats and
# blocks nest together, too: what walks both takes a few of Python's 1,000 frames for each.
_STEP_DIGITS = 50
_MOST_STEPS = 10**_STEP_DIGITS - 1


class ElaboratedFunction(Record):
    """A function, the types of its outputs, and its conditions on sizes."""

    function: Function
    types: Types
    conditions: tuple[Condition, ...]


class ElaborationSession(Draft):
    """The state of elaborating one program."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    failures: int = 0
    """Statements that failed, including those whose error was reported elsewhere."""
    sizes: dict[str, Size] = field(default_factory=dict)
    floats: tuple[DType, Span] | None = None
    """The floating-point type of the net, and the input that declares it."""
    functions: dict[object, ElaboratedFunction | None] = field(default_factory=dict)
    inputs: dict[object, tuple[str, ...] | None] = field(default_factory=dict)
    """The inputs that a block declares by itself, and those that its arguments decide."""
    building: set[object] = field(default_factory=set)
    active: list[ast.BlockDef | ast.NetDef] = field(default_factory=list)
    links: list[ChainLink] = field(default_factory=list)
    literal_steps: dict[LiteralKey, LiteralStep] = field(default_factory=dict)
    inference: Inference = field(default_factory=Inference)
    lengths: Lengths = field(default_factory=Lengths)
    work: Work = field(default_factory=Work)
    limit: int = _LOOPED
    steps: int = 0
    _trips: list[int] = field(default_factory=list)
    _reported: Reported = field(default_factory=Reported)

    @classmethod
    def for_text(cls, text: str) -> ElaborationSession:
        """The session for a net in `text`: a long text may have many steps, loops only so many."""
        steps = _LOOPED + int(len(text) * _PER_CHARACTER)
        return cls(limit=steps, work=Work.for_text(text))

    @property
    def precision(self) -> DType:
        """The floating-point type in which the net computes."""
        return self.floats[0] if self.floats else DType.FLOAT32

    @property
    def chain(self) -> tuple[ChainLink, ...]:
        """The instantiations that led here, innermost first."""
        return tuple(reversed(self.links))

    def report(self, error: NetlangError, *, mended: bool = False) -> None:
        """Record the diagnostics of an error, with the chain that led to it.

        If the step is `mended`, the function around it is known all the same. Raises `Abort` when
        there are very many.
        """
        self.failures += not mended
        for diagnostic in error.diagnostics:
            chained = diagnostic if diagnostic.chain else replace(diagnostic, chain=self.chain)
            if self._reported.is_new(chained, chained.chain):
                self.diagnostics.append(chained)
        if len(self.diagnostics) > MOST_COUNTED and not isinstance(error, Abort):
            raise Abort(MoreErrors.unseen())

    def at_defaults(self, type_: TensorType) -> TensorType:
        """A type with the default sizes in place of the symbols, for messages."""
        sizes = {name: size.default for name, size in self.sizes.items()}
        return type_.with_shape(*(substitute(size, sizes) for size in type_.shape))

    def refuse_uncountable(self, type_: TensorType, span: Span) -> None:
        """Refuse a tensor with so many elements that figures about it can't be written."""
        if type_.bits <= _BITS:
            return
        elements = 1
        for size in self.at_defaults(type_).shape:
            elements *= size if isinstance(size, int) else 1
            if elements.bit_length() > _BITS:
                from netlang.diagnostics.language.sizes import TooManyElements

                raise NetlangError(TooManyElements(span=span, digits=_DIGITS, rank=type_.rank))

    def refuse_endless(self, function: Function) -> None:
        """Refuse a function with so many steps that figures about it can't be written."""
        if self.lengths.steps(function) > _MOST_STEPS:
            from netlang.diagnostics.language.sizes import StepsUncountable

            raise NetlangError(
                StepsUncountable(span=function.span, block=function.name, digits=_STEP_DIGITS)
            )

    def tick(self, span: Span) -> None:
        """Count one statement, and refuse a spec that never ends."""
        self.steps += 1
        if self.steps > self.limit:
            self._too_many(self.limit, span, "the statement that exceeds it")

    @contextmanager
    def instance(self, link: ChainLink) -> Iterator[None]:
        """Inside, everything that is elaborated is part of `link`."""
        self.links.append(link)
        try:
            yield
        finally:
            self.links.pop()

    @contextmanager
    def loop(self, trips: int, span: Span) -> Iterator[None]:
        """Inside, statements run `trips` times; too many nested loops are refused beforehand."""
        self._trips.append(max(trips, 1))
        total = 1
        for each in self._trips:
            total *= each
        try:
            if total > _LOOPED:
                self._too_many(_LOOPED, span, f"{total:,} times, the loops around it counted in")
            yield
        finally:
            self._trips.pop()

    def _too_many(self, limit: int, span: Span, what: str) -> None:
        error = language.TooManySteps(span=span, limit=f"{limit:,}", what=what, chain=self.chain)
        raise Abort(error)


class Abort(NetlangError):
    """A limit was exceeded: elaboration ends here."""
