"""What a search is shared through, by where it is."""

from __future__ import annotations

from pathlib import Path

from netlang.extras import needs
from netlang.searching.shared.files import FolderSharing
from netlang.searching.shared.sharing import SearchPlace, Sharing

__all__ = ["sharing_of"]


def sharing_of(place: SearchPlace) -> Sharing:
    """What is kept of a search at a place. Raises `NetlangError` if it can't be used."""
    if place.storage is None:
        return FolderSharing(Path(place.folder))
    with needs("search"):
        from netlang.searching.shared.study import StudySharing

        return StudySharing(place, place.storage)
