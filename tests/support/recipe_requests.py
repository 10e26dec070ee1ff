"""The request of `bench run` that trains what a recipe does."""

from pathlib import Path

from denoisebench.planning.request import Request
from denoisebench.plugin.recipe import Recipe


def asked(recipe: Recipe) -> Request:
    """What `bench run` asks for with the settings of a recipe and --weights none."""
    said = recipe.settings
    return Request(
        methods=(said["method"],),
        noises=(said["noise"],),
        parameters=(said["parameters"],),  # type: ignore[arg-type]
        datasets=("samples",),
        train_sets=(said["train-set"],),
        draws=said["draws"],  # type: ignore[arg-type]
        budget=recipe.budget,
        weights="none",
        seeds=(int(said["seed"]),),
        channels=recipe.channels,
        start=Path(recipe.start) if recipe.start else None,
    )
