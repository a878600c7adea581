"""Training and evaluation of programs with PyTorch."""

from netlang.backends.torch.train.folder import RunFolder
from netlang.backends.torch.train.prediction import predict
from netlang.backends.torch.train.records.progress import (
    Bar,
    LogLines,
    Progress,
    Silent,
    progress_for,
)
from netlang.backends.torch.train.run import Result, train
from netlang.backends.torch.train.scoring import evaluate, examples_of
from netlang.backends.torch.train.state import Scores

__all__ = [
    "Bar", "LogLines", "Progress", "Result", "RunFolder", "Scores", "Silent", "evaluate",
    "examples_of", "predict", "progress_for", "train",
]  # fmt: skip
