"""Noisy images as files: what a run makes in memory, for other codes and for `pairs:`.

OUT/<set>/clean/NAME.npy holds the clean image. A folder next to it, named as in the official
Noise2Score data generation, holds the noisy one. Arrays are float32, (H, W) or (H, W, 3), and equal
bit for bit what a run scores under the same noise and seed.
"""

from dataclasses import dataclass
from pathlib import Path

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.files import npy_bytes, ordinary_file, safe_name, write_whole
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.specs import Spec

_OFFICIAL = {"gaussian": "noisy_", "poisson": "noisy_", "gamma": "noisy_g_"}


@dataclass(frozen=True, slots=True)
class NoisyFolders:
    """Where the images of a set lie: the clean ones, and the noisy ones of one noise."""

    noisy: Path
    clean: Path

    @property
    def spec(self) -> str:
        """The image set that they are."""
        return str(Spec("pairs", (str(self.noisy), str(self.clean))))


def folders(image_set: ImageSet, noise: Noise, out: Path) -> NoisyFolders:
    """Where `write_noisy` puts a set.  Raises UserError if `out` cannot be part of a spec."""
    if any(mark in str(out) for mark in ":,="):
        raise UserError(f"--out {out}: give a folder without ':', ',' or '=' in its path")
    family, _, level = str(noise).partition(":")
    name = f"{_OFFICIAL.get(family, f'noisy_{family}_')}{level}"
    base = out / safe_name(image_set.spec)
    return NoisyFolders(base / safe_name(name), base / "clean")


def write_noisy(
    image_set: ImageSet, noise: Noise, seed: int, to: NoisyFolders, progress: ProgressCallback
) -> None:
    """Write the clean and noisy images of a set.  An existing file may be the same.

    Raises UserError for an existing file that holds something else, for a set whose noise is
    given, and for two images of one name; nothing is overwritten.
    """
    if image_set.noisy_is_given:
        raise UserError(
            f"{image_set.spec} has noisy images already; give its clean ones as folder:"
        )
    names = _names(image_set)
    what = f"{noise} on {image_set.spec}"
    for number, image in enumerate(image_set.images, start=1):
        clean = image.load()
        noisy, _ = _sampled(noise, clean, seed)
        for folder, pixels in ((to.clean, clean), (to.noisy, noisy)):
            _write(folder / f"{names[image.id]}.npy", pixels)
        progress(Progress(what, number, len(image_set.images)))


def _sampled(noise: Noise, clean: Pixels, seed: int) -> tuple[Pixels, float]:
    try:
        with plugin_code(noise.family.name):
            return noise.noisy(clean, seed=seed)
    except PluginError as error:
        raise UserError(str(error)) from error


def _names(image_set: ImageSet) -> dict[str, str]:
    """Each image's id -> the name of its files."""
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for image in image_set.images:
        name = names[image.id] = safe_name(Path(image.id).stem)
        first = ids.setdefault(name, image.id)
        if first != image.id:
            raise UserError(
                f"{image_set.spec}: {first} and {image.id} would both be written as {name}.npy"
            )
    return names


def _write(path: Path, pixels: Pixels) -> None:
    """Write (C, H, W) as .npy; an existing file must be the same."""
    data = npy_bytes(pixels)
    if not path.exists():
        write_whole(path, data)
    elif ordinary_file(path).read_bytes() != data:
        raise UserError(f"{path} is there and holds other pixels; give another --out")
