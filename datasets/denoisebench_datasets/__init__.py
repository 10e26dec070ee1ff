"""Image sets: photographs that come with scikit-image, the public test sets, the user's own
folders, noisy-clean pairs and packs."""

from collections.abc import Iterable

from denoisebench.plugin import ImageSource, hookimpl


@hookimpl
def register_image_sets() -> Iterable[ImageSource]:
    """`samples`, the catalog's sets, `folder:PATH`, `pairs:NOISY_DIR:CLEAN_DIR`, `noisy:PATH` and
    `pack:FILE`."""
    from denoisebench_datasets.local.folder import FolderSource
    from denoisebench_datasets.local.noisy import NoisySource
    from denoisebench_datasets.local.pairs import PairsSource
    from denoisebench_datasets.packs.source import PackSource
    from denoisebench_datasets.public.catalog import catalog
    from denoisebench_datasets.public.samples import SamplesSource

    samples = [SamplesSource(gray=False), SamplesSource(gray=True)]
    return [*samples, *catalog(), FolderSource(), PairsSource(), NoisySource(), PackSource()]
