"""Imports and definitions of plugins of earlier versions, and their names today."""

import re

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


RENAMED = {"Keeps": "Preserves", "Moment": "TrainingStep", "Parameters": "TrainingKnowledge"}
"""Earlier name -> name, in `denoisebench.plugin`."""

RENAMED_MEMBERS = {"at_hand": "is_local", "keeps": "preserves", "stand_in": "treated_as"}
"""Earlier name -> name of what a plugin's class defines."""


def new_import(error: BaseException) -> str | None:
    """The new import for a moved or renamed name; None for any other error."""
    if not isinstance(error, ImportError):
        return None
    if error.name in MOVED:
        return f"{error.name} has moved: import its names from {MOVED[error.name]}"
    wanted = re.match(r"cannot import name '(\w+)'", str(error))
    if error.name == PLUGIN and wanted and wanted[1] in RENAMED:
        return f"{PLUGIN}.{wanted[1]} is now called {RENAMED[wanted[1]]}"
    return None


def renamed_members(thing: object) -> str | None:
    """The earlier name under which a plugin's object defines a member, which would be ignored; else
    None."""
    old = [
        f"{name} is now called {new}"
        for name, new in RENAMED_MEMBERS.items()
        if hasattr(thing, name)
    ]
    return f"{type(thing).__name__}: {', '.join(old)}" if old else None


def new_argument(error: BaseException) -> str | None:
    """The new argument of a report that takes the data frame of earlier versions; None if a report
    failed for another reason.  error: with what the report raised as its cause."""
    cause = error.__cause__
    if not isinstance(cause, AttributeError | TypeError) or "Results" not in str(cause):
        return None
    return (
        f"{error}; `render` takes a Results object in place of a data frame now, whose rows are"
        " `results.frame`"
    )
