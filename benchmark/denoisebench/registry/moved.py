"""Where the modules that plugins once imported are now."""

PLUGIN, NN = "denoisebench.plugin", "denoisebench.nn"

MOVED = {
    "denoisebench.hookspecs": PLUGIN,
    "denoisebench.images": PLUGIN,
    "denoisebench.interfaces": PLUGIN,
    "denoisebench.noise.guards": PLUGIN,
    "denoisebench.noise.model": PLUGIN,
    "denoisebench.patches": PLUGIN,
    "denoisebench.presets": PLUGIN,
    "denoisebench.recipes": PLUGIN,
    "denoisebench.gaussians": NN,
    "denoisebench.inference": NN,
    "denoisebench.networks": NN,
    "denoisebench.networks_keras": NN,
    "denoisebench.regression": NN,
    "denoisebench.regression_losses": NN,
    "denoisebench.curves": "denoisebench.results.training_history",
    "denoisebench.interval": "denoisebench.scoring.statistics",
    "denoisebench.metrics": "denoisebench.scoring.metrics",
    "denoisebench.protocol": "denoisebench.scoring.protocols",
    "denoisebench.results": "denoisebench.results.dataframe",
}
"""Module of earlier versions -> the module that has its names now."""


def new_home(error: BaseException) -> str | None:
    """What to import in place of what could not be; None where that is another matter."""
    if not isinstance(error, ImportError) or error.name not in MOVED:
        return None
    return f"{error.name} has moved: import its names from {MOVED[error.name]}"
