"""The base of all views."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from netlang.backends.torch.look.subject import Subject
from netlang.targets.looking import ViewSeen

__all__ = ["NetView"]


class NetView(ABC):
    """One way to look at a net. Views are made without arguments and keep nothing.

    `about` says what one sees and how it is computed.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]

    @abstractmethod
    def look(self, subject: Subject) -> ViewSeen:
        """What there is to see. Raises `LeftOut` if that is nothing."""

    def seen(
        self,
        measured: str,
        pictures: tuple[Path, ...],
        rows: tuple[tuple[str, ...], ...] = (),
    ) -> ViewSeen:
        """The report of this view."""
        return ViewSeen(self.name, self.title, self.about, measured, rows, pictures)

    def left_out(self, why: str) -> ViewSeen:
        """The report where there is nothing to see."""
        return ViewSeen(self.name, self.title, self.about, why, skipped=True)
