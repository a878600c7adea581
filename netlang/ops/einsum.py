"""Sums of products over named axes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_letters
from typing import ClassVar, final

from netlang.ir.arguments import Kind, Mismatch, argument, text
from netlang.ir.constraints import Constraint, Relation
from netlang.ir.derivation import Line
from netlang.ir.dims import Dim
from netlang.ir.half import InHalf
from netlang.ir.op import Arity, Case, Cost, Inferred, Op, Rejection
from netlang.ir.reach import AxisRule, Each, Everywhere, MappedAxes, Reach, Same
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Weight
from netlang.ops.checks import floating, inputs_of, shape_text
from netlang.ops.derive import batch_of, changed, numbers, sum_of
from netlang.ops.spatial import product

__all__ = ["Einsum", "with_batch"]

_FORM = re.compile(r"[a-zA-Z]*(,[a-zA-Z]*)?->[a-zA-Z]*")


def _formula(value: object) -> object:
    given = text.convert(value)
    formula = str(given).replace(" ", "")
    if not _FORM.fullmatch(formula):
        raise Mismatch(f'"{given}"; write letters for axes, as in "qd,kd->qk"')
    terms, made = formula.split("->")
    named = set(terms)
    for term in (*terms.split(","), made):
        if len(set(term)) < len(term):
            raise Mismatch(f'"{given}", which has a letter twice in "{term}"')
    if not set(made) <= named:
        raise Mismatch(f'"{given}", whose result has a letter that no value has')
    return formula


_KIND = Kind('a formula as in "qd,kd->qk"', _formula)


@final
class Einsum(Op):
    """Products of one or two values, summed over the axes that the result lacks.

    Each letter of the formula names an axis; `->` stands before those of the result. The batch has
    no letter: it stays in front. `einsum("qd,kd->qk")` multiplies queries and keys,
    `einsum("chw->c")` sums all places.

    Shape: as the formula says; axes of one letter have one size.
    MACs: N times the sizes of all letters of two values, if a letter of both is summed.
    Other: 1 for each product if there is none to sum, and 1 for each element of a value that has a
    summed letter alone.

    Source: Einstein 1916, Die Grundlage der allgemeinen Relativitätstheorie.
    """

    name: ClassVar[str] = "einsum"
    in_half: ClassVar[InHalf] = InHalf.GAINS
    arity: ClassVar[Arity] = Arity(1, 2)

    formula: str = argument(_KIND, "letters for the axes of each value and of the result")

    @property
    def terms(self) -> tuple[str, ...]:
        """The letters of each value."""
        return tuple(self.formula.split("->")[0].split(","))

    @property
    def made(self) -> str:
        """The letters of the result."""
        return self.formula.split("->")[1]

    def infer(self, inputs: Types) -> Inferred:
        for index, x in enumerate(inputs_of(self, inputs)):
            floating(self, x, index)
        self._fits(inputs)
        sizes, constraints = self._sizes(inputs)
        full = next((x for x in inputs if x.batch is not None), inputs[0])
        return Inferred((full.with_shape(*(sizes[letter] for letter in self.made)),), constraints)

    def _fits(self, inputs: Types) -> None:
        """A term for each value, a letter for each axis."""
        if len(self.terms) == len(inputs):
            pairs = zip(self.terms, inputs, strict=True)
            wrong = [n for n, (term, x) in enumerate(pairs) if len(term) != x.rank]
            if not wrong:
                return
        else:
            wrong = [0]
        from netlang.diagnostics.language.arithmetic import FormulaDiffers

        raise Rejection(
            FormulaDiffers, argument="formula", operator=self.name, formula=self.formula,
            received=", ".join(shape_text(x.shape) for x in inputs),
        )  # fmt: skip

    def _sizes(self, inputs: Types) -> tuple[dict[str, Dim], tuple[Constraint, ...]]:
        sizes: dict[str, Dim] = {}
        found: tuple[Constraint, ...] = ()
        for index, (term, x) in enumerate(zip(self.terms, inputs, strict=True)):
            for letter, size in zip(term, x.shape, strict=True):
                known = sizes.setdefault(letter, size)
                if known == size:
                    continue
                if isinstance(known, int) and isinstance(size, int):
                    from netlang.diagnostics.language.arithmetic import LetterDiffers

                    raise Rejection(
                        LetterDiffers, input=index, operator=self.name, letter=letter,
                        first=known, second=size,
                    )  # fmt: skip
                reason = f"`{letter}` is one size in `einsum`"
                found += (Constraint(known, Relation.EQUAL, size, reason),)
        return sizes, found

    def alone(self) -> tuple[frozenset[str], ...]:
        """The letters of each value that no other value and not the result has."""
        sets = [set(term) for term in self.terms]
        return tuple(
            frozenset(own.difference(self.made, *(other for other in sets if other is not own)))
            for own in sets
        )

    def summed(self) -> str:
        """The letters that both values have and the result lacks."""
        if len(self.terms) < 2:
            return ""
        first, second = self.terms
        return "".join(letter for letter in first if letter in second and letter not in self.made)

    def _factors(self, inputs: Types) -> tuple[Dim, ...]:
        """The sizes that the products have, after letters alone are summed."""
        sizes, _ = self._sizes(inputs)
        gone = frozenset[str]().union(*self.alone())
        return tuple(size for letter, size in sizes.items() if letter not in gone)

    def weights(self, inputs: Types) -> tuple[Weight, ...]:
        return ()

    def cost(self, inputs: Types) -> Cost:
        y = self.infer(inputs).outputs[0]
        batch: Dim = 1 if y.batch is None else y.batch
        work = product(self._factors(inputs)) * batch if len(inputs) > 1 else 0
        sums: Dim = 0
        for gone, x in zip(self.alone(), inputs, strict=True):
            sums = sums + (x.elements if gone else 0)
        return Cost(work, sums) if self.summed() else Cost(0, sums + work)

    def reach(self, inputs: Types, output: int = 0) -> Reach:
        rules: list[MappedAxes] = []
        for term in self.terms:
            sources = tuple(term.index(letter) if letter in term else None for letter in self.made)
            own: tuple[AxisRule, ...] = tuple(
                Everywhere() if source is None else Same() for source in sources
            )
            rules.append(MappedAxes(sources, own))
        return rules[0] if len(rules) == 1 else Each(tuple(rules))

    def derivation(self, inputs: Types) -> tuple[Line, ...]:
        y = self.infer(inputs).outputs[0]
        work = (*batch_of(y), *numbers(self._factors(inputs)))
        gone = zip(self.alone(), inputs, strict=True)
        other = [(*batch_of(x), *numbers(x.shape)) for letters, x in gone if letters]
        lines = list(changed(inputs[0], y))
        if self.summed():
            lines.append(sum_of("MACs", work))
        elif len(inputs) > 1:
            other.append(work)
        if other:
            lines.append(sum_of("other operations", *other))
        return tuple(lines)

    @classmethod
    def cases(cls) -> Iterator[Case]:
        yield Case(cls(formula="qd,kd->qk"), (TensorType((5, 3)), TensorType((4, 3))))
        yield Case(cls(formula="chw,ck->khw"), (TensorType((3, 4, 5)), _learned(3, 2)))
        yield Case(cls(formula="hqk,hkd->qhd"), (TensorType((2, 4, 5)), TensorType((2, 5, 3))))
        yield Case(cls(formula="c,d->cd"), (TensorType((3,)), TensorType((4,))))
        yield Case(cls(formula="ab,b->ab"), (TensorType((3, 4)), _learned(4)))
        yield Case(cls(formula="abc,bd->ad"), (TensorType((3, 4, 2)), TensorType((4, 5))))
        yield Case(cls(formula="chw->wc"), (TensorType((3, 4, 5)),))
        yield Case(cls(formula="ab->ba"), (_learned(2, 3),))


def _learned(*shape: int) -> TensorType:
    return TensorType(shape, batch=None)


def with_batch(op: Einsum, inputs: Types, y: TensorType) -> str:
    """The formula with a letter for the batch, in the terms of the values that have one."""
    letter = next(each for each in f"nb{ascii_letters}" if each not in op.formula)
    values = zip(op.terms, inputs, strict=True)
    terms = (term if x.batch is None else letter + term for term, x in values)
    return f"{','.join(terms)}->{'' if y.batch is None else letter}{op.made}"
