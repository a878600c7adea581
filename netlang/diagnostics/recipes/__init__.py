"""Errors in recipes, found before these run.

The classes are here by their names, and their modules are loaded when one is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from netlang.diagnostics.recipes.data import (
        ElementsNotGiven,
        PartTwice,
        SourceChannels,
        ValidationTwice,
    )
    from netlang.diagnostics.recipes.keys import (
        AugmentationNeedsImages,
        BadOverride,
        BadSchedulePath,
        ChannelCountDiffers,
        ClassCountDiffers,
        InputShapeDiffers,
        KeyTwice,
        LossForm,
        LossNeedsNames,
        LossOperands,
        LossShapes,
        MissingKey,
        ModelNotNet,
        NesterovNeedsMomentum,
        NotADescription,
        OneInputNeeded,
        ParameterWithoutDefault,
        PathNotAllowed,
        StepsAndEpochs,
        UnknownKey,
        UnknownLossName,
        UnknownOverride,
        UnknownWord,
    )
    from netlang.diagnostics.recipes.optimization import (
        AmbiguousValue,
        BadOperand,
        ClassWeightCount,
        HalfGiven,
        MuonWithoutMatrices,
        NoMomentumToCycle,
        NoSuchLabel,
        NothingCompared,
        NothingToFill,
        NothingToTrain,
        NotProbabilities,
        NoWaves,
        NoWeightDecay,
        OperandShapes,
        ScheduleOverrun,
        SeveralPlateaus,
        WhiteningTooLarge,
    )
    from netlang.diagnostics.recipes.paths import (
        CropTooLarge,
        SizeLeftOpen,
        SizeNotTaken,
        StepMisplaced,
    )
    from netlang.diagnostics.recipes.run import (
        AveragedTwice,
        AveragesLate,
        NothingToWatch,
        OneValueNormalized,
        TooManyParts,
    )
    from netlang.diagnostics.recipes.sections import (
        BesideSteps,
        DrawnInput,
        EmptyRange,
        LeftUntrained,
        NoGradientThere,
        NotWithSteps,
        OutsideStep,
        SamplesUnfit,
        SectionName,
        StepKeyMissing,
        TooManyTurns,
        TrainsNothing,
        UnknownSection,
        UnknownSectionKey,
    )
    from netlang.diagnostics.recipes.sizes import (
        ExampleNotTaken,
        OneSizeNeeded,
    )
    from netlang.diagnostics.recipes.spaces import (
        ChoiceOfOne,
        ChoiceTwice,
        OpenSpaces,
        SpaceBackwards,
        SpaceMisplaced,
        SpaceOfOne,
    )
    from netlang.diagnostics.recipes.steps import (
        MixedTarget,
        MixesOneExample,
        MixesOneInput,
        PlacesAveraged,
        PlacesLeft,
        StepChannels,
    )

__all__ = [
    "AmbiguousValue", "AugmentationNeedsImages", "AveragedTwice", "AveragesLate", "BadOperand",
    "BadOverride", "BadSchedulePath", "BesideSteps", "ChannelCountDiffers", "ChoiceOfOne",
    "ChoiceTwice", "ClassCountDiffers", "ClassWeightCount", "CropTooLarge", "DrawnInput",
    "ElementsNotGiven", "EmptyRange", "ExampleNotTaken", "HalfGiven", "InputShapeDiffers",
    "KeyTwice", "LeftUntrained", "LossForm", "LossNeedsNames", "LossOperands", "LossShapes",
    "MissingKey", "MixedTarget", "MixesOneExample", "MixesOneInput", "ModelNotNet",
    "MuonWithoutMatrices", "NesterovNeedsMomentum", "NoGradientThere", "NoMomentumToCycle",
    "NoSuchLabel", "NoWaves", "NoWeightDecay", "NotADescription", "NotProbabilities",
    "NotWithSteps", "NothingCompared", "NothingToFill", "NothingToTrain", "NothingToWatch",
    "OneInputNeeded", "OneSizeNeeded", "OneValueNormalized", "OpenSpaces", "OperandShapes",
    "OutsideStep", "ParameterWithoutDefault", "PartTwice", "PathNotAllowed", "PlacesAveraged",
    "PlacesLeft", "SamplesUnfit", "ScheduleOverrun", "SectionName", "SeveralPlateaus",
    "SizeLeftOpen", "SizeNotTaken", "SourceChannels", "SpaceBackwards", "SpaceMisplaced",
    "SpaceOfOne", "StepChannels", "StepKeyMissing", "StepMisplaced", "StepsAndEpochs",
    "TooManyParts", "TooManyTurns", "TrainsNothing", "UnknownKey", "UnknownLossName",
    "UnknownOverride", "UnknownSection", "UnknownSectionKey", "UnknownWord", "ValidationTwice",
    "WhiteningTooLarge",
]  # fmt: skip

_HOMES = {
    "data": (
        "ElementsNotGiven", "PartTwice", "SourceChannels", "ValidationTwice",
    ),
    "keys": (
        "AugmentationNeedsImages", "BadOverride", "BadSchedulePath", "ChannelCountDiffers",
        "ClassCountDiffers", "InputShapeDiffers", "KeyTwice", "LossForm", "LossNeedsNames",
        "LossOperands", "LossShapes", "MissingKey", "ModelNotNet", "NesterovNeedsMomentum",
        "NotADescription", "OneInputNeeded", "ParameterWithoutDefault", "PathNotAllowed",
        "StepsAndEpochs", "UnknownKey", "UnknownLossName", "UnknownOverride", "UnknownWord",
    ),
    "optimization": (
        "AmbiguousValue", "BadOperand", "ClassWeightCount", "HalfGiven", "MuonWithoutMatrices",
        "NoMomentumToCycle", "NoSuchLabel", "NoWaves", "NoWeightDecay", "NotProbabilities",
        "NothingCompared", "NothingToFill", "NothingToTrain", "OperandShapes", "ScheduleOverrun",
        "SeveralPlateaus", "WhiteningTooLarge",
    ),
    "paths": (
        "CropTooLarge", "SizeLeftOpen", "SizeNotTaken", "StepMisplaced",
    ),
    "run": (
        "AveragedTwice", "AveragesLate", "NothingToWatch", "OneValueNormalized", "TooManyParts",
    ),
    "sections": (
        "BesideSteps", "DrawnInput", "EmptyRange", "LeftUntrained", "NoGradientThere",
        "NotWithSteps", "OutsideStep", "SamplesUnfit", "SectionName", "StepKeyMissing",
        "TooManyTurns", "TrainsNothing", "UnknownSection", "UnknownSectionKey",
    ),
    "sizes": (
        "ExampleNotTaken", "OneSizeNeeded",
    ),
    "spaces": (
        "ChoiceOfOne", "ChoiceTwice", "OpenSpaces", "SpaceBackwards", "SpaceMisplaced",
        "SpaceOfOne",
    ),
    "steps": (
        "MixedTarget", "MixesOneExample", "MixesOneInput", "PlacesAveraged", "PlacesLeft",
        "StepChannels",
    ),
}  # fmt: skip
"""The modules and the names that each of them has."""


def __getattr__(name: str) -> object:
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
