"""The published figures that the suite brings, for tests."""

from denoisebench.registry.loader import load
from denoisebench_reports.published.figures import sound_figures

PUBLISHED = load().published_figures
"""By the name of their table, those in doubt too."""
SOUND = sound_figures(PUBLISHED)
"""By what they are of."""
