"""Check every file of an image set against its recorded SHA-256, and decode it."""

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet
from denoisebench.progress import Progress, ProgressCallback


def verify(image_set: ImageSet, progress: ProgressCallback) -> list[str]:
    """The faults of the set's files: one line for each bad or missing file."""
    problems: list[str] = []
    total = len(image_set.images)
    for done, image in enumerate(image_set.images):
        progress(Progress(f"verify {image_set.spec}", done, total, image.id))
        try:
            channels = image.read().clean.shape[0]
        except UserError as error:
            problems.append(str(error))
            continue
        if channels != image_set.channels:
            problems.append(f"{image_set.spec}/{image.id} has {channels} channels")
    progress(Progress(f"verify {image_set.spec}", total, total))
    return problems
