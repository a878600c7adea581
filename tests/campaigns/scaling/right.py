"""Right texts, by the construct that they have `n` of."""

from __future__ import annotations

from collections.abc import Callable

from tests.campaigns.scaling.texts import Make, Texts, each, files, joined, net

__all__ = ["FILES", "RIGHT"]

_RECIPE = "model: a; data: cifar10; optimizer: sgd(lr=0.1); batch: 32"
_CLASSIFIER = "net a {\n input x: [3, 32, 32]\n probe: relu -> gap -> flatten -> linear(10)\n}\n"


def _recipe(keys: str, loss: str = "cross_entropy", length: str = "epochs: 50") -> str:
    return f"{_CLASSIFIER}train t {{ {_RECIPE}; loss: {loss}; {length}; {keys} }}\n"


def _doubled(first: str, again: str, times: int) -> str:
    """Constants `l0`, `l1` and so on, each made of the one before."""
    return f"l0 = {first}\n" + each(
        times, lambda i: f"l{i + 1} = {again.replace('@', f'l{i}')}\n", ""
    )


_STEPS: dict[str, Make] = {
    "steps of a path": lambda n: net(joined(n, "relu", " -> ")),
    "statements": lambda n: net(joined(n, "conv(8, 1x1)")),
    "different steps": lambda n: net(each(n, lambda i: f"conv({i + 1}, 1x1)")),
    "labels": lambda n: net(each(n, lambda i: f"a{i}: relu")),
    "labels that are read": lambda n: net(each(n, lambda i: f"a{i}: relu\n(a{i}, probe) -> add")),
    "quoted labels": lambda n: net(each(n, lambda i: f'"a-{i}": relu')),
    "dotted labels": lambda n: net(each(n, lambda i: f"a{i}.b.c: relu")),
    "labels of one scope": lambda n: net(each(n, lambda i: f"a.b{i}: relu")),
    "computed labels": lambda n: net(each(n, lambda i: f"a{{{i}}}: relu")),
    "scopes": lambda n: net(each(n, lambda i: f"a{i}: {{ relu }}")),
    "scopes without labels": lambda n: net(joined(n, "{ relu }")),
    "one scope entered again": lambda n: net(each(n, lambda i: f"a.x{i}: relu\nb.x{i}: relu")),
    "merges": lambda n: net(joined(n, "add { relu; identity }")),
    "branches of a merge": lambda n: net(f"add {{ {joined(n, 'conv(8, 1x1)', '; ')} }}"),
    "branches of a concat": lambda n: net(f"concat {{ {joined(n, 'conv(1, 1x1)', '; ')} }}"),
    "labelled merges": lambda n: net(each(n, lambda i: f"m{i}: add {{ relu; identity }}")),
    "dense connections": lambda n: net(
        joined(n, "concat { conv(1, 1x1) -> relu -> conv(1, 3x3, pad=1); identity }")
    ),
    "values of a tuple": lambda n: net(
        each(n, lambda i: f"a{i}: relu") + f"\n({each(n, lambda i: f'a{i}', ', ')}) -> add"
    ),
    "outputs": lambda n: net(each(n, lambda i: f"output o{i}: relu")),
    "auxiliary outputs": lambda n: net(each(n, lambda i: f"auxiliary o{i}: relu") + "\nrelu"),
    "outputs whose numbers are taken": lambda n: net(
        each(n, lambda i: f"auxiliary output{i}: relu") + f"\n({joined(n, 'probe', ', ')})"
    ),
    "inputs": lambda n: (
        # Receptive fields tell few axes apart, which costs more for each: these are beyond.
        f"net a {{\n{each(4 * n, lambda i: f'input x{i}: [3]')}\n"
        f"({each(4 * n, lambda i: f'x{i}', ', ')}) -> probe: add\n}}\n"
    ),
    "learned tensors": lambda n: net(joined(n, "add { relu; parameter([8, 1, 1]) }")),
    "reuse": lambda n: net("c: conv(8, 1x1)\n" + joined(n, "reuse c -> relu")),
    "shrinking sizes": lambda n: net(
        joined(n, "conv(8, 3x3)"), shape=f"[8, H={2 * n + 64}, W={2 * n + 64}]"
    ),
    "growing sizes": lambda n: net(joined(n, "conv(8, 1x1, pad=1)")),
    "windows with strides": lambda n: net(
        joined(n, "conv(8, 3x3, stride=2, pad=1) -> conv_transpose(8, 2x2, stride=2)")
    ),
    "branches with fields of their own": lambda n: net(
        joined(n, "add { conv(8, 3x3, pad=1); conv(8, 5x5, pad=2); identity }")
    ),
    "pools and upsampling": lambda n: net(joined(n, "maxpool(2x2) -> upsample(2)")),
    "norms": lambda n: net(joined(n, "conv(8, 1x1, bias=false) -> bn -> relu")),
    "transposes": lambda n: net(joined(n, "transpose([1, 2, 0]) -> transpose([2, 0, 1])")),
    "splits": lambda n: net(each(n, lambda i: f"s{i}: split(4)\n(s{i}.0, s{i}.1) -> concat")),
    "sizes by name": lambda n: (
        "net a {\n"
        + each(n, lambda i: f"input x{i}: [3, S{i}=8]")
        + "\noutput first: x0 -> probe: relu\n"
        + each(n, lambda i: f"output o{i}: x{i} -> relu")
        + "\n}\n"
    ),
}
_BLOCKS: dict[str, Make] = {
    "blocks": lambda n: net(
        each(n, lambda i: f"b{i}"), head=each(n, lambda i: f"block b{i} {{ relu }}\n", "")
    ),
    "calls of one block": lambda n: net(joined(n, "b"), head="block b { conv(8, 1x1) -> relu }\n"),
    "calls with arguments of their own": lambda n: net(
        each(n, lambda i: f"b({i + 1})"), head="block b(n) { conv(n, 1x1) -> relu }\n"
    ),
    "parameters": lambda n: net(
        "b", head=f"block b({each(n, lambda i: f'p{i}=1', ', ')}) {{ "
        f"{each(n, lambda i: f'conv(p{i}, 1x1)')} }}\n",
    ),
    "defaults that use the parameter before": lambda n: net(
        "b(1)", head=f"block b(p0, {each(n, lambda i: f'p{i + 1}=p{i}', ', ')}) {{ "
        f"{each(n + 1, lambda i: f'conv(p{i}, 1x1)')} }}\n",
    ),
    "arguments by name": lambda n: net(
        f"b({each(n, lambda i: f'p{i}=2', ', ')})",
        head=f"block b({each(n, lambda i: f'p{i}=1', ', ')}) {{ "
        f"{each(n, lambda i: f'conv(p{i}, 1x1)')} }}\n",
    ),
    "inputs of a block": lambda n: net(
        f"a0: relu\n({joined(n, 'a0', ', ')}) -> b",
        head=f"block b {{\n{each(n, lambda i: f'input x{i}')}\n"
        f"({each(n, lambda i: f'x{i}', ', ')}) -> add\n}}\n",
    ),
    "outputs of a block": lambda n: net(
        "b",
        head=f"block b {{\n{each(n, lambda i: f'output o{i}: relu')}\n}}\n",
    ),
    "outputs of a block that are read": lambda n: net(
        f"b0: b\n{each(n, lambda i: f'b0.o{i} -> relu -> t{i}: relu')}\n"
        f"({each(n, lambda i: f't{i}', ', ')}) -> add",
        head=f"block b {{\n{each(n, lambda i: f'output o{i}: relu')}\n}}\n",
    ),
    "blocks with a body": lambda n: net(
        joined(n, "r { conv(8, 1x1) }"), head="block r { add { body; identity } }\n"
    ),
    "a long body of a block": lambda n: net(
        f"r {{ {joined(n, 'conv(8, 1x1)', '; ')} }}", head="block r { add { body; identity } }\n"
    ),
    "nets": lambda n: net("relu") + each(
        n, lambda i: f"net a{i} {{ input x: [3]; probe: relu }}\n", ""
    ),
    "net aliases": lambda n: net("conv(k, 1x1)").replace("net a {", "net a(k=1) {")
    + each(n, lambda i: f"net a{i} = a({i + 1})\n", ""),
    "nets as steps": lambda n: net(
        joined(n, "b"), head="net b { input x: [8, H=8, W=8]; conv(8, 1x1) }\n"
    ),
    "parameters of a net": lambda n: net(
        each(n, lambda i: f"conv(p{i}, 1x1)")
    ).replace("net a {", f"net a({each(n, lambda i: f'p{i}=1', ', ')}) {{"),
    "asserts in a body": lambda n: net(joined(n, "assert probe.channels == 8")),
    "asserts about sizes": lambda n: net(
        each(n, lambda i: f"assert probe.height >= {i + 1}"), shape="[8, H=9999, W=64]"
    ),
    "constants of a body": lambda n: net(each(n, lambda i: f"c{i} = 8; conv(c{i}, 1x1)")),
    "layers as values": lambda n: net(
        each(n, lambda i: f"l{i}"), head=each(n, lambda i: f"l{i} = conv(8, 1x1)\n", "")
    ),
    "arguments filled in bit by bit": lambda n: net(
        "l60",  # a name may lead through 200 others
        head=f"block b({each(n, lambda i: f'p{i}=1', ', ')}) {{ "
        f"{each(n, lambda i: f'conv(p{i}, 1x1)')} }}\nl0 = b\n" + each(60, lambda i:
            f"l{i + 1} = l{i}({', '.join(f'p{k}=2' for k in range(i, n, 60))})\n", ""),
    ),
    "a layer handed on": lambda n: net(
        joined(n, "b(relu)"), head="block b(act) { conv(8, 1x1) -> act }\n"
    ),
}  # fmt: skip
_VALUES: dict[str, Make] = {
    "constants": lambda n: net("conv(c0, 1x1)", head=each(n, lambda i: f"c{i} = {i + 1}\n", "")),
    "a long sum in brackets": lambda n: net(
        "conv(c, 1x1)", head=f"c = sum([{joined(n, '1 + 1', ', ')}])\n"
    ),
    "a long list": lambda n: net("conv(len(c), 1x1)", head=f"c = [{joined(n, '1', ', ')}]\n"),
    "a list of lists": lambda n: net(
        "conv(len(c), 1x1)", head=f"c = [{joined(n, '[1, 2]', ', ')}]\n"
    ),
    "long lists compared": lambda n: net(
        "conv(1 if c == d else 2, 1x1)",
        head=f"c = [{joined(n, '[1, 2]', ', ')}]\nd = [{joined(n, '[1, 2]', ', ')}]\n",
    ),
    "a list that is looked through": lambda n: net(
        f"conv(1 if {n} in c else 2, 1x1)", head=f"c = [{each(n, str, ', ')}]\n"
    ),
    "indices": lambda n: net(
        "conv(s, 1x1)", head=f"c = [1, 2]\ns = sum([{joined(n, 'c[0]', ', ')}])\n"
    ),
    "slices": lambda n: net(
        "conv(len(c), 1x1)", head=f"b = [1, 2, 3]\nc = [{joined(n, 'b[1:]', ', ')}]\n"
    ),
    "lists inside lists": lambda n: net(
        "conv(len(l1), 1x1)", head=each(n, lambda i: f"l{i} = [[[[1, 2]]]]\n", "")
    ),
    "equal lists inside lists": lambda n: net(
        joined(n, "conv(1 if l12 == k12 else 2, 1x1)"),
        head=_doubled("[1]", "[@, @]", 12) + _doubled("[1]", "[@, @]", 12).replace("l", "k"),
    ),
    "lists inside lists, given to blocks": lambda n: net(
        joined(n, "b(l12)"),
        head="block b(c) { conv(len(c), 1x1) }\n" + _doubled("[1]", "[@, @]", 12),
    ),
    "layers inside layers, given to blocks": lambda n: net(
        joined(n, "b(l5)"),
        head="block b(f) { f }\nblock c(f, g) { f -> g }\n" + _doubled("relu", "c(@, @)", 5),
    ),
    "comparisons": lambda n: net("conv(8, 1x1)", head=f"c = {each(n, str, ' < ')}\n"),
    "zip and enumerate": lambda n: net(
        "for i, p in enumerate(zip(c, c), 1) { conv(i + p[0], 1x1) }",
        head=f"c = [{joined(n, '1', ', ')}]\n",
    ),
    "loop over a list": lambda n: net(
        "for i in c { conv(i, 1x1) }", head=f"c = [{each(n, lambda i: str(i + 1), ', ')}]\n"
    ),
    "loop over a range": lambda n: net(f"for i in range({n}) {{ conv(i + 1, 1x1) }}"),
    "loops": lambda n: net(joined(n, "for i in range(1) { conv(i + 1, 1x1) }")),
    "loop of labels": lambda n: net(f"for i in range({n}) {{ a{{i}}: conv(i + 1, 1x1) }}"),
    "loop of branches": lambda n: net(
        f"add {{ for i in range({n}) {{ conv(8, 1x1, bias=i > 1) }} }}"
    ),
    "repeats": lambda n: net(joined(n, "repeat 3 { conv(8, 1x1) }")),
    "a repeat that changes the shape": lambda n: net(
        f"repeat {n} {{ conv(8, 3x3) }}", shape=f"[8, H={2 * n + 64}, W={2 * n + 64}]"
    ),
    "ifs": lambda n: net(joined(n, "if true { conv(8, 1x1) } else { relu }")),
    "ifs with else": lambda n: net(
        joined(n, "if probe.channels == 1 { relu } else if probe.channels == 8 { tanh }")
    ),
    "conditional expressions": lambda n: net(
        joined(n, "conv(8 if probe.channels == 8 else 1, 1x1)")
    ),
    "sizes of values": lambda n: net(joined(n, "conv(probe.channels, 1x1)")),
    "strings": lambda n: net(
        "conv(len(c), 1x1)", head=f"c = [{joined(n, chr(34) + 'abc' + chr(34), ', ')}]\n"
    ),
    "dims": lambda n: net(joined(n, "conv(8, 3x3, pad=1x1, stride=1x1)")),
}
_LAYOUT: dict[str, Make] = {
    "comments": lambda n: net(joined(n, "relu  # a comment\n# another")),
    "comments alone": lambda n: joined(n, "# a comment\n", "") + net("relu"),
    "comments in a list": lambda n: net(
        "conv(len(c), 1x1)", head=f"c = [\n{joined(n, '1,  # one')}\n]\n"
    ),
    "a long comment": lambda n: net(f"relu  # {joined(n, 'word', ' ')}"),
    "a docstring": lambda n: f'"""{joined(3 * n, "A line.")}"""\n' + net("relu"),
    "docstrings": lambda n: (
        each(n, lambda i: f'net a{i} {{\n    """A line."""\n    input x: [3]\n    relu\n}}\n')
        + net("relu")
    ),
    "blank lines": lambda n: net(joined(n, "\n\nrelu\n\n")),
    "one long line": lambda n: net(joined(n, "relu", "; ")),
    "a long string": lambda n: net("conv(len(c), 1x1)", head=f'c = ["{"x" * n}"]\n'),
    "a long name": lambda n: net(
        "conv(c, 1x1)".replace("c,", f"{'c' * n},"), head=f"{'c' * n} = 8\n"
    ),
    "blanks": lambda n: net(f"relu{' ' * n}-> relu"),
}
_RECIPES: dict[str, Make] = {
    "recipes": lambda n: _CLASSIFIER + each(
        n, lambda i: f"train t{i} {{ {_RECIPE}; loss: cross_entropy; epochs: 50 }}\n", ""
    ),
    "augmentations": lambda n: _recipe(f"augment: {joined(n, 'hflip', ' -> ')}"),
    "milestones": lambda n: _recipe(
        f"schedule: multistep([{each(n, lambda i: str(i + 1), ', ')}], gamma=0.9)",
        length=f"epochs: {n + 9}",
    ),
    "layers of a step that takes turns": lambda n: (
        f"net a {{\n    input x: [4]\n    deep: {{\n{joined(n, 'linear(4)')}\n    }}\n"
        "    output y: probe: linear(4)\n}\n"
        'train t { model: a; data: arrays("d", sizes=[4]); batch: 32; steps: 9\n'
        'step one { train: ["deep"]; loss: value(y); optimizer: sgd(lr=0.1) }\n'
        'step two { train: ["probe"]; loss: value(y); optimizer: sgd(lr=0.1) }\n}\n'
    ),
}  # fmt: skip
_WARNED: dict[str, Make] = {
    "warnings": lambda n: net("gap -> linear(3)\n" + joined(n, "linear(3)"), shape="[3, 32, 32]"),
    "comments that allow nothing": lambda n: net(joined(n, "relu  # allow W0201")),
}
RIGHT: dict[str, Make] = {**_STEPS, **_BLOCKS, **_VALUES, **_LAYOUT, **_RECIPES, **_WARNED}


