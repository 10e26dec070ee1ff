"""`noisy:PATH[:channels=gray|colour][:white=VALUE|auto][:black=VALUE]`: the user's own noisy
images, without clean ones.

The images are those of `folder:PATH`, as they are stored: `channels` says what the files are
expected to be, since the luma of a noisy image would have other noise.
"""

from pathlib import Path

from denoisebench.plugin import CHANNEL_WORDS, ImageFile, ImageSet, ImageSource, Spec, UserError
from denoisebench_datasets.local.folder import typed_folder
from denoisebench_datasets.local.stored_files import remark_of, stored_files


class NoisySource(ImageSource):
    """The noisy images of one folder, without references."""

    name = "noisy"
    summary = "your own noisy images without clean ones, to rank methods on: noisy:PATH"
    licence = "your own"
    source = "this machine"

    def open(self, spec: Spec) -> ImageSet:
        """The folder's images, hashed; headers alone are read, except for white=auto.

        Raises UserError for a folder that is missing or holds no image, for a file that is not one
        the suite reads, and for gray files among colour.
        """
        typed, config = typed_folder(spec)
        found = stored_files(Path(typed).expanduser())
        files = config.read(found, found)
        channels = files[0].shape[0]
        for file in files:
            if file.shape[0] != channels:
                raise UserError(
                    f"{files[0].path} is {CHANNEL_WORDS[channels]} and {file.path}"
                    f" {CHANNEL_WORDS[file.shape[0]]}; put them into two folders"
                )
        if config.channels not in ("", CHANNEL_WORDS[channels]):
            raise UserError(
                f"noisy.channels: {files[0].path} is {CHANNEL_WORDS[channels]}; noisy images are"
                f" taken as stored: leave channels={config.channels} out"
            )
        images = tuple(
            ImageFile(f.id, f.sha256, f.load, f.load, f.sha256, f.scale.change, f.shape[1:])
            for f in files
        )
        canonical = str(config.canonical(self.name, (typed,), files[0].scale))
        return ImageSet(
            canonical,
            channels,
            images,
            noise="real",
            has_reference=False,
            remark=remark_of(canonical, files),
        )

    def is_local(self, spec: Spec) -> bool:
        """Whether the folder exists."""
        typed, _ = typed_folder(spec)
        return Path(typed).expanduser().is_dir()
