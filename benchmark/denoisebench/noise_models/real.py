"""`real`: the noise of noisy images that are given, as a camera's, whose law nobody knows."""

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.specs import Spec


class Real(NoiseFamily):
    """Given with noisy images and never drawn.  It has no level in any unit: its range stands for
    levels that nobody knows and that differ from image to image."""

    name = "real"
    summary = "of noisy images that are given: its law is unknown; taken for Gaussian noise"
    symbol = "level"
    unit = "unknown"
    lowest, highest = 0.0, 1.0
    blind = (0.0, 1.0)
    independent = False

    def treated_as(self) -> Noise:
        """Gaussian noise of unknown level."""
        gaussian = Gaussian()
        return Noise(gaussian, *gaussian.blind)

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        """Raises UserError: nobody can."""
        raise UserError("real noise cannot be drawn; give images that have it, as pairs:")

    def parse(self, spec: Spec) -> Noise:
        """The noise model of the spec `real`.  Raises UserError for anything behind the name."""
        if spec.values or spec.options:
            raise UserError(f"noise {str(spec)!r}: real noise has no known level; write real")
        return Noise(self, self.lowest, self.highest)
