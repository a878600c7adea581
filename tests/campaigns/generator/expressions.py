"""Numbers as specs write them: literals, constants, parameters, arithmetic, sizes of values."""

from __future__ import annotations

from collections.abc import Callable

from netlang.ir.dims import Dim
from tests.campaigns.generator.body import Body
from tests.campaigns.generator.spec import Parameter

__all__ = ["condition", "lifted", "size", "whole", "written"]

_SPATIAL = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}


def written(body: Body, value: object) -> str:
    """An argument as text."""
    match value:
        case bool():
            return _flag(body, value)
        case int():
            return whole(body, value)
        case float():
            return _number(body, value)
        case str() if "->" in value:
            return (
                lifted(body, f'"{value}"', f'"{value}"') if body.draw.chance(0.1) else f'"{value}"'
            )
        case str():
            return lifted(body, value, value) if body.draw.chance(0.1) else value
        case tuple():
            return _list(body, value)
    return str(value)


def _flag(body: Body, value: bool) -> str:
    text = "true" if value else "false"
    if body.draw.chance(0.85):
        return text
    return condition(body, value) if body.draw.chance(0.5) else lifted(body, text, text)


def _number(body: Body, value: float) -> str:
    text = repr(value)
    if body.draw.chance(0.85):
        return text
    if body.draw.chance(0.5):
        body.spec.used("conditional expression")
        return f"{text} if {condition(body, True)} else 7.5"
    return lifted(body, text, text)


def _list(body: Body, values: tuple[object, ...]) -> str:
    numbers = [value for value in values if isinstance(value, int) and value > 0]
    if len(numbers) == len(values) > 1 and body.draw.chance(0.6):
        body.spec.used("dims")
        return "x".join(map(str, numbers))
    if len(numbers) == len(values) > 1 and len(set(numbers)) == 1 and body.draw.chance(0.3):
        return f"[{numbers[0]}] * {len(numbers)}"
    texts = [
        size(body, value) if isinstance(value, int) else written(body, value) for value in values
    ]
    if body.draw.chance(0.15):
        return _spread(body, texts)
    if len(texts) == 1 or body.draw.chance(0.7):
        return f"[{', '.join(texts)}]"
    return f"({', '.join(texts)})"


def _spread(body: Body, texts: list[str]) -> str:
    """The items of a list, some of them as those of another."""
    body.spec.used("spread")
    start, stop = sorted((body.draw.whole(0, len(texts)), body.draw.whole(0, len(texts))))
    items = [*texts[:start], f"*[{', '.join(texts[start:stop])}]", *texts[stop:]]
    return f"[{', '.join(items)}]"


def size(body: Body, dim: Dim) -> str:
    """A number inside a list: plain, or the size of a value."""
    return _of_value(body, dim) or str(dim) if body.draw.chance(0.2) else str(dim)


def whole(body: Body, number: int) -> str:
    """A whole number in one of the ways that the language has."""
    if body.draw.chance(0.6):
        return str(number)
    return body.draw.pick(_WAYS)(body, number) or str(number)


def _constant(body: Body, number: int) -> str:
    name = body.spec.name("k")
    if body.draw.chance(0.3) or body.loops:
        body.spec.used("file constant")
        body.owner.home.items.append(f"{name} = {number}")
    else:
        body.spec.used("body constant")
        body.pending.append(f"{name} = {_arithmetic(body, number)}")
    return name


def _parameter(body: Body, number: int) -> str:
    return lifted(body, str(number), str(number))


def lifted(body: Body, text: str, given: str, is_layer: bool = False) -> str:
    """A value as a new parameter of the block or net, with or without a default."""
    if body.loops and body.owner.is_net:
        return text
    name = body.spec.name("p")
    default = text if body.owner.is_net or body.draw.chance(0.5) else None
    body.spec.used("net parameter" if body.owner.is_net else "block parameter")
    if default is not None:
        body.spec.used("parameter default")
    body.owner.parameters.append(Parameter(name, default, given, is_layer))
    return name


def _arithmetic(body: Body, number: int) -> str:
    body.spec.used("arithmetic")
    other = body.draw.whole(1, 5)
    forms: list[Callable[[], str]] = [
        lambda: f"{number - other} + {other}" if number >= other else f"{number + other} - {other}",
        lambda: f"{number * other} // {other}",
        lambda: f"{other * 7 + number} % 7" if 0 <= number < 7 else str(number),
        lambda: f"max({number}, {number - other})",
        lambda: f"min([{number}, {number + other}])",
        lambda: f"sum([{number - other}, {other}])",
        lambda: f"abs(-{number})" if number >= 0 else str(number),
        lambda: f"len(range({number}))" if 0 <= number < 20 else str(number),
        lambda: f"product([{number}, 1])",
        lambda: f"-(-{number})" if number >= 0 else str(number),
        lambda: f"ceil({number - 1}.5)" if number > 0 else str(number),
        lambda: f"2 ** 3 + {number - 8}" if number >= 8 else f"{number} ** 1",
        lambda: f"round_to({number}, 1)" if number > 0 else str(number),
    ]
    return body.draw.pick(forms)()


