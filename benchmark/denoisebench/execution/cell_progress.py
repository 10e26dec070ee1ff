"""How far a cell is: its images, and within one of them the steps of learning on it."""

from denoisebench.progress import Progress, ProgressCallback


class CellProgress:
    """Counts the images of a cell, `what`, of which there are `images`, repeats included."""

    def __init__(self, what: str, images: int, progress: ProgressCallback) -> None:
        self._what, self._images, self._progress = what, images, progress
        self._done = 0

    def image_done(self) -> None:
        self._done += 1
        self._progress(Progress(self._what, self._done, self._images))

    def within_image(self, part: Progress) -> None:
        """How far one image is becomes a note; what is only to be said is passed on."""
        if part.total:
            part = Progress(self._what, self._done, self._images, str(part))
        self._progress(part)
