"""`real`: noise of given noisy images, such as a camera's, whose distribution is unknown."""

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.specs import Spec


class Real(NoiseFamily):
    """Given with noisy images and never drawn.  It has no level in any unit: its range stands for
    levels that are unknown and differ from image to image."""

    name = "real"
    summary = "noise of given noisy images, of unknown distribution; treated as Gaussian noise"
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
        """Raises UserError: it cannot be drawn."""
        raise UserError("real noise cannot be drawn; give images that have it, as pairs:")

    def parse(self, spec: Spec) -> Noise:
        """The noise model of the spec `real`.  Raises UserError for anything behind the name."""
        if spec.values or spec.options:
            raise UserError(f"noise {str(spec)!r}: real noise has no known level; write real")
        return Noise(self, self.lowest, self.highest)
