"""Errors about the keys and values of recipes, and whether they fit a net (E0701 to E0729)."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "AugmentationNeedsImages",
    "BadOverride",
    "BadSchedulePath",
    "ChannelCountDiffers",
    "ClassCountDiffers",
    "InputShapeDiffers",
    "KeyTwice",
    "LossForm",
    "LossNeedsNames",
    "LossOperands",
    "LossShapes",
    "MissingKey",
    "ModelNotNet",
    "NesterovNeedsMomentum",
    "NotADescription",
    "OneInputNeeded",
    "ParameterWithoutDefault",
    "PathNotAllowed",
    "StepsAndEpochs",
    "UnknownKey",
    "UnknownLossName",
    "UnknownOverride",
    "UnknownWord",
]


class UnknownKey(Diagnostic):
    code = "E0701"
    title = "a recipe has no key `{key}`"
    caption = "unknown key"
    help = "the keys are {available}"

    key: str
    available: str


class KeyTwice(Diagnostic):
    code = "E0702"
    title = "`{key}` is given twice"
    caption = "given before"
    help = "remove one of them"

    key: str


class MissingKey(Diagnostic):
    code = "E0703"
    title = "recipe `{recipe}` doesn't say {what}"
    caption = "`{key}` is missing"
    help = "add a line such as `{example}`"

    recipe: str
    key: str
    what: str
    example: str


class StepsAndEpochs(Diagnostic):
    code = "E0704"
    title = "the length of the run is given in steps and in epochs"
    caption = "one of the two is enough"
    help = "keep `steps` or `epochs`"


class UnknownWord(Diagnostic):
    code = "E0705"
    title = "unknown {kind} `{name}`"
    caption = "no {kind} has this name"
    help = "there are {available}"

    kind: str
    name: str
    available: str


class NotADescription(Diagnostic):
    code = "E0706"
    title = "`{key}` takes the name of {kind}, with or without arguments"
    caption = "this is none"
    help = "there are {available}"

    key: str
    kind: str
    available: str


class PathNotAllowed(Diagnostic):
    code = "E0707"
    title = "`{key}` takes one value, not a path"
    caption = "steps joined by `->`"
    help = "only `augment`, `test`, `init` and `schedule` are paths"

    key: str


class BadSchedulePath(Diagnostic):
    code = "E0708"
    title = "`{name}` doesn't say when the next schedule begins"
    caption = "only the last one of a path may last to the end"
    help = "give it a length, in epochs or steps: `warmup(5) -> cosine(length=20) -> linear`"

    name: str


class ModelNotNet(Diagnostic):
    code = "E0709"
    title = "`model` must be a net"
    caption = "this is {actual}"
    help = "name a net of this file or an imported one: `model: resnet50(classes=10)`"

    actual: str


class LossForm(Diagnostic):
    code = "E0710"
    title = "a loss is a sum of losses, each multiplied by a number"
    caption = "{why}"
    help = "write it as `cross_entropy(logits, label) + 0.3 * mse(reconstruction, image)`"

    why: str


class LossOperands(Diagnostic):
    code = "E0711"
    title = "`{function}` takes {expected}{what}"
    caption = "{given} given"
    help = "values are outputs and inputs of the net, targets, and expressions over them"

    function: str
    expected: str
    what: str
    given: int


class UnknownLossName(Diagnostic):
    code = "E0712"
    title = "net `{net}` has no output or input `{name}`, and the data no such target"
    caption = "a loss reads outputs and inputs of the net, and targets"
    help = "there are {available}"

    net: str
    name: str
    available: str


class LossNeedsNames(Diagnostic):
    code = "E0713"
    title = "`{function}` must say which values it compares: {owner} has {counted}"
    caption = "which one?"
    help = "write `{example}`"

    function: str
    owner: str
    counted: str
    example: str


class LossShapes(Diagnostic):
    code = "E0714"
    title = "`{function}` can't compare {left} with {right}"
    caption = "`{left_name}` is {left}, `{right_name}` is {right}"
    help = "{advice}"

    function: str
    left: str
    right: str
    left_name: str
    right_name: str
    advice: str


class ClassCountDiffers(Diagnostic):
    code = "E0715"
    title = (
        "`{data}` has {classes:class/classes}, but `{output}` of net `{net}` has"
        " {outputs:channel/channels}"
    )
    caption = "`{function}` needs {needs}"
    help = "{first}give the net {classes:class/classes}"

    data: str
    classes: int
    function: str
    needs: str
    output: str
    outputs: str
    net: str
    first: str


class AugmentationNeedsImages(Diagnostic):
    code = "E0716"
    title = "`{augmentation}` works on images, but `{data}` gives {shape}"
    caption = "not for this data"
    help = "remove it"

    augmentation: str
    data: str
    shape: str


class InputShapeDiffers(Diagnostic):
    code = "E0717"
    title = "net `{net}` takes {expected}, but the recipe gives {actual}"
    caption = "{source}"
    help = "{advice}"

    net: str
    expected: str
    actual: str
    source: str
    advice: str


class OneInputNeeded(Diagnostic):
    code = "E0718"
    title = "`{data}` gives {given}, but net `{net}` has {inputs}"
    caption = "{given}"
    help = "train a net with {given}{others}"

    data: str
    net: str
    inputs: int
    given: str = "one input"
    others: str = ""


class ChannelCountDiffers(Diagnostic):
    code = "E0719"
    title = "`{normalization}` is for {expected:channel/channels}, but `{data}` has {actual}"
    caption = "one mean and deviation for each channel"
    help = "write `standardize(mean=[...], std=[...])` with {actual:value/values} each"

    normalization: str
    expected: int
    data: str
    actual: int


class NesterovNeedsMomentum(Diagnostic):
    code = "E0722"
    title = "`nesterov` looks ahead along the momentum, but `momentum` is 0"
    caption = "no momentum"
    help = "write `sgd(lr={lr}, momentum=0.9, nesterov=true)`"

    lr: float


class ParameterWithoutDefault(Diagnostic):
    code = "E0723"
    title = "parameter `{name}` of recipe `{recipe}` has no default"
    caption = "no value, so the recipe can't be checked"
    help = "write `{name}=...` here; `netlang train` can replace it"

    recipe: str
    name: str


class UnknownOverride(Diagnostic):
    code = "E0720"
    title = "recipe `{recipe}` has no parameter or key `{name}`"
    caption = "unknown name"
    help = "its parameters and keys are {available}"

    recipe: str
    name: str
    available: str


class BadOverride(Diagnostic):
    code = "E0721"
    title = "`{text}` is not of the form `name=value`"
    caption = "{why}"
    help = "{advice}"

    text: str
    why: str
    advice: str = "write it as `steps=200` or `optimizer='adam(lr=1e-3)'`"
