"""The metrics of the suite beside PSNR and SSIM, which every result has."""

from denoisebench.metrics.multi_scale_ssim import MultiScaleSsim
from denoisebench.metrics.ring_correlation import ReferenceRingCorrelation, SplitRingCorrelation
from denoisebench.metrics.scale_invariant import ScaleInvariantPsnr
from denoisebench.plugin.metric import Metric

METRICS: tuple[Metric, ...] = (
    MultiScaleSsim(),
    ReferenceRingCorrelation(),
    ScaleInvariantPsnr(),
    SplitRingCorrelation(),
)