def _indexed(body: Body, number: int) -> str:
    body.spec.used("index")
    others = [body.draw.whole(1, 9) for _ in range(3)]
    place = body.draw.whole(0, 2)
    others[place] = number
    items = f"[{', '.join(map(str, others))}]"
    if body.draw.chance(0.5) and not body.loops:
        name = body.spec.name("list")
        body.pending.append(f"{name} = {items}")
        items = name
    if body.draw.chance(0.5):
        body.spec.used("slice of a list")
        forms = (
            f"{items}[{place}:][0]",
            f"{items}[:{place + 1}][-1]",
            f"{items}[::-1][{2 - place}]",
        )
        return body.draw.pick(forms)
    return f"{items}[{body.draw.pick((place, place - 3))}]"


def _comprehended(body: Body, number: int) -> str:
    """A number out of a list that is made of another."""
    body.spec.used("comprehension")
    draw, k, i = body.draw, body.spec.name("k"), body.spec.name("i")
    other = number + draw.whole(1, 4)
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"[{k} + {number} for {k} in range({draw.whole(1, 3)})][0]",
        lambda: f"[{k} for {k} in [{other}, {number}] if {k} < {other}][-1]",
        lambda: f"sum([{k} for {i}, {k} in enumerate([{number}, {other}]) if {i} == 0])",
        lambda: f"max(*[{k} - {i} for ({k}, {i}) in [({other}, {other - number})]], {number})",
        lambda: f"[{k} * {i} for {k} in [1, {number}] for {i} in range(2)][-1]",
        lambda: f"[{k} for {i} in [[{number}], []] for {k} in {i} if true][0]",
        lambda: f"[[{k} for {i} in [0]] for {k} in (*[{number}], {other})][0][-1]",
    )
    text = draw.pick(forms)()
    if "*[" in text:
        body.spec.used("spread")
    return text


def _called(body: Body, number: int) -> str:
    """A number that a function gives."""
    draw, name, x = body.draw, body.spec.name("f"), body.spec.name("x")
    by = draw.whole(1, 4)
    definition, call = draw.pick(
        (
            (f"{name}({x}) = {x} + {by}", f"{name}({number - by})"),
            (f"{name}({x}, by={by}) = {x} // by", f"{name}({number * by})"),
            (f"{name}({x}) = [{x}, {by}]", f"{name}({number})[0]"),
            (f"{name}({x}, by) = {x} if {x} > by else by", f"{name}(by={number}, {x}={number})"),
            (f"{name}() = {number}", f"{name}()"),
        )
    )
    if draw.chance(0.5) or body.loops:
        body.spec.used("function")
        body.owner.home.items.append(definition)
    else:
        body.spec.used("function of a body")
        body.pending.append(definition)
    return call


def _chosen(body: Body, number: int) -> str:
    body.spec.used("conditional expression")
    truth = body.draw.chance(0.5)
    other = number + body.draw.whole(1, 4)
    one, two = (number, other) if truth else (other, number)
    return f"{one} if {condition(body, truth)} else {two}"


def _of_value(body: Body, number: Dim) -> str | None:
    """The size of a value that is this number for every input."""
    found = []
    for name, type_ in body.words():
        for axis, dim in enumerate(type_.shape):
            if dim != number:
                continue
            found.append(f"{name}.shape[{axis}]")
            if axis == 0:
                found.append(f"{name}.channels")
            if axis == type_.rank - 1:
                found.append(f"{name}.features")
            if axis and type_.rank in _SPATIAL:
                found.append(f"{name}.{_SPATIAL[type_.rank][axis - 1]}")
    if not found:
        return None
    body.spec.used("size of a value")
    text = body.draw.pick(found)
    if text.startswith("here."):
        body.spec.used("here")
    return text


_WAYS: tuple[Callable[[Body, int], str | None], ...] = (
    _constant,
    _parameter,
    _parameter,
    _arithmetic,
    _indexed,
    _comprehended,
    _called,
    _chosen,
    _of_value,
    _of_value,
)


def condition(body: Body, truth: bool) -> str:
    """A condition that is known when the spec is compiled."""
    low = body.draw.whole(0, 9)
    high = low + body.draw.whole(1, 5)
    true = (
        f"{low} < {high}", f"{low} <= {high} != {high + 1}", f"{low} in [{high}, {low}]",
        f'"a{low}" == "a" + "{low}"', f"not {low} == {high}", f"true and {low} != {high}",
        f"{low} > {high} or true", f"1 <= {high} < 15",
    )  # fmt: skip
    false = (
        f"{low} > {high}", f"{low} == {high}", f"{high} in [{low}, {low}]", f"not {low} < {high}",
        f"false or {low} >= {high}", f'"a" == "b{low}"',
    )  # fmt: skip
    return body.draw.pick(true if truth else false)
