"""A Mermaid picture of rooms and arrows as SVG, without a script: in rows, arrows downwards."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from statistics import mean

ROW_PX, CHAR_PX, BOX_PX, GAP_PX = 74, 7.4, 26, 14
SWEEPS = 40

Edges = Sequence[tuple[str, str]]


def parse(text: str) -> tuple[dict[str, str], Edges]:
    """Box -> its label, and the arrows."""
    edges = re.findall(r"^\s*(\w+) --> (\w+)\s*$", text, re.MULTILINE)
    labels = {name: name for edge in edges for name in edge}
    return labels | dict(re.findall(r'^\s*(\w+)\(\["([^"]+)"\]\)', text, re.MULTILINE)), edges


def ranks(edges: Edges) -> dict[str, int]:
    """The row of each box from the bottom: one above the highest that it has an arrow to."""
    below: dict[str, list[str]] = {}
    for a, b in edges:
        below.setdefault(a, []).append(b)
        below.setdefault(b, [])

    known: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in known:
            known[name] = 1 + max(map(rank, below[name]), default=-1)
        return known[name]

    return {name: rank(name) for name in below}


def _chains(edges: Edges, row: dict[str, int]) -> list[list[str]]:
    """Each arrow as boxes one row apart; bends, which `row` gets too, between its two ends."""
    chains = []
    for a, b in edges:
        bends = [f"{a}>{b}:{level}" for level in range(row[a] - 1, row[b], -1)]
        row.update({bend: row[a] - 1 - n for n, bend in enumerate(bends)})
        chains.append([a, *bends, b])
    return chains


def _places(
    row: Mapping[str, int], chains: Sequence[Sequence[str]], width: Mapping[str, float]
) -> dict[str, float]:
    """The middle of each box and bend, across: near its neighbours, none on another."""
    near: dict[str, list[str]] = {name: [] for name in row}
    for chain in chains:
        for a, b in pairwise(chain):
            near[a].append(b)
            near[b].append(a)
    rows = [[name for name in row if row[name] == r] for r in range(max(row.values()) + 1)]
    x = {name: 90.0 * n for names in rows for n, name in enumerate(names)}
    for sweep in range(SWEEPS):
        down = sweep % 2
        for names in rows if down else rows[::-1]:
            side = -1 if down else 1
            wanted = {
                n: mean([x[m] for m in near[n] if row[m] == row[n] + side] or [x[n]])
                if sweep < SWEEPS - 8
                else mean([x[m] for m in near[n]] or [x[n]])
                for n in names
            }
            names.sort(key=wanted.__getitem__)
            x.update(_apart(names, wanted, width))
    return x


def _apart(
    names: Sequence[str], wanted: Mapping[str, float], width: Mapping[str, float]
) -> dict[str, float]:
    """Places in this order, as near to the wanted ones as widths allow (least squares)."""
    shift, shifts = 0.0, {}
    for a, b in zip([None, *names], names, strict=False):
        shift += (width[a] + width[b]) / 2 + GAP_PX if a is not None else 0.0
        shifts[b] = shift
    groups: list[tuple[float, int]] = []
    for name in names:
        total, count = wanted[name] - shifts[name], 1
        while groups and groups[-1][0] / groups[-1][1] > total / count:
            more, others = groups.pop()
            total, count = total + more, count + others
        groups.append((total, count))
    bases = [total / count for total, count in groups for _ in range(count)]
    return {name: base + shifts[name] for name, base in zip(names, bases, strict=True)}


def drawing(text: str) -> str:
    """The picture as SVG in HTML; colours follow the page."""
    labels, edges = parse(text)
    row = ranks(edges)
    chains = _chains(edges, row)
    width = {name: CHAR_PX * len(labels[name]) + 16 if name in labels else 4.0 for name in row}
    x = _places(row, chains, width)
    left = min(x[name] - width[name] / 2 for name in row) - 2
    right = max(x[name] + width[name] / 2 for name in row) + 2
    top = max(row.values())
    spot = {n: (round(x[n] - left, 1), (top - row[n]) * ROW_PX + BOX_PX / 2 + 2) for n in row}
    parts = [_arrow([spot[name] for name in chain]) for chain in chains]
    parts += [_box(*spot[name], width[name], labels[name]) for name in labels]
    said = "; ".join(f"{a} imports {b}" for a, b in edges)
    size = f'viewBox="0 0 {right - left:.0f} {top * ROW_PX + BOX_PX + 4}"'
    head = f'<svg class="rooms" {size} role="img" aria-label="{escape(said)}">'
    arrow = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    arrow += ' orient="auto"><path d="M0 0L8 4L0 8z"/></marker>'
    return f'<div class="wide-picture">{head}<defs>{arrow}</defs>{"".join(parts)}</svg></div>'


def _arrow(spots: Sequence[tuple[float, float]]) -> str:
    (x, y), *others = spots
    path = [f"M{x} {y + BOX_PX / 2}"]
    last = (x, y + BOX_PX / 2)
    for n, (x, y) in enumerate(others):
        end = y - (BOX_PX / 2 + 1 if n == len(others) - 1 else 0)
        middle = (last[1] + end) / 2
        path.append(f"C{last[0]} {middle} {x} {middle} {x} {end}")
        last = (x, end)
    return f'<path class="arrow" d="{"".join(path)}" marker-end="url(#tip)"/>'


def _box(x: float, y: float, width: float, label: str) -> str:
    kind = "plugin" if label.endswith("/") else "room"
    radius = BOX_PX / 2 if kind == "plugin" else 4
    corner = f'x="{x - width / 2:.1f}" y="{y - BOX_PX / 2}"'
    box = f'<rect class="{kind}" {corner} width="{width:.1f}" height="{BOX_PX}" rx="{radius}"/>'
    return f'{box}<text x="{x}" y="{y + 4}">{escape(label)}</text>'
