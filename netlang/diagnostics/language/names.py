"""Errors about names: unknown, ambiguous, assigned twice, unused (E0017, E0128, E02xx)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AmbiguousLabel",
    "AssignedTwice",
    "BundledTwice",
    "CircularConstant",
    "CircularImport",
    "DefinedTwice",
    "ImportLeavesFolder",
    "ImportNotFound",
    "LabelOfBlock",
    "NameNotInFile",
    "NamesTooDeep",
    "NoSuchAttribute",
    "NotALayer",
    "NotAValue",
    "Recursion",
    "SeveralValues",
    "TooDeep",
    "UnknownLabel",
    "UnknownLayer",
    "UnknownName",
    "UnknownPath",
    "UnusedConstant",
    "UnusedParameter",
]


class UnknownLayer(Diagnostic):
    code = "E0201"
    title = "unknown operator or block `{name}`"
    caption = "no operator, block or layer has this name"
    help = "`netlang list` shows the blocks of the library; import those of other files"

    name: str


class UnknownName(Diagnostic):
    code = "E0202"
    title = "unknown name `{name}`"
    caption = "nothing of this name is visible here"
    help = "assign it before it is used, or make it a parameter"

    name: str


class UnknownLabel(Diagnostic):
    code = "E0203"
    title = "no label `{label}` is visible here"
    caption = "not labelled before this line, in this scope or one around it"
    help = "label the step that makes the value, before this line: `{label}: ...`"

    label: str


class LabelOfBlock(Diagnostic):
    code = "E0128"
    title = "`{label}` is a label of block `{block}` and can't be read from outside"
    caption = "what a block labels is its own"
    help = (
        "write the steps of `{block}` here in braces, `{instance}: {{ ... }}`: labels of a scope "
        "can be read; or give the value as an output of the block"
    )

    label: str
    block: str
    instance: str


class AssignedTwice(Diagnostic):
    code = "E0204"
    title = "`{name}` is assigned twice"
    caption = "a name is assigned once"
    help = "{advice}"

    name: str
    advice: str = "choose another name for the second value"


class DefinedTwice(Diagnostic):
    code = "E0205"
    title = "`{name}` is defined twice in this file"
    caption = "defined before"
    help = "choose another name for one of them"

    name: str


class NotALayer(Diagnostic):
    code = "E0206"
    title = "`{name}` can't be applied: it is {kind}"
    caption = "only operators, blocks and layers can be a step"
    help = "a step applies an operator or block; a labelled value may only start a path"

    name: str
    kind: str


class AmbiguousLabel(Diagnostic):
    code = "E0207"
    title = "`{name}` is both a label and an operator here"
    caption = "the labelled value, or the operator?"
    help = "write `{name}()` for the operator, or choose another label"

    name: str


class Recursion(Diagnostic):
    code = "E0208"
    title = "block `{name}` contains itself"
    caption = "recursion is not part of the language"
    help = "say how often with `repeat` or `for`"

    name: str


class TooDeep(Diagnostic):
    code = "E0209"
    title = "blocks are nested more than {limit} deep"
    caption = "the limit is reached here"
    help = "say depth with `repeat` or `for`; a block given to itself never ends"

    limit: int


class NoSuchAttribute(Diagnostic):
    code = "E0210"
    title = "{what} has no `{name}`"
    caption = "it has {available}"
    help = "{advice}"

    what: str
    name: str
    available: str
    advice: str = (
        "a value has `channels`, `shape`, and `length`, `height`, `width` or `depth` by its rank"
    )


class NotAValue(Diagnostic):
    code = "E0211"
    title = "`in` has no value here"
    caption = "{why}"
    help = "{advice}"

    why: str
    advice: str


class SeveralValues(Diagnostic):
    code = "E0220"
    title = "`{name}` isn't a single value"
    caption = "this stands for several values, or for a scope"
    help = "name one of them: {values}"

    name: str
    values: str


class ImportNotFound(Diagnostic):
    code = "E0212"
    title = "no file `{path}` to import from"
    caption = "looked {where}"
    help = "`netlang list` shows the bundled library"

    path: str
    where: str = "beside this file and in the bundled library"


class ImportLeavesFolder(Diagnostic):
    """A link could name any file of the machine, whose lines errors would then show."""

    code = "E0017"
    title = "`{path}` is a link that leads out of the folder"
    caption = "what a spec imports lies in its folder, or in one below"
    help = "put the file itself in its place"

    path: str


class NameNotInFile(Diagnostic):
    code = "E0213"
    title = "`{module}` has no `{name}`"
    caption = "not defined there"
    help = "it defines {available}"

    module: str
    name: str
    available: str


class CircularImport(Diagnostic):
    code = "E0214"
    title = "this import leads back to the file itself"
    caption = "{cycle}"
    help = "move what both files need into a third one"

    cycle: str


class CircularConstant(Diagnostic):
    code = "E0215"
    title = "`{name}` is defined by itself"
    caption = "its value is needed to compute its value"
    help = "give it a value that doesn't lead back to it"

    name: str


class NamesTooDeep(Diagnostic):
    code = "E0219"
    title = "this name leads through more than {limit} others"
    caption = "the limit is reached here"
    help = "give it a value that needs fewer steps"

    limit: int


class UnusedParameter(Diagnostic):
    code = "E0216"
    title = "parameter `{name}` of `{block}` is never used"
    caption = "its value would be ignored"
    help = "use it in the body, or remove it"

    name: str
    block: str


class UnusedConstant(Diagnostic):
    code = "E0221"
    title = "constant `{name}` of `{block}` is never used"
    caption = "its value would be ignored"
    help = "use it, or remove it"

    name: str
    block: str


class BundledTwice(Diagnostic):
    code = "E0217"
    title = "`{name}` is not unique in the bundled library"
    caption = ""
    help = "say which: {choices}"

    name: str
    choices: str


class UnknownPath(Diagnostic):
    code = "E0218"
    title = "`{net}` has no step or scope `{path}`"
    help = "{advice}"

    path: str
    net: str
    advice: str
