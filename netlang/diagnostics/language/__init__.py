"""Errors in a `.net` file: its text, names, values, structure and shapes.

The classes that elaboration reports are here by their names, and their modules are loaded when one
is first used: a sound file needs none.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.language.expressions import (
        FunctionNotCalled,
        NoCurrentValue,
        RecursiveFunction,
        SeveralCurrent,
        SpreadMisplaced,
        SpreadNotList,
        TooMuchWork,
        UnusedFunction,
    )
    from netlang.diagnostics.language.given import (
        NoValueForWeight,
        TiedBesideValue,
        WeightShape,
    )
    from netlang.diagnostics.language.inputs import (
        BatchWritten,
        InputInBlock,
        InputLate,
        InputMismatch,
        InputNotUsed,
        NoInput,
        ReservedSize,
        SizeWithoutDefault,
        TwoFloatTypes,
        UnknownType,
        WrongInputCount,
    )
    from netlang.diagnostics.language.names import (
        AmbiguousLabel,
        AssignedTwice,
        BundledTwice,
        CircularConstant,
        CircularImport,
        DefinedTwice,
        ImportLeavesFolder,
        ImportNotFound,
        LabelOfBlock,
        NameNotInFile,
        NamesTooDeep,
        NoSuchAttribute,
        NotALayer,
        NotAValue,
        Recursion,
        SeveralValues,
        TooDeep,
        UnknownLabel,
        UnknownLayer,
        UnknownName,
        UnusedConstant,
        UnusedParameter,
    )
    from netlang.diagnostics.language.ports import (
        BadPortName,
        NoSuchOutput,
        PortFromValue,
    )
    from netlang.diagnostics.language.sizes import (
        NeverHolds,
        NoSizeWorks,
        SizeNotPositive,
        SizeRefused,
        SizesRefused,
        UnknownSize,
    )
    from netlang.diagnostics.language.structure import (
        AssertFailed,
        AssertOnNoNet,
        BadLabelText,
        BodyNotAllowed,
        BodyTwice,
        BranchNotSingle,
        DuplicateLabel,
        DuplicateOutput,
        EmptyMerge,
        EmptySuite,
        LabelInsideInstance,
        MisplacedStatement,
        NoOutput,
        NotAnInstance,
        NothingToApply,
        NothingToRead,
        OnlyBounded,
        OutputElsewhere,
        StepWithoutEffect,
        TooManySteps,
        WeightsDiffer,
    )
    from netlang.diagnostics.language.values import (
        ArgumentTwice,
        BadArgument,
        BadCondition,
        BadCount,
        BadIndex,
        BadIterable,
        BadOperands,
        BadTargets,
        DependsOnSizes,
        DivisionByZero,
        FunctionRefused,
        MissingArgument,
        NotCallable,
        NumberTooLarge,
        TooManyArguments,
        UnknownArgument,
    )

__all__ = [
    "AmbiguousLabel", "ArgumentTwice", "AssertFailed", "AssertOnNoNet", "AssignedTwice",
    "BadArgument", "BadCondition", "BadCount", "BadIndex", "BadIterable", "BadLabelText",
    "BadOperands", "BadPortName", "BadTargets", "BatchWritten", "BodyNotAllowed", "BodyTwice",
    "BranchNotSingle", "BundledTwice", "CircularConstant", "CircularImport", "DefinedTwice",
    "DependsOnSizes", "DivisionByZero", "DuplicateLabel", "DuplicateOutput", "EmptyMerge",
    "EmptySuite", "FunctionNotCalled", "FunctionRefused", "ImportLeavesFolder", "ImportNotFound",
    "InputInBlock", "InputLate", "InputMismatch", "InputNotUsed", "LabelInsideInstance",
    "LabelOfBlock", "MisplacedStatement", "MissingArgument", "NameNotInFile", "NamesTooDeep",
    "NeverHolds", "NoCurrentValue", "NoInput", "NoOutput", "NoSizeWorks", "NoSuchAttribute",
    "NoSuchOutput", "NoValueForWeight", "NotALayer", "NotAValue", "NotAnInstance", "NotCallable",
    "NothingToApply", "NothingToRead", "NumberTooLarge", "OnlyBounded", "OutputElsewhere",
    "PortFromValue", "Recursion", "RecursiveFunction", "ReservedSize", "SeveralCurrent",
    "SeveralValues", "SizeNotPositive", "SizeRefused", "SizeWithoutDefault", "SizesRefused",
    "SpreadMisplaced", "SpreadNotList", "StepWithoutEffect", "TiedBesideValue", "TooDeep",
    "TooManyArguments", "TooManySteps", "TooMuchWork", "TwoFloatTypes", "UnknownArgument",
    "UnknownLabel", "UnknownLayer", "UnknownName", "UnknownSize", "UnknownType", "UnusedConstant",
    "UnusedFunction", "UnusedParameter", "WeightShape", "WeightsDiffer", "WrongInputCount",
]  # fmt: skip

_HOMES = {
    "expressions": (
        "FunctionNotCalled", "NoCurrentValue", "RecursiveFunction", "SeveralCurrent",
        "SpreadMisplaced", "SpreadNotList", "TooMuchWork", "UnusedFunction",
    ),
    "given": (
        "NoValueForWeight", "TiedBesideValue", "WeightShape",
    ),
    "inputs": (
        "BatchWritten", "InputInBlock", "InputLate", "InputMismatch", "InputNotUsed", "NoInput",
        "ReservedSize", "SizeWithoutDefault", "TwoFloatTypes", "UnknownType", "WrongInputCount",
    ),
    "names": (
        "AmbiguousLabel", "AssignedTwice", "BundledTwice", "CircularConstant", "CircularImport",
        "DefinedTwice", "ImportLeavesFolder", "ImportNotFound", "LabelOfBlock", "NameNotInFile",
        "NamesTooDeep", "NoSuchAttribute", "NotALayer", "NotAValue", "Recursion", "SeveralValues",
        "TooDeep", "UnknownLabel", "UnknownLayer", "UnknownName", "UnusedConstant",
        "UnusedParameter",
    ),
    "ports": (
        "BadPortName", "NoSuchOutput", "PortFromValue",
    ),
    "sizes": (
        "NeverHolds", "NoSizeWorks", "SizeNotPositive", "SizeRefused", "SizesRefused",
        "UnknownSize",
    ),
    "structure": (
        "AssertFailed", "AssertOnNoNet", "BadLabelText", "BodyNotAllowed", "BodyTwice",
        "BranchNotSingle", "DuplicateLabel", "DuplicateOutput", "EmptyMerge", "EmptySuite",
        "LabelInsideInstance", "MisplacedStatement", "NoOutput", "NotAnInstance", "NothingToApply",
        "NothingToRead", "OnlyBounded", "OutputElsewhere", "StepWithoutEffect", "TooManySteps",
        "WeightsDiffer",
    ),
    "values": (
        "ArgumentTwice", "BadArgument", "BadCondition", "BadCount", "BadIndex", "BadIterable",
        "BadOperands", "BadTargets", "DependsOnSizes", "DivisionByZero", "FunctionRefused",
        "MissingArgument", "NotCallable", "NumberTooLarge", "TooManyArguments", "UnknownArgument",
    ),
}  # fmt: skip
"""The modules and the names that each of them has."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
