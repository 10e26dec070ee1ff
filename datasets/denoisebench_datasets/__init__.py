"""Image sets: photographs that come with scikit-image, the public test sets, the user's folders."""

from collections.abc import Iterable

from denoisebench.hookspecs import hookimpl
from denoisebench.interfaces import ImageSource


@hookimpl
def register_image_sets() -> Iterable[ImageSource]:
    """`samples`, the catalog's sets, and `folder:PATH`."""
    from denoisebench_datasets.catalog import catalog
    from denoisebench_datasets.folder import FolderSource
    from denoisebench_datasets.samples import SamplesSource

    return [SamplesSource(gray=False), SamplesSource(gray=True), *catalog(), FolderSource()]
