"""All that a plugin imports, except networks, losses and likelihoods (`denoisebench.nn`).

A plugin is a module with functions marked by `hookimpl`: see docs/writing-a-plugin.md.  Nothing
here imports torch.  The examples in the docstrings assume

    from denoisebench.plugin import *
    from denoisebench.nn import *

and the usual imports: `numpy as np`, `torch`, `Path`, `dataclass`, `Literal`.
"""

from denoisebench.budgets import Budget
from denoisebench.errors import UserError
from denoisebench.files import ordinary_file, whole_file
from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.tiff_checks import (
    refuse_missing_parts,
    refuse_odd_samples,
    silent_tifffile,
    tiff_meaning,
)
from denoisebench.images.channels import CHANNEL_WORDS, COLOUR, GRAY
from denoisebench.images.image_set import ImageFile, ImageSet, IndexedFile, Share
from denoisebench.images.orientations import ORIENTATIONS, SELF_ENSEMBLED, without_ensemble
from denoisebench.images.pixels import Pixels, as_colour, pixel_hash, strips, to_gray
from denoisebench.limits import why_too_compressed, why_too_large
from denoisebench.noise.anscombe import Inverse, denoise_poisson
from denoisebench.noise.draws import Draws
from denoisebench.noise.family import ExponentialFamily, Noise, NoiseFamily, Preserves
from denoisebench.noise.level_knowledge import LEVELS, ORACLE, ORACLE_CHECKPOINT, TrainingKnowledge
from denoisebench.noise.level_reading import LevelReading, LevelUnknownError
from denoisebench.noise.overflow_guards import LARGEST_LOG_GAIN, finite
from denoisebench.noise.spread import Spread, without_spread
from denoisebench.noise.stream import Stream
from denoisebench.outside_text import printable
from denoisebench.plugin.executor import Crew, Executor, WorkerCommand
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.image_method import ImageFit, ImageMethod
from denoisebench.plugin.image_source import (
    FileOpener,
    ImagePacker,
    ImageSource,
    PackChoice,
    Packed,
)
from denoisebench.plugin.method import (
    Batch,
    Denoised,
    Evidence,
    Imported,
    Method,
    Model,
    Output,
    Schedule,
    Task,
    TrainedMethod,
    TrainingStep,
    UntrainedMethod,
)
from denoisebench.plugin.metric import Metric
from denoisebench.plugin.preset import Preset
from denoisebench.plugin.published import PublishedFigure, PublishedTable
from denoisebench.plugin.recipe import Recipe, read_recipes
from denoisebench.plugin.report import Report
from denoisebench.plugin.tiling import Tiling
from denoisebench.plugin.tracker import RunInfo, Tracker
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.scoring.protocol import Protocol
from denoisebench.specs import (
    Between,
    ConfigT,
    NoSettings,
    Spec,
    build_config,
    config_spec,
    number,
    number_text,
    parse_spec,
    refuse_unknown_words,
)

__all__ = [
    "CHANNEL_WORDS",
    "COLOUR",
    "GRAY",
    "LARGEST_LOG_GAIN",
    "LEVELS",
    "ORACLE",
    "ORACLE_CHECKPOINT",
    "ORIENTATIONS",
    "SELF_ENSEMBLED",
    "Batch",
    "Between",
    "Budget",
    "ConfigT",
    "Crew",
    "Denoised",
    "Draws",
    "Evidence",
    "Executor",
    "ExponentialFamily",
    "FileOpener",
    "ImageFile",
    "ImageFit",
    "ImageMethod",
    "ImagePacker",
    "ImageSet",
    "ImageSource",
    "Imported",
    "IndexedFile",
    "Inverse",
    "LevelReading",
    "LevelUnknownError",
    "Method",
    "Metric",
    "Model",
    "NoSettings",
    "Noise",
    "NoiseFamily",
    "Output",
    "PackChoice",
    "Packed",
    "Pixels",
    "Preserves",
    "Preset",
    "Progress",
    "ProgressCallback",
    "Protocol",
    "PublishedFigure",
    "PublishedTable",
    "Recipe",
    "RefusedError",
    "Report",
    "RunInfo",
    "Schedule",
    "Share",
    "Spec",
    "Spread",
    "Stream",
    "Task",
    "Tiling",
    "Tracker",
    "TrainedMethod",
    "TrainingKnowledge",
    "TrainingStep",
    "UntrainedMethod",
    "UserError",
    "WorkerCommand",
    "as_colour",
    "build_config",
    "config_spec",
    "denoise_poisson",
    "finite",
    "hookimpl",
    "number",
    "number_text",
    "ordinary_file",
    "parse_spec",
    "pixel_hash",
    "printable",
    "read_recipes",
    "refuse_missing_parts",
    "refuse_odd_samples",
    "refuse_unknown_words",
    "silent_tifffile",
    "strips",
    "tiff_meaning",
    "to_gray",
    "whole_file",
    "why_too_compressed",
    "why_too_large",
    "without_ensemble",
    "without_spread",
]
