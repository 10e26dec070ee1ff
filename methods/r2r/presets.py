"""The settings of R2R's official code for Gaussian noise, as presets."""

from collections.abc import Iterator

from denoisebench.plugin import Preset


def presets() -> Iterator[Preset]:
    for sigma in (25, 50):
        yield Preset(
            name=f"r2r-gauss{sigma}",
            summary=f"gaussian:{sigma} in gray, DnCNN, 50 draws (Pang et al., CVPR 2021)",
            settings={
                "method": "r2r:network=dncnn:predicts=noise:samples=50",
                "noise": f"gaussian:{sigma}",
                "parameters": "known",
                "channels": "gray",
                "train-set": "cbsd399",
                "draws": "fixed",
            },
        )
