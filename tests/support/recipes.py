"""A recipe of a training, for tests to change."""

from denoisebench.budgets import Budget
from denoisebench.training.recipe import TrainingRecipe

RECIPE = TrainingRecipe(
    method="noise2noise",
    config={},
    noise="gaussian:25",
    parameters="known",
    draws="fixed",
    train_set="samples:part=train",
    channels=3,
    budget=Budget("", steps=1, batch=2, crop_px=32),
    seed=0,
)
