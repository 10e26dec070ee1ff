"""Image sets: photographs that come with scikit-image, the public test sets, the user's own
folders, noisy-clean pairs and packs."""

from collections.abc import Iterable

from denoisebench.hookspecs import hookimpl
from denoisebench.interfaces import ImageSource


@hookimpl
def register_image_sets() -> Iterable[ImageSource]:
    """`samples`, the catalog's sets, `folder:PATH`, `pairs:NOISY_DIR:CLEAN_DIR`, `noisy:PATH` and
    `pack:FILE`."""
    from denoisebench_datasets.catalog import catalog
    from denoisebench_datasets.folder import FolderSource
    from denoisebench_datasets.noisy import NoisySource
    from denoisebench_datasets.pack import PackSource
    from denoisebench_datasets.pairs import PairsSource
    from denoisebench_datasets.samples import SamplesSource

    samples = [SamplesSource(gray=False), SamplesSource(gray=True)]
    return [*samples, *catalog(), FolderSource(), PairsSource(), NoisySource(), PackSource()]
