"""The public image sets: where each comes from, under which terms, and its recorded files.

`catalog.csv` lists the files (name, SHA-256, path in the source repository); a set's gray version
is the same files through `ImageSet.gray`.  A set of camera pairs has a noisy file beside each clean
one, and no gray version, whose noise would be other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

import numpy as np

from denoisebench.plugin import (
    COLOUR,
    GRAY,
    Between,
    ImageFile,
    ImageSet,
    ImageSource,
    Pixels,
    ProgressCallback,
    Spec,
    as_colour,
    build_config,
    config_spec,
)
from denoisebench_datasets.public.downloads import RemoteFile, fetch, find, load
from denoisebench_datasets.public.known_overlaps import shares_of
from denoisebench_datasets.public.tables import table

DNCNN = "cszn/DnCNN@e93b27812d3ff523a3a79d19e5e50d233d7a8d0a"
FFDNET = "cszn/FFDNet@e787f46df2f374ff3591186706229cb9a0591fea"
KODAK = (
    "MohamedBakrAli/Kodak-Lossless-True-Color-Image-Suite@dd2e1105fe8d9afe1120cd7e4c0e5e41f509a81b"
)
BSDS500 = "BIDS/BSDS500@a04b7c6c3a9f0ace74bf205c72a43d32e1c72722"
POLYU = "csjunxu/PolyU-Real-World-Noisy-Images-Dataset@3af0f2646b267a00446fe4b7113a15e67bc80b4e"
CC = "csjunxu/MCWNNM-ICCV2017@e6db69b01ff21e89461cc49893c89afb1a9a941c"
FMD = "jason-lequyer/Noise2Fast@8b244699ee84eb057b77cbcedc9dc6f5a4a434b8"
SIDD = "p1y2z3/SDAP@1f415a00afcd52518d90365d7349358c88d45d2b"
BSDS_TERMS = "Berkeley Segmentation Data Set: non-commercial research and education"
RAW = "https://raw.githubusercontent.com"


@dataclass(frozen=True, slots=True)
class Entry:
    """One set of the catalog."""

    name: str
    channels: int
    summary: str
    licence: str
    source: str  # owner/repository@commit on GitHub
    folder: str = ""  # whose files it uses, when not its own
    without: tuple[str, ...] = ()
    pairs: tuple[str, str] | None = None  # names of a noisy file and of its clean one; *: the image

    def files(self) -> tuple[RemoteFile, ...]:
        """The set's files, in order."""
        folder = self.folder or self.name
        base = f"{RAW}/{self.source.replace('@', '/')}"
        return tuple(
            RemoteFile(folder, row["image"], row["sha256"], f"{base}/{row['path']}")
            for row in table("catalog.csv")
            if row["set"] == folder and row["image"] not in self.without
        )


