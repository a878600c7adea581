"""The order of the views: of the weights, of one example, and of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlang.backends.torch.look.diagnostics import NoSuchView
from netlang.backends.torch.look.subject import LeftOut, Subject
from netlang.backends.torch.look.views.feature_maps import FeatureMaps
from netlang.backends.torch.look.views.features import Features
from netlang.backends.torch.look.views.field import FieldDrawn
from netlang.backends.torch.look.views.grad_cam import GradCam
from netlang.backends.torch.look.views.kernels import Kernels
from netlang.backends.torch.look.views.occlusion import Occlusion
from netlang.backends.torch.look.views.saliency import Saliency
from netlang.backends.torch.look.views.strongest import Strongest
from netlang.backends.torch.look.views.view import NetView
from netlang.backends.torch.train.devices import choose_device, reproducible, threads_for
from netlang.backends.torch.train.memory import memory_told
from netlang.backends.torch.train.records.drawing import require_drawing
from netlang.diagnostics.errors import NetlangError
from netlang.ir.program import Program
from netlang.recipes.recipe import Recipe
from netlang.targets.looking import LookOptions, ViewSeen

__all__ = ["ALL", "look"]

ALL: tuple[type[NetView], ...] = (
    Kernels, FeatureMaps, FieldDrawn, GradCam, Saliency, Occlusion, Strongest, Features,
)  # fmt: skip


def look(
    recipe: Recipe | None,
    program: Program,
    options: LookOptions,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[ViewSeen]:
    """The views, as `LookingBackend.look` says. `say` shows what is being done."""
    require_drawing()
    device = choose_device(options.device)
    batch = 1 if recipe is None else recipe.batch
    with memory_told(device), reproducible(device, threads_for(program, batch)):
        subject = Subject(recipe, program, options, device, say)
        # A net by itself has weights but neither examples nor classes.
        views = ALL if recipe is not None or options.only else (Kernels,)
        for view in views:
            if not options.only or view.name in options.only:
                say(f"looking at {view.title}")
                yield _seen(view(), subject)


def _seen(view: NetView, subject: Subject) -> ViewSeen:
    try:
        return view.look(subject)
    except LeftOut as left:
        if view.name in subject.options.only:
            raise NetlangError(NoSuchView(span=None, view=view.name, why=str(left))) from None
        return view.left_out(str(left))
