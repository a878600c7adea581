"""Users' errors as objects, and how they are shown.

Errors about files and warnings are here by their names, and their modules are loaded when one is
first used; `language` has those of a text in the same way.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.files import (
        BadInputType,
        BadSpec,
        BrokenInstallation,
        FileNotFound,
        FileNotUtf8,
        FileTooLarge,
        FileUnreadable,
        InputsMissing,
        IsADirectory,
        NetNotInFile,
        NoNetInFile,
        NoRecipeInFile,
        NotAFile,
        NotANetFile,
        SeveralNets,
        UnknownBundled,
    )
    from netlang.diagnostics.warnings.comments import (
        NotAWarning,
        NothingAllowed,
        UnknownWarning,
    )
    from netlang.diagnostics.warnings.tensors import (
        ArgumentOrder,
        BatchInShape,
        ChannelsLast,
        ConcatAxis,
        LinearOfImage,
        SoftmaxAxis,
        is_about_tensors,
    )
    from netlang.diagnostics.warnings.text import (
        AppliedTwice,
        BranchLikeStep,
        LoopNeverRuns,
        StepAfterOutput,
        UnusedBlock,
        UnusedFileConstant,
        UnusedFileFunction,
        UnusedImport,
        UnusedTarget,
    )
    from netlang.diagnostics.warnings.training import (
        ChangeBeyondEnd,
        ProbabilitiesAsLogits,
        UntrainedHead,
    )

__all__ = [
    "AppliedTwice", "ArgumentOrder", "BadInputType", "BadSpec", "BatchInShape", "BranchLikeStep",
    "BrokenInstallation", "ChangeBeyondEnd", "ChannelsLast", "ConcatAxis", "FileNotFound",
    "FileNotUtf8", "FileTooLarge", "FileUnreadable", "InputsMissing", "IsADirectory",
    "LinearOfImage", "LoopNeverRuns", "NetNotInFile", "NoNetInFile", "NoRecipeInFile", "NotAFile",
    "NotANetFile", "NotAWarning", "NothingAllowed", "ProbabilitiesAsLogits", "SeveralNets",
    "SoftmaxAxis", "StepAfterOutput", "UnknownBundled", "UnknownWarning", "UntrainedHead",
    "UnusedBlock", "UnusedFileConstant", "UnusedFileFunction", "UnusedImport", "UnusedTarget",
    "is_about_tensors",
]  # fmt: skip

_HOMES = {
    "files": (
        "BadInputType", "BadSpec", "BrokenInstallation", "FileNotFound", "FileNotUtf8",
        "FileTooLarge", "FileUnreadable", "InputsMissing", "IsADirectory", "NetNotInFile",
        "NoNetInFile", "NoRecipeInFile", "NotAFile", "NotANetFile", "SeveralNets",
        "UnknownBundled",
    ),
    "warnings.comments": (
        "NotAWarning", "NothingAllowed", "UnknownWarning",
    ),
    "warnings.tensors": (
        "ArgumentOrder", "BatchInShape", "ChannelsLast", "ConcatAxis", "LinearOfImage",
        "SoftmaxAxis", "is_about_tensors",
    ),
    "warnings.text": (
        "AppliedTwice", "BranchLikeStep", "LoopNeverRuns", "StepAfterOutput", "UnusedBlock",
        "UnusedFileConstant", "UnusedFileFunction", "UnusedImport", "UnusedTarget",
    ),
    "warnings.training": (
        "ChangeBeyondEnd", "ProbabilitiesAsLogits", "UntrainedHead",
    ),
}  # fmt: skip
"""The modules and the names that each of them has."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