ENTRIES = (
    Entry("set12", GRAY, "12 classic gray test images", "research use", DNCNN),
    Entry("bsd68", GRAY, "68 gray test images of BSDS", BSDS_TERMS, DNCNN),
    Entry("cbsd68", COLOUR, "BSD68's images in colour", BSDS_TERMS, FFDNET),
    Entry("kodak", COLOUR, "Kodak's 24 photographs, whole", "free for any use", KODAK),
    Entry("set14", COLOUR, "14 classic colour test images", "research use", DNCNN),
    Entry(
        "set14-12",
        COLOUR,
        "set14 without its gray images: that of Neighbor2Neighbor's code",
        "research use",
        DNCNN,
        folder="set14",
        without=("bridge.bmp", "man.bmp"),
    ),
    Entry("bsd300", COLOUR, "BSDS300's 100 test images", BSDS_TERMS, BSDS500),
    Entry("cbsd400", COLOUR, "BSDS500's train and test images", BSDS_TERMS, BSDS500),
    Entry(
        "cbsd399",
        COLOUR,
        "cbsd400 without the image that holds set12/04.png; default for training",
        BSDS_TERMS,
        BSDS500,
        folder="cbsd400",
        without=("12003.jpg",),
    ),
    Entry(
        "polyu",
        COLOUR,
        "100 camera images with real noise, and means of many shots (PolyU, 512×512)",
        "non-commercial",
        POLYU,
        pairs=("*_real.JPG", "*_mean.JPG"),
    ),
    Entry(
        "cc15",
        COLOUR,
        "15 camera images with real noise, and means of many shots (Nam et al., 512×512)",
        "non-commercial",
        CC,
        pairs=("*_real.png", "*_mean.png"),
    ),
    Entry(
        "fmd-confocal5",
        GRAY,
        "5 microscope images with real noise, and means of many shots (FMD, 512×512)",
        "Apache-2.0, of the repository; FMD: CC BY-SA 4.0, to be confirmed",
        FMD,
        pairs=("noisy/*.tif", "mean/*.tif"),
    ),
    Entry(
        "sidd-val5",
        COLOUR,
        "5 of SIDD's 1280 validation crops: real smartphone noise (256×256)",
        "MIT, of the repository",
        SIDD,
        pairs=("noisy/*.png", "clean/*.png"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class CatalogConfig:
    """size: the side in pixels that images are resized to, as some papers' codes do; 0: they are
    not.  Another size is another set: its figures are of other images."""

    size: Annotated[int, Between(0, 8192)] = 0

    @property
    def change(self) -> str:
        """The change to the stored pixels; empty for none."""
        return f"resized to {self.size}x{self.size}, bilinear" if self.size else ""


class CatalogSource(ImageSource):
    """A public set with recorded files, or the gray version of a colour one."""

    def __init__(self, entry: Entry, files: tuple[RemoteFile, ...], gray: bool = False) -> None:
        """gray: the luma of a colour set, named `<name>-gray`."""
        self._entry, self._files, self._gray = entry, files, gray
        self.name = f"{entry.name}-gray" if gray else entry.name
        self.summary = f"{entry.summary}, as luma" if gray else entry.summary
        self.licence = entry.licence
        self.source = f"https://github.com/{entry.source.replace('@', '/tree/')}"

    def open(self, spec: Spec) -> ImageSet:
        """The set; its hashes are the recorded ones, checked when an image is loaded."""
        config = build_config(CatalogConfig, spec)
        images = tuple(self._images(config))
        shares = shares_of(self._entry.folder or self._entry.name, {image.id for image in images})
        canonical = str(config_spec(self._entry.name, config))
        noise = "real" if self._entry.pairs else ""
        whole = ImageSet(canonical, self._entry.channels, images, shares, noise)
        return whole.gray(str(config_spec(self.name, config))) if self._gray else whole

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The gray version of a colour set, where there is one."""
        has_gray = channels == GRAY and not self._entry.pairs
        return replace(spec, name=f"{self.name}-gray") if has_gray else None

    def is_local(self, spec: Spec) -> bool:
        """Whether every file is here; unchecked."""
        build_config(CatalogConfig, spec)
        return all(find(file) is not None for file in self._files)

    def fetch(self, spec: Spec, progress: ProgressCallback) -> None:
        """Download the missing files and check all.  Raises UserError when it cannot."""
        build_config(CatalogConfig, spec)
        fetch(self._files, self.name, progress)

    def _images(self, config: CatalogConfig) -> Iterator[ImageFile]:
        """The images; of pairs, each named by what its two files' names have in common."""

        def read(file: RemoteFile) -> Callable[[], Pixels]:
            return partial(self._load, file, config.size)

        if self._entry.pairs is None:
            for file in self._files:
                yield ImageFile(file.image, file.sha256, read(file), change=config.change)
            return
        files = {file.image: file for file in self._files}
        noisy_name, clean_name = self._entry.pairs
        start, end = clean_name.split("*")
        for name, clean in files.items():
            if not (name.startswith(start) and name.endswith(end)):
                continue
            image = name.removeprefix(start).removesuffix(end)
            noisy = files[noisy_name.replace("*", image)]
            yield ImageFile(
                image,
                clean.sha256,
                read(clean),
                load_noisy=read(noisy),
                noisy_sha256=noisy.sha256,
                change=config.change,
            )

    def _load(self, file: RemoteFile, size: int) -> Pixels:
        pixels = load(file, self.name)
        pixels = as_colour(pixels) if self._entry.channels == COLOUR else pixels
        return resized(pixels, size) if size else pixels


def resized(pixels: Pixels, size: int) -> Pixels:
    """An image of 8 bits, resized to a square by Pillow's bilinear filter, in 8 bits again.

    (C, H, W) -> (C, size, size).  The filter is as wide as the reduction asks for.
    """
    from PIL import Image

    channels = [
        np.asarray(Image.fromarray(levels).resize((size, size), Image.Resampling.BILINEAR))
        for levels in np.rint(pixels * 255.0).astype(np.uint8)
    ]
    return np.stack(channels).astype(np.float32) / np.float32(255.0)


def catalog() -> Iterator[CatalogSource]:
    """Every set of the catalog, a colour set followed by its gray version."""
    for entry in ENTRIES:
        files = entry.files()
        yield CatalogSource(entry, files)
        if entry.channels == COLOUR and not entry.pairs:
            yield CatalogSource(entry, files, gray=True)
