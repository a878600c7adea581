"""Rewrites functions towards the classes that a PyTorch user would write.

On exit, every size that depends on the input is read from a value, every closed scope that isn't a
plain chain is a function of its own, a block that is a plain chain and called in one place is
inlined there, and what instances of a block differ in is one of its parameters. The computation,
the label paths and their order stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from netlang.backends.torch.rewrite.class_sharing import Variant, Variants
from netlang.backends.torch.rewrite.extract_scopes import with_extracted_scopes
from netlang.backends.torch.rewrite.inline import inlined
from netlang.backends.torch.rewrite.own_numbers import with_own_numbers
from netlang.backends.torch.rewrite.read_sizes import with_sizes
from netlang.backends.torch.rewrite.scopes import Readers, is_chain, tree
from netlang.ir.program import Function, Node, Program
from netlang.ir.verification import asked
from netlang.ir.verify import verify_function
from netlang.records import replace

__all__ = ["rewritten"]


def rewritten(program: Program) -> Variants:
    """The variants of a net after all rewrites, each verified if the environment asks for it."""
    sized = _verified(with_sizes(program.net), program)
    variants = Variants(_verified(_everywhere(sized, with_extracted_scopes), program))
    short = {
        instance
        for variant in variants
        if variant is not variants.net and _stands_once(variants, variant)
        for instance in variant.instances
    }
    if short:
        net = _everywhere(variants.net.sample, lambda function: inlined(function, short))
        variants = Variants(_verified(net, program), variants)
    net = with_own_numbers(variants)
    if net is variants.net.sample:
        return variants
    return Variants(_verified(net, program), variants)


def _verified(net: Function, program: Program) -> Function:
    if asked():
        verify_function(net, program.defaults)
    return net


def _everywhere(net: Function, change: Callable[[Function], Function]) -> Function:
    """The net with `change` applied to every function once, callers before callees.

    Functions in which nothing changes stay the same objects.
    """
    return _changed(net, change, {})


def _changed(
    function: Function, change: Callable[[Function], Function], done: dict[Function, Function]
) -> Function:
    """A function and its callees after the change; `done` holds those already changed."""
    if function in done:
        return done[function]

    def renewed(node: Node) -> Node:
        if not isinstance(node.callee, Function):
            return node
        callee = _changed(node.callee, change, done)
        return node if callee is node.callee else replace(node, callee=callee)

    own = change(function)
    nodes = tuple(map(renewed, own.nodes))
    same = len(nodes) == len(own.items) and all(map(is_, nodes, own.items))
    done[function] = own if same else replace(own, items=nodes)
    return done[function]


def _stands_once(variants: Variants, variant: Variant) -> bool:
    """Whether a variant is a plain chain that the text calls in one place."""
    sample = variant.sample
    return len(variants.places(variant)) == 1 and is_chain(Readers(sample), tree(sample))
