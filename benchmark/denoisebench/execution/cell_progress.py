"""How far a cell is: its images, and within one of them the steps of learning on it."""

from denoisebench.progress import Progress, ProgressCallback


class CellProgress:
    """Passes on how many images of a cell are done, and remembers it.

    what: the cell in words.  images: how many it has, repeats included.
    """

    def __init__(self, what: str, images: int, progress: ProgressCallback) -> None:
        self._at, self._progress = Progress(what, 0, images), progress

    def images(self, at: Progress) -> None:
        self._at = at
        self._progress(at)

    def within_image(self, part: Progress) -> None:
        """How far one image is becomes a note; what is only to be said is passed on."""
        if part.total:
            part = Progress(self._at.what, self._at.done, self._at.total, str(part))
        self._progress(part)