def _diamonds(n: int) -> Texts:
    """Each file takes the same name from the two behind it, and the last two have none behind."""

    def other(i: int) -> str:
        if i >= n:
            return "block b { relu }\n"
        taken = "".join(f"from m{i + k} import b as b{k}\n" for k in (1, 2))
        return f"{taken}block b {{ relu }}\nblock both {{ b1 -> b2 }}\n"

    taken = each(n, lambda i: f"from m{i} import both as both{i}\n", "")
    return files(taken + net(each(n, lambda i: f"both{i}")), n + 2, other)


FILES: dict[str, Callable[[int], Texts]] = {
    "imports of diamonds": _diamonds,
    "imports": lambda n: files(
        each(n, lambda i: f"from m{i} import b as b{i}\n", "") + net(each(n, lambda i: f"b{i}")),
        n,
        lambda i: "block b { relu }\n",
    ),
    "names of one import": lambda n: files(
        f"from m0 import ({each(n, lambda i: f'b{i}', ', ')})\n" + net(each(n, lambda i: f"b{i}")),
        1,
        lambda _: each(n, lambda i: f"block b{i} {{ relu }}\n", ""),
    ),
    "imports of the library": lambda n: files(
        each(n, lambda i: f"from blocks.residual import basic as b{i}\n", "")
        + net(each(n, lambda i: f"b{i}(8)")),
        0,
        lambda i: "",
    ),
}
