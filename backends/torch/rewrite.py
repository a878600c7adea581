"""Functions rewritten towards the classes that a PyTorch user would write.

On exit every scope that is closed and no plain chain is a function of its own, and a block that is
a plain chain and called in one place stands there itself. What is computed, the label paths and
their order stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netlang.backends.torch.forms import Form, Forms
from netlang.backends.torch.inline import inlined
from netlang.backends.torch.outline import outlined
from netlang.backends.torch.scopes import is_chain, tree
from netlang.ir.program import Function

__all__ = ["rewritten"]


def rewritten(net: Function) -> Forms:
    """The forms of a net after both rewrites."""
    forms = Forms(_everywhere(net, outlined))
    short = {
        instance
        for form in forms
        if form is not forms.net and _stands_once(forms, form)
        for instance in form.instances
    }
    if not short:
        return forms
    return Forms(_everywhere(forms.net.sample, lambda function: inlined(function, short)))


def _everywhere(net: Function, change: Callable[[Function], Function]) -> Function:
    """The net with `change` applied to every function once, callers before callees."""
    done: dict[Function, Function] = {}

    def visit(function: Function) -> Function:
        if function not in done:
            changed = change(function)
            nodes = tuple(
                replace(node, callee=visit(node.callee))
                if isinstance(node.callee, Function)
                else node
                for node in changed.nodes
            )
            done[function] = replace(changed, items=nodes)
        return done[function]

    return visit(net)


def _stands_once(forms: Forms, form: Form) -> bool:
    """Whether a form is a plain chain that the text calls in one place."""
    return len(forms.places(form)) == 1 and is_chain(form.sample, tree(form.sample))
