"""The column of each summary in a table, and the order of the columns."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from denoisebench.plugin import ORACLE, ORACLE_CHECKPOINT, Evidence, without_ensemble
from denoisebench.results.summary import Summary

TRAINING_FIELDS = ("evidence", "draws", "budget", "train_set", "weights")
BASELINE = "identity"  # the noisy image itself: shown, never ranked

ItemT = TypeVar("ItemT", bound=Hashable)

EVIDENCE_ORDER = tuple(evidence.value for evidence in Evidence)
"""From what saw nothing to what saw the clean images."""


class Column(NamedTuple):
    """A column of the table: its name, under the headings of its group and of its evidence.

    Either is empty where there is no such heading: the group where all parameters are of one kind
    and that is no oracle's, both for the baseline.
    """

    group: str
    evidence: str
    name: str

    @property
    def heading(self) -> str:
        """The group's, in words."""
        return self.group if not self.group or self.is_oracle else f"parameters {self.group}"

    @property
    def is_oracle(self) -> bool:
        """Whether clean images pick its levels, or its weights."""
        return self.group.startswith(ORACLE)

    @property
    def saw_clean(self) -> bool:
        """Whether it is a supervised method's."""
        return self.evidence == Evidence.CLEAN


def is_baseline(line: Summary) -> bool:
    """Whether a summary is of the noisy image itself, its self-ensemble too."""
    return is_of_baseline(line.method)


def is_of_baseline(column: str) -> bool:
    """Whether a column of this name is of the noisy image itself."""
    return without_ensemble(column.partition(":")[0])[0] == BASELINE  # `:weights=zoo:a` is no spec


def knowledge_of(line: Summary) -> str:
    """The parameters that a method knows; of weights that clean images picked, that they did."""
    picked = line.weights.endswith(ORACLE_CHECKPOINT)
    return ORACLE_CHECKPOINT if picked else line.parameters


def table_columns(lines: Sequence[Summary]) -> tuple[list[Column], list[Column]]:
    """The columns of a table from left to right, and the one in which each summary stands.

    The baseline, which sees nothing and has the same figure whether parameters are known or
    unknown, comes first. If parameters are of several kinds, each kind is a group; an oracle is
    always a group, the last one. In each, the methods are ordered by their evidence, and methods
    with the same evidence as they were asked for.
    """
    found = dict.fromkeys(map(knowledge_of, lines))
    kinds = sorted(found, key=lambda kind: kind.startswith(ORACLE))
    grouped = len(kinds) > 1 or kinds[0].startswith(ORACLE)
    names = column_names(lines)
    places = [
        Column("", "", name)
        if is_baseline(line)
        else Column(knowledge_of(line) if grouped else "", line.evidence, name)
        for line, name in zip(lines, names, strict=True)
    ]
    groups, evidences = ["", *kinds], ["", *EVIDENCE_ORDER]
    asked = name_order(lines)
    order = sorted(
        set(places),
        key=lambda c: (groups.index(c.group), evidences.index(c.evidence), asked.index(c.name)),
    )
    return order, places


def name_order(lines: Sequence[Summary]) -> list[str]:
    """The names of all columns, in the order in which the methods were asked for."""
    rows: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for line, name in zip(lines, column_names(lines), strict=True):
        rows[line.noise, knowledge_of(line), line.dataset, line.protocol].append(name)
    return merged(rows.values())


def column_names(lines: Sequence[Summary]) -> list[str]:
    """The name of each summary's column: its method, and what else keeps two of them apart.

    Two summaries of one method compete for a cell where only their training differs; the fields
    that differ there join the name of every column of that method: `noise2score:budget=zoo`.
    """
    rivals: defaultdict[tuple[str, ...], list[Summary]] = defaultdict(list)
    for line in lines:
        cell = (line.method, line.noise, knowledge_of(line), line.dataset, line.protocol)
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


def merged(sequences: Iterable[Sequence[ItemT]]) -> list[ItemT]:
    """One order of all items in which each sequence keeps its own, where there is such an order.

    A row lacks the methods that decline its noise; the rows together still tell in which order the
    methods were asked for.  Ties go by first appearance.
    """
    before: dict[ItemT, set[ItemT]] = {}
    for sequence in sequences:
        for number, item in enumerate(sequence):
            before.setdefault(item, set()).update(sequence[:number])
    order: list[ItemT] = []
    while before:
        free = (item for item, earlier in before.items() if not earlier & before.keys() - {item})
        chosen = next(free, next(iter(before)))  # no one is free: the sequences contradict
        order.append(chosen)
        del before[chosen]
    return order
