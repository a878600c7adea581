"""Errors of writing and running ONNX files."""

from __future__ import annotations

from netlang.diagnostics.diagnostic import Diagnostic

__all__ = [
    "ElementsUnsupported", "ExamplesUnfit", "IntegerTooLarge", "NameOfTwoValues", "NoExamples",
    "NoKernel", "NotFused", "NotOfThisNet", "NotSinglePrecision", "OperatorUnsupported",
    "OpsetUnsupported", "ProviderMissing", "ProviderReplaced", "RuntimeTooOld", "RuntimeUnknown",
    "ShapeDiffers", "SizeUnknown", "StepNotThere", "TensorDiffers", "TooMuchInput",
    "UnreadableModel", "ValuesDiffer",
]  # fmt: skip


class OperatorUnsupported(Diagnostic):
    """An operator that ONNX can't express, with the reason."""

    code = "E0931"
    title = "`{operator}` has no ONNX form: {reason}"

    operator: str
    reason: str


class NotFused(Diagnostic):
    """Something that isn't for a file with operators that ONNX Runtime alone has."""

    code = "E0958"
    title = "`--for onnxruntime` joins steps of float32 into its own operators: not with {what}"
    help = "leave one of them out, or name a release: `--for onnxruntime=={newest}`"

    what: str
    newest: str


class OpsetUnsupported(Diagnostic):
    """A version of the ONNX operator set for which there are no lowerings."""

    code = "E0932"
    title = "opset {opset} isn't supported"
    help = "use an opset from {lowest} to {highest}"

    opset: int
    lowest: int
    highest: int


class RuntimeUnknown(Diagnostic):
    """A release of ONNX Runtime of which it isn't known what it loads."""

    code = "E0956"
    title = "`{text}` names no known release of ONNX Runtime"
    help = (
        "name one from {oldest} to {newest}: `onnxruntime=={newest}`; `onnxruntime` alone is for "
        "operators that no other runtime has"
    )

    text: str
    oldest: str
    newest: str


class RuntimeTooOld(Diagnostic):
    """What the named release of ONNX Runtime doesn't load."""

    code = "E0957"
    title = "`{runtime}` doesn't load {what}"
    help = "{advice}"

    runtime: str
    what: str
    advice: str


class NameOfTwoValues(Diagnostic):
    """An output that has the name of an input or a learned tensor but another value."""

    code = "E0933"
    title = "`{name}` is an output and {other} of net `{net}`"
    caption = "in an ONNX file each name stands for one value"
    help = "give the output another name: `output result`"

    name: str
    other: str
    net: str


class ElementsUnsupported(Diagnostic):
    """An ONNX operator that is not defined for the net's floating-point type."""

    code = "E0934"
    title = "ONNX's `{kind}` takes no {dtype} at opset {opset}"
    caption = "its step `{place}` computes in {dtype}"
    help = "{advice}"

    kind: str
    place: str
    dtype: str
    opset: int
    advice: str


class NoKernel(Diagnostic):
    """An operator that ONNX Runtime doesn't implement for the type of its elements."""

    code = "E0320"
    title = "ONNX Runtime doesn't compute `{kind}` of opset {opset} in {dtype}"
    caption = "its step `{place}` would need that, and the file wouldn't load"
    help = "{advice}"

    kind: str
    place: str
    dtype: str
    opset: int
    advice: str


class UnreadableModel(Diagnostic):
    """A file that can't be read or run as an ONNX model."""

    code = "E0935"
    title = "can't use `{file}`: {reason}"

    file: str
    reason: str


class NotOfThisNet(Diagnostic):
    """An ONNX file with other inputs or outputs than the net."""

    code = "E0936"
    title = "`{file}` isn't a file of net `{net}`: its {what} are {found}"
    caption = "here they are {expected}"
    help = (
        "name the net that the file was written from, with its arguments: `'resnet50(classes=7)'`"
    )

    file: str
    net: str
    what: str
    found: str
    expected: str


class ValuesDiffer(Diagnostic):
    """A step whose values in an ONNX file are not those of the spec."""

    code = "E0937"
    title = "`{place}` of `{file}` has other values than in net `{net}`"
    caption = "at {inputs} the largest difference is {difference} of the largest value: {rounding}"
    help = "{advice}"

    place: str
    file: str
    net: str
    inputs: str
    difference: str
    rounding: str
    advice: str


class ShapeDiffers(Diagnostic):
    """A step whose shape in an ONNX file is not that of the spec."""

    code = "E0938"
    title = "`{place}` of `{file}` has shape {found}, not {expected}"
    caption = "that is its shape at {inputs}"
    help = "{advice}"

    place: str
    file: str
    found: str
    expected: str
    inputs: str
    advice: str


class TensorDiffers(Diagnostic):
    """A stored tensor with other numbers, though no value showed it."""

    code = "E0939"
    title = "a tensor that `{place}` of `{file}` reads is not that of net `{net}`"
    caption = "its values agree where they were compared: other inputs may tell them apart"
    help = "{advice}"

    place: str
    file: str
    net: str
    advice: str


class NotSinglePrecision(Diagnostic):
    """A net that computes in other floats than float32, of which a file in fewer bits is asked."""

    code = "E0960"
    title = "net `{net}` computes in {floats}: fewer bits are for nets of float32"
    help = "declare its inputs as float32, or leave out the options for other numbers"

    net: str
    floats: str


class StepNotThere(Diagnostic):
    """A label that no step of the deployed net has."""

    code = "E0961"
    title = "no step of net `{net}` is called `{label}`"
    help = "steps with weights are {weighted}; `netlang summary` shows all labels"

    label: str
    net: str
    weighted: str


class NoExamples(Diagnostic):
    """A file in integers without examples from which the ranges of values can be known."""

    code = "E0963"
    title = "int8 needs examples of what net `{net}` takes, for the ranges of its values"
    help = "give a part of the recipe's data or an .npz file: `--calibrate train`"

    net: str


class ExamplesUnfit(Diagnostic):
    """Examples that aren't inputs of the net."""

    code = "E0962"
    title = "net `{net}` doesn't take these examples: {reason}"
    help = "give an array for each input by its name, whose first axis counts the examples"

    net: str
    reason: str


class IntegerTooLarge(Diagnostic):
    """A size or another whole number of a step that an ONNX file has no place for."""

    code = "E0990"
    title = "no ONNX file can hold the number {number:,}"
    caption = "a whole number in it is at most 9,223,372,036,854,775,807"
    help = "take a smaller size"

    number: int


class ProviderMissing(Diagnostic):
    """An execution provider that the installed ONNX Runtime was built without."""

    code = "E0965"
    title = "the installed ONNX Runtime has no provider `{name}`"
    help = "it has {available}; another distribution of ONNX Runtime may have more"

    name: str
    available: str


class ProviderReplaced(Diagnostic):
    """A session that runs on another execution provider than it was asked to."""

    code = "E0966"
    title = "asked for `{name}`, ONNX Runtime fell back to {got}"
    help = "a library or device that it needs is missing: `netlang doctor --runtime` says which"

    name: str
    got: str


class SizeUnknown(Diagnostic):
    """An ONNX file whose inputs can't be made up with what is known of their sizes."""

    code = "E0967"
    title = "can't make up inputs for `{file}`: {reason}"
    help = "{advice}"

    file: str
    reason: str
    advice: str


class TooMuchInput(Diagnostic):
    """Inputs that are too large to be made up."""

    code = "E0968"
    title = "the inputs of `{file}` would take {size} bytes, at most {most} are made up"
    help = "choose a smaller `--batch` or `--size`"

    file: str
    size: int
    most: int
