"""Image sets: the photographs of scikit-image, the public test sets, the user's own folders,
noisy-clean pairs and packs.  With them the protocols of papers that score on them."""

from collections.abc import Iterable

from denoisebench.plugin import ImageSource, Protocol, hookimpl


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


@hookimpl
def register_protocols() -> Iterable[Protocol]:
    """`nvlabs`, `noise2score`, `dbsn` and `kair`."""
    from denoisebench_datasets.protocols import PROTOCOLS

    return PROTOCOLS
