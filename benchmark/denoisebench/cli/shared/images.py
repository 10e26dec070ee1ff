"""Image files, folders and image sets that are named on the command line."""

import os
from pathlib import Path

from denoisebench.errors import UserError, unknown_name
from denoisebench.images.image_set import ImageSet
from denoisebench.plugin.image_source import FileOpener
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec


def open_images(registries: Registries, text: str) -> ImageSet:
    """The images of a file or folder, whatever its name, else of the image set of that spec.

    Of a file no other is read.  Raises UserError for what is none of them.
    """
    if not os.path.exists(text):  # False, too, for text that no path can be
        name = parse_spec(text).name
        if name not in registries.image_sets:
            raise unknown_name("file, folder or data set", name, registries.image_sets)
        return registries.image_set(text)
    sources = registries.image_sets.values()
    opener = next((source for source in sources if isinstance(source, FileOpener)), None)
    if opener is None:
        raise UserError(f"{text}: no plugin offers to open files")
    return opener.open_path(Path(text))
