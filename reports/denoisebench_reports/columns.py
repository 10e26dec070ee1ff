"""Which column of a table each summary stands in."""

from collections import defaultdict
from collections.abc import Sequence

from denoisebench_reports.summary import Summary

TRAINING_FIELDS = ("evidence", "draws", "budget", "train_set", "weights")


def column_names(lines: Sequence[Summary]) -> list[str]:
    """The column of each summary: its method, and what else keeps two of them apart.

    Two summaries of one method compete for a cell where only their training differs; the fields
    that differ there join the name of every column of that method: `noise2score:budget=zoo`.
    """
    rivals: defaultdict[tuple[str, ...], list[Summary]] = defaultdict(list)
    for line in lines:
        cell = (line.method, line.noise, line.parameters, line.dataset, line.protocol)
        rivals[cell].append(line)
    differing: defaultdict[str, set[str]] = defaultdict(set)
    for (method, *_), group in rivals.items():
        for field in TRAINING_FIELDS:
            if len({getattr(line, field) for line in group}) > 1:
                differing[method].add(field)
    return [_name(line, differing[line.method]) for line in lines]


def _name(line: Summary, differing: set[str]) -> str:
    settings = [
        f"{field}={getattr(line, field)}" for field in TRAINING_FIELDS if field in differing
    ]
    return ":".join([line.method, *settings])
