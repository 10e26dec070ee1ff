"""The trackers of the suite, for `--track`.  Their libraries are imported when a run starts."""

from collections.abc import Sequence

from denoisebench.plugin.tracker import Tracker
from denoisebench.trackers.csv_file import CsvFile
from denoisebench.trackers.tensorboard import TensorBoard

TRACKERS: Sequence[Tracker] = (CsvFile(), TensorBoard())
