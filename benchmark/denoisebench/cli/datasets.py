"""bench datasets: list, fetch and verify image sets; find what two of them share."""

import click

from denoisebench.cli.compute import exit_with, load_plugins
from denoisebench.cli.options import plugin_option
from denoisebench.cli.progress import show_progress
from denoisebench.overlap import find_overlap
