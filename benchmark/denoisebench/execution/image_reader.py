"""Reading the images of sets once, and their names by content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from denoisebench.images.image_set import ImageSet, LazyImages, LoadedImage
from denoisebench.images.pixels import pixel_hash
from denoisebench.progress import Progress, ProgressCallback


@dataclass(frozen=True, slots=True)
class ImageReader:
    """Reads and hashes each image set once.  fetch: brings the missing files of a set here."""

    fetch: Callable[[ImageSet, ProgressCallback], None]
    progress: ProgressCallback
    _read: dict[tuple[str, int], Sequence[LoadedImage]] = field(default_factory=dict)
    _hashed: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def images(self, image_set: ImageSet) -> Sequence[LoadedImage]:
        """The images of a set; of an indexed one, each is read when it is taken."""
        key = (image_set.spec, image_set.channels)
        if key not in self._read:
            self.fetch(image_set, self.progress)
            indexed = image_set.indexed
            if indexed:
                self._read[key] = LazyImages(indexed)
            else:
                self._read[key] = [image.read() for image in image_set.images]
                self._pass_on_remark(image_set, self._read[key])
        return self._read[key]

    def _pass_on_remark(self, image_set: ImageSet, images: Sequence[LoadedImage]) -> None:
        """Say what the set has to say about the range of its pixels."""
        if image_set.remark is not None:
            given = [image.noisy for image in images if image.noisy is not None]
            largest = max(float(pixels.max()) for pixels in [*given, *(i.clean for i in images)])
            if remark := image_set.remark(largest):
                self.progress(Progress(remark, 0, 0, weight="warning"))

    def hashes(self, image_set: ImageSet) -> dict[str, str]:
        """The pixel hash of each clean image -> its id."""
        ids = (image.id for image in image_set.images)
        return dict(zip(self.pixel_hashes(image_set), ids, strict=True))

    def pixel_hashes(self, image_set: ImageSet) -> list[str]:
        """The pixel hash of each clean image, in the order of the set."""
        if image_set.indexed:
            return [image.pixel_sha256 for image in image_set.indexed]
        key = (image_set.spec, image_set.channels)
        if key not in self._hashed:
            self._hashed[key] = [pixel_hash(image.clean) for image in self.images(image_set)]
        return self._hashed[key]

    def sizes(self, image_set: ImageSet) -> dict[str, tuple[int, int]]:
        """The id of each image -> its height and width in pixels."""
        if image_set.indexed:
            return {image.id: image.size for image in image_set.indexed}
        return {image.id: image.clean.shape[1:] for image in self.images(image_set)}
