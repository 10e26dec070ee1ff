"""The interface of a plugin that offers a metric."""

from abc import ABC, abstractmethod

from denoisebench.images.pixels import Pixels


class Metric(ABC):
    """A number that says how good an estimate is, beside PSNR and SSIM, for `bench measure`.

    name, summary: see `bench list metrics`.  unit: such as dB; empty for none.  decimals: that are
    shown.  version: raise it when the number of an image changes, and kept numbers are measured
    again.

    >>> class LargestError(Metric):
    ...     name, summary = "largest-error", "the largest error of a pixel"
    ...     def measure(self, estimate, clean): return float(abs(estimate - clean).max())
    >>> round(LargestError().measure(np.full((1, 2, 2), 0.5), np.full((1, 2, 2), 0.25)), 2)
    0.25
    """

    name: str
    summary: str
    unit: str = ""
    decimals: int = 3
    version: int = 1

    @abstractmethod
    def measure(self, estimate: Pixels, clean: Pixels) -> float:
        """The number of one image; NaN if it has none, for instance if it is too small.

        estimate, clean: (C, H, W), black at 0 and white at 1, as the protocol compares them: the
        estimate clipped or rounded, without the border.  Draw no random numbers.
        """
