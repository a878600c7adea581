"""Optional packages: what to install if a command needs one that is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from netlang.diagnostics.errors import NetlangError
from netlang.diagnostics.files import BrokenInstallation, ExtraMissing

__all__ = ["PACKAGES", "broken", "needs"]

# What an import needs, in the words of its own project, and the extra that brings it.
PACKAGES: Mapping[str, tuple[str, str]] = {
    "graphviz": ("graphviz", "draw"),
    "h5py": ("h5py", "keras"),
    "keras": ("Keras", "keras"),
    "matplotlib": ("Matplotlib", "data"),
    "mnist1d": ("mnist1d", "data"),
    "PIL": ("Pillow", "data"),
    "datasets": ("Datasets", "hugging_face"),
    "cmaes": ("cmaes", "search"),
    "numpy": ("NumPy", "torch"),
    "onnx": ("ONNX", "onnx"),
    "onnxruntime": ("ONNX Runtime", "onnx"),
    "optuna": ("Optuna", "search"),
    "pygraphviz": ("PyGraphviz", "draw"),
    "rich": ("rich", "torch"),
    "sklearn": ("scikit-learn", "data"),
    "tensorboard": ("TensorBoard", "tensorboard"),
    "torch": ("PyTorch", "torch"),
    "torchvision": ("torchvision", "torchvision"),
    "webdataset": ("WebDataset", "shards"),
}


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Inside, a missing or broken optional package is an error that says how to install it."""
    try:
        yield
    except ImportError as error:
        module = (error.name or "").split(".")[0]
        if module not in PACKAGES:
            raise
        package, own_extra = PACKAGES[module]
        chosen = extra if module == "numpy" else own_extra
        if isinstance(error, ModuleNotFoundError) and error.name == module:
            raise NetlangError(ExtraMissing(span=None, package=package, extra=chosen)) from None
        raise broken(package, str(error)) from error


def broken(package: str, reason: str) -> NetlangError:
    """The error for a package that is installed but can't be used."""
    command = f"pip install --force-reinstall {package}"
    return NetlangError(
        BrokenInstallation(span=None, package=package, command=command, reason=reason)
    )
